"""The base class of all models: many networks, many optimizers, one `fit`."""

import contextlib
import inspect
import os
import pathlib
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from zoo import backend
from zoo.backend.seeds import SeedGenerator, seed_states
from zoo.engine import (
    batches,
    exporting,
    lora,
    model_files,
    networks,
    presets,
    processes,
    watching,
)
from zoo.engine.ema import ExponentialMovingAverage
from zoo.engine.finite import check_finite
from zoo.engine.labels import (
    check_class_names,
    labels_by_name,
    pictures_by_label,
)
from zoo.engine.learning_rates import RateWatch
from zoo.engine.optimizer_group import (
    OptimizerGroup,
    choose_members,
    serialize_optimizers,
)
from zoo.engine.skipping import skipping
from zoo.utils import checks, given_paths


class GenerativeModel(keras.Model):
    """A Keras model that trains several networks in turn.

    A subclass builds its networks in `__init__` (within
    `self.dtype_scope()`), names who is trained in `players`, names its loss
    terms in `loss_names`, gives the paper's optimizers in
    `default_optimizers`, and writes `train_step` and `test_step` as the
    paper's algorithm reads, decorated with `zoo.backend.stateful`. See
    `zoo.DCGAN` for an example and CONTRIBUTING.md for the steps.

    Args:
        ema_decay: Decay of the exponential moving average of the network
            that generates, in [0, 1), or `None` for no average. Warm-up is
            built in: after t updates the decay is at most (1 + t) / (10 + t),
            so that early averages are not noise.
        name: Name of the model, for its summary and files.
        dtype: A Keras dtype policy or its name, such as `"mixed_bfloat16"`;
            `None` for the global one.
    """

    players: dict[str, tuple[str, ...]] = {}
    """Name of each player, to the attributes that hold its networks."""

    loss_names: tuple[str, ...] = ()
    """Names of the terms that the loss methods return."""

    measure_names: tuple[str, ...] = ()
    """Names of what a step logs besides: no part of `loss`."""

    inference_networks: tuple[str, ...] = ("generator",)
    """Attributes that hold the networks which `generate` needs."""

    makes: dict[str, str] = {}
    """What networks make, as exported files name it, where not images."""

    usage = "images = model.generate(16, seed=0)"
    """The line of code of the model card."""

    image_range = (-1, 1)
    """Least and greatest value of what the model makes."""

    plain_rows = 8
    """Rows of a grid of `pictures`, of a model without classes."""

    num_classes: int | None = None
    """Number of classes to generate by; `None` for a model without."""

    draws_noise = False
    """Whether `generate` draws, by its seed, other noise beside latents."""

    incomplete = ""
    """Why a loaded preset is not all that a training would go on from."""

    def __init__(
        self,
        *,
        ema_decay: float | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(name=name, dtype=dtype)
        if ema_decay is not None:
            checks.fraction("ema_decay", ema_decay)
        self.ema_decay = ema_decay
        self.averages = {}
        self._class_names = None
        self.given_networks: tuple[str, ...] = ()
        self.batches_to_skip = 0
        self.seed_generator = SeedGenerator()
        self.log_terms(self.loss_names, self.measure_names)
        self.built = True  # The networks are; fit() need not trace a call.

    @contextlib.contextmanager
    def dtype_scope(self) -> Iterator[None]:
        """Gives layers made within it this model's dtype policy."""
        before = keras.config.dtype_policy()
        keras.config.set_dtype_policy(self.dtype_policy)
        try:
            yield
        finally:
            keras.config.set_dtype_policy(before)

    def given_or_built(
        self,
        name: str,
        given: Any,
        build: networks.Builder,
        inputs: Sequence[keras.KerasTensor],
        outputs: networks.Outputs,
    ) -> keras.Model:
        """Returns the network of an attribute, for a subclass to set.

        A given network is checked, and enters the config, by which it is
        saved and loaded. Weights are then drawn by whoever has made it.

        Args:
            name: Attribute, and the constructor's argument.
            given: That argument: a `keras.Model`, another layer, the config
                of one, or `None`.
            build: Builds the model's own network, of the dtype policy.
            inputs: What the network has to take, as `networks.tensor`.
            outputs: Shape of its output, without the batch, or a dict of
                them; `None` is any number, `...` at the start any axes.

        Returns:
            The network.

        Raises:
            ValueError: The given network doesn't fit.
        """
        if given is None:
            with self.dtype_scope():
                return build()
        others = [getattr(self, x, None) for x in self._network_names]
        others = [other for other in others if other is not None]
        network = networks.checked(
            name, given, inputs, outputs, self.dtype_policy, others
        )
        self.given_networks = (*self.given_networks, name)
        return network

    @property
    def _network_names(self) -> list[str]:
        """Attributes that hold the networks of all players."""
        return [name for names in self.players.values() for name in names]

    def __setattr__(self, name: str, value: Any) -> None:
        """Sets an attribute; a network can't be replaced by another."""
        if name in self._network_names:
            before = getattr(self, name, value)
            if before is not value:
                raise ValueError(
                    f"Attribute `{name}` can't be replaced: optimizers, "
                    "averages and files belong to the network that the model "
                    f"was made with. {self._advice(name)} "
                    f"Received: {name}={value!r}"
                )
        super().__setattr__(name, value)

    def _advice(self, name: str) -> str:
        """Returns how a network of one's own is used."""
        cls = type(self)
        if name in inspect.signature(cls.__init__).parameters:
            return f"Make the model with it: {cls.__name__}({name}=...)."
        return "Copy weights with set_weights, or derive a class of one's own."

    def average(self, name: str) -> None:
        """Keeps an exponential moving average of a network, if asked to.

        Called by a subclass once the network stands. Without `ema_decay`
        it does nothing.

        Args:
            name: Attribute that holds the network.
        """
        if self.ema_decay is not None:
            self.averages[name] = ExponentialMovingAverage(
                getattr(self, name), self.ema_decay
            )

    def network(self, name: str) -> keras.Model:
        """Returns the network to generate with: the average where kept.

        Args:
            name: Attribute that holds the network.

        Returns:
            A `keras.Model`.
        """
        if name in self.averages:
            return self.averages[name].network
        return getattr(self, name)

    def enable_lora(self, rank: int) -> None:
        """Trains low-rank additions to kernels, and nothing else of them.

        Hu et al. 2021, arXiv:2106.09685: fine-tuning of few numbers. Each
        kernel of the networks that generate (those of dense layers, embeddings
        and convolutions but transposed ones) gets two thin matrices, whose
        product is added to it, and all else in these networks is frozen.
        Averages follow, from their warm-up on. Compile the model afterwards.
        Files and presets have the sums, as plain kernels: they load as any
        other, not compiled, and enabling it there begins anew from them.

        Args:
            rank: Rank of the products.

        Raises:
            ValueError: `rank` is not a positive integer, it is enabled
                already, or there is no such kernel.
        """
        checks.positive_integer("rank", rank)
        found = {name: getattr(self, name) for name in self.inference_networks}
        if any(map(lora.is_enabled, found.values())):
            raise ValueError(
                "LoRA is enabled already. Save the model and load it to begin "
                f"anew. Received: rank={rank}"
            )
        if not any(lora.can(x) for n in found.values() for x in lora.layers(n)):
            raise ValueError(
                "No layer of the networks that generate, "
                f"{list(found)}, has a kernel to add to. Received: rank={rank}"
            )
        for name, network in found.items():
            average = self.averages.get(name)
            lora.enable(network, average and average.network, rank)
            if average is not None:
                average.begin_warm_up()
        self.train_function = self.test_function = self.predict_function = None

    # Compiling

    def default_optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        """Returns a dict of player to the optimizer of the paper."""
        raise NotImplementedError

    def paper_optimizers(
        self, updates: Mapping[str, int]
    ) -> dict[str, keras.optimizers.Optimizer]:
        """Returns the paper's optimizers, for a training of known length.

        Those of `default_optimizers`, unless the paper has a learning rate
        that changes with the length of the training.

        Args:
            updates: Updates of each player: see `updates`.

        Returns:
            Dict of player to optimizer.
        """
        return self.default_optimizers()

    def compile(
        self,
        *,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | str = "auto",
        **optimizers: Any,
    ) -> None:
        """Sets the optimizers; without arguments, those of the paper.

        Args:
            run_eagerly: Runs steps uncompiled, for debugging.
            steps_per_execution: Steps per call of the compiled function.
                TensorFlow and JAX only.
            jit_compile: `True`, `False` or `"auto"`: XLA compilation, as in
                `keras.Model.compile`. On PyTorch only `False` and `"auto"`,
                which is `False` there.
            **optimizers: `<player>_optimizer`, for example
                `generator_optimizer`: a Keras optimizer, its name or config.

        Raises:
            ValueError: An unknown argument, an optimizer that belongs to
                other variables, or an option that the backend lacks.
        """
        self._check_options(jit_compile, steps_per_execution)
        members = choose_members(
            {f"{player}_optimizer": player for player in self.players},
            self.default_optimizers(),
            optimizers,
            own=self.optimizer.members if self.compiled else {},
            scale_loss=self.dtype_policy.name == "mixed_float16",
        )
        for name, average in self.averages.items():
            average.check(name, getattr(self, name))
        group = OptimizerGroup(members)
        group.build_members({p: self.variables_of(p) for p in self.players})
        backend.prefer_layout(self.variables + group.variables)
        super().compile(
            optimizer=group,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            jit_compile=jit_compile,
            auto_scale_loss=False,  # Each member scales its own loss.
        )

    def _check_options(self, jit_compile, steps_per_execution):
        asked = {
            "jit_compile": jit_compile is True,
            "steps_per_execution": steps_per_execution > 1,
        }
        for option, reason in backend.UNSUPPORTED.items():
            if asked[option]:
                raise ValueError(
                    f"`{option}` is not supported on the "
                    f"{keras.backend.backend()} backend: {reason}. Received: "
                    f"jit_compile={jit_compile}, "
                    f"steps_per_execution={steps_per_execution}"
                )

    def updates(self, steps: int) -> dict[str, int]:
        """Returns how often each player is updated, for schedules of rates.

        Args:
            steps: Training steps: epochs times batches of one.

        Returns:
            Dict of player to its number of updates.
        """
        return dict.fromkeys(self.players, steps)

    def make_train_function(self, force: bool = False) -> Any:
        """Makes it as Keras does, if optimizers know what they are to move."""
        targets = self.optimizer.targets if self.compiled else {}
        for player, known in targets.items():
            found = self.variables_of(player)
            if set(map(id, found)) != set(map(id, known)):
                raise ValueError(
                    f"The trainable variables of the {player!r} are no longer "
                    "those that compile() found: layers were frozen, unfrozen "
                    "or changed since. Call compile() again. "
                    f"Received: {len(found)} variables, of {len(known)} then"
                )
        before = self.train_function
        super().make_train_function(force)
        made: Any = self.train_function
        if made is not before:
            self.train_function = made = skipping(self, made)
        return made

    def get_compile_config(self) -> dict[str, Any]:
        """Returns the optimizers' configs, loadable on every backend.

        With LoRA there are none: files hold sums, which no optimizer moved.
        """
        own = (getattr(self, name) for name in self.inference_networks)
        if not self.compiled or any(map(lora.is_enabled, own)):
            return {}
        return {"optimizers": serialize_optimizers(self.optimizer.members)}

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compiles with the result of `get_compile_config`."""
        deserialize = keras.saving.deserialize_keras_object
        self.compile(
            **{
                f"{player}_optimizer": deserialize(optimizer)
                for player, optimizer in config["optimizers"].items()
            }
        )

    # The training step's vocabulary

    def networks_of(self, player: str) -> list[keras.Model]:
        """Returns the list of networks that a player trains."""
        return [getattr(self, name) for name in self.players[player]]

    def variables_of(self, player: str) -> list[keras.Variable]:
        """Returns the list of variables that a player's update moves."""
        networks = self.networks_of(player)
        return [v for n in networks for v in n.trainable_variables]

    def _other_variables(self, player):
        own = {id(v) for v in self.variables_of(player)}
        everything = self.trainable_variables + self.non_trainable_variables
        return [v for v in everything if id(v) not in own]

    def record(self, player: str, fn: Callable[..., Any]) -> backend.Recording:
        """Runs a player's forward pass so that `minimize` can reuse it.

        Args:
            player: Whose variables the pass is to be differentiated by.
            fn: Function without arguments that returns tensors.

        Returns:
            A `zoo.backend.Recording`; its `outputs` are cut from the graph.
        """
        return backend.record(
            fn, self.variables_of(player), state=self._other_variables(player)
        )

    def minimize(
        self,
        player: str,
        loss_fn: Callable[..., dict[str, Any]],
        through: backend.Recording | None = None,
    ) -> dict[str, Any]:
        """Updates one player, and nothing else, by its optimizer.

        Args:
            player: A key of `players`.
            loss_fn: Returns a dict of named scalar loss terms, whose sum is
                minimized. Called without arguments, or with the outputs of
                `through`.
            through: A `Recording` of the same player's forward pass.

        Returns:
            The dict of terms, for `log`.
        """
        terms = backend.minimize(
            loss_fn,
            self.variables_of(player),
            self.optimizer[player],
            self._other_variables(player),
            through,
        )
        for name in self.players[player]:
            if name in self.averages:
                self.averages[name].update(getattr(self, name))
        return terms

    def input_gradient(self, fn: Callable[..., Any], x: Any) -> Any:
        """Gradient of `sum(fn(x))` with respect to `x`, for penalties.

        Args:
            fn: Function of `x` that may use this model's networks.
            x: Tensor.

        Returns:
            Tensor of the shape of `x`, itself differentiable.
        """
        everything = self.trainable_variables + self.non_trainable_variables
        return backend.input_gradient(fn, x, everything)

    def log_terms(
        self, losses: Iterable[str], measures: Iterable[str] = ()
    ) -> None:
        """Names what `log` expects, where it depends on arguments.

        Called by a subclass in `__init__`; without it, the class' own names.

        Args:
            losses: Names of the loss terms, for `loss_names`.
            measures: Names for `measure_names`.
        """
        self.loss_names, self.measure_names = tuple(losses), tuple(measures)
        names = ("loss", *self.loss_names, *self.measure_names)
        self.loss_trackers = [keras.metrics.Mean(n) for n in names]

    def log(self, **terms: Any) -> dict[str, Any]:
        """Adds loss terms and measures to their means over the epoch.

        Also logs the sum of the loss terms as `loss`, which callbacks such
        as `keras.callbacks.TerminateOnNaN` look for; it does not measure
        quality.

        Args:
            **terms: Scalars, one for each of `loss_names` and
                `measure_names`.

        Returns:
            Dict of name to mean so far: what a step returns to Keras.
        """
        expected = (*self.loss_names, *self.measure_names)
        if set(terms) != set(expected):
            raise ValueError(
                "Expected the terms of `loss_names` and `measure_names`, "
                f"{expected}. Received: {tuple(terms)}"
            )
        terms = backend.agreed(terms)
        terms["loss"] = sum(terms[name] for name in self.loss_names)
        for tracker in self.loss_trackers:
            tracker.update_state(terms[tracker.name])
        return {m.name: m.result() for m in self.loss_trackers}

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The mean of each loss term."""
        return list(self.loss_trackers)

    # Data

    def check_batch(self, batch: Any) -> None:
        """Raises a ValueError if `fit` or `evaluate` can't use the batch.

        Args:
            batch: The first batch, as the data yield it.
        """

    def _checked(self, x, batch_size, y=None, watch=None):
        batch, x = batches.peek(x, y)
        if batch is None:
            raise ValueError(f"The data hold no batch. Received: {x}")
        self.check_batch(batch)
        devices = backend.batch_devices()
        batches.check_shares(x, batch, batch_size, devices)
        if self.image_range == GenerativeModel.image_range:
            batches.warn_of_other_range(batch)
        return x if watch is None else watch.over(x)

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        shuffle: bool | None = None,
        validation_data: Any = None,
        callbacks: Any = None,
        **kwargs: Any,
    ) -> keras.callbacks.History:
        """Trains, as `keras.Model.fit`, after a look at the first batch.

        Arrays are looked at as a whole, and of all other data each batch as
        it comes: its shapes and dtypes, all labels, and the range of its
        images, of large batches that of a part of them. On all backends a
        batch that can't be used ends the training with an error that has its
        number. What is not looked at are datasets that are divided among
        replicas already, and a `PyDataset` with `use_multiprocessing`.

        Warns of images that seem to be in [0, 1], and of an epoch whose
        learning rate is 0 throughout.

        In processes that `torchrun` started, each trains on its share of
        every batch, and all stay the same model: `batch_size` is that of all
        of them together, and the data have to be the same in each.

        Args:
            x: Batches as the model's class describes them: a
                `tf.data.Dataset`, a PyTorch `DataLoader`, a `PyDataset`, a
                generator, or arrays.
            y: As `keras.Model.fit`.
            batch_size: Batch size for arrays.
            epochs: Passes over the data.
            shuffle: Whether to shuffle; by default arrays and `PyDataset`
                are, and other data come in their own order.
            validation_data: Data for `evaluate` after each epoch, like `x`;
                arrays in a tuple.
            callbacks: As `keras.Model.fit`; after the model's own.
            **kwargs: As `keras.Model.fit`.

        Returns:
            A `keras.callbacks.History`.

        Raises:
            ValueError: A batch that is empty, or of wrong shape, dtype or
                range, or arrays with such images or labels anywhere.
        """
        backend.begin(self)
        watch = watching.Watch(self.check_batch)
        x = self._checked(x, batch_size, y, watch)
        if self.incomplete:
            warnings.warn(self.incomplete, stacklevel=2)
        if isinstance(validation_data, tuple):
            x_and_y = validation_data[:2]
            self._checked(x_and_y[0], batch_size, *x_and_y[1:])
        elif validation_data is not None:
            validation_data = self._checked(
                validation_data, batch_size, watch=watch
            )
        if not backend.writes_files():
            kwargs["verbose"] = 0
        callbacks = self._with_own(callbacks)
        with processes.during_fit(callbacks), watch.telling():
            return super().fit(
                x,
                y,
                batch_size=batch_size,
                epochs=epochs,
                shuffle=batches.can_shuffle(x) if shuffle is None else shuffle,
                validation_data=validation_data,
                callbacks=callbacks,
                **kwargs,
            )

    def own_callbacks(self) -> list[keras.callbacks.Callback]:
        """Returns new callbacks that belong to each training of the model."""
        return [RateWatch()]

    def _with_own(self, callbacks):
        own = self.own_callbacks()
        if not isinstance(callbacks, keras.callbacks.CallbackList):
            given = keras.tree.flatten(callbacks or [])
            return processes.of_this_process([*own, *given])
        for callback in own:
            callbacks.append(callback)
        return callbacks

    def train_on_batch(
        self, x: Any, y: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Updates on one batch of arrays, as `keras.Model.train_on_batch`.

        Args:
            x: A batch, as for `fit`.
            y: What belongs to `x`, as for `fit`.
            *args: As `keras.Model.train_on_batch`.
            **kwargs: As `keras.Model.train_on_batch`.

        Returns:
            The losses, as a list or with `return_dict=True` a dict.
        """
        x, y = batches.as_tensors((x, y))
        return super().train_on_batch(x, y, *args, **kwargs)

    def test_on_batch(
        self, x: Any, y: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Computes the losses of one batch, as `keras.Model.test_on_batch`.

        Args:
            x: A batch, as for `fit`.
            y: What belongs to `x`, as for `fit`.
            *args: As `keras.Model.test_on_batch`.
            **kwargs: As `keras.Model.test_on_batch`.

        Returns:
            The losses, as a list or with `return_dict=True` a dict.
        """
        x, y = batches.as_tensors((x, y))
        return super().test_on_batch(x, y, *args, **kwargs)

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        **kwargs: Any,
    ) -> Any:
        """Evaluates the losses, as `keras.Model.evaluate`.

        Seeds are put back afterwards: to validate changes no training.

        Args:
            x: Batches, as for `fit`.
            y: As `keras.Model.evaluate`.
            batch_size: Batch size for arrays.
            **kwargs: As `keras.Model.evaluate`.

        Returns:
            The losses, as a list or with `return_dict=True` a dict.

        Raises:
            ValueError: A batch that is empty, or of wrong shape, dtype or
                range.
        """
        watch = watching.Watch(self.check_batch)
        if not kwargs.get("_use_cached_eval_dataset"):  # Checked by `fit`.
            x = self._checked(x, batch_size, y, watch)
        seeds = seed_states(self)
        before = [ops.convert_to_numpy(seed) for seed in seeds]
        try:
            with watch.telling():
                return super().evaluate(x, y, batch_size=batch_size, **kwargs)
        finally:
            for seed, value in zip(seeds, before, strict=True):
                seed.assign(value)

    # Sampling

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """Names of the classes in the order of their labels, or `None`.

        Saved with the model. `generate(labels="fox")` needs them;
        `pipelines.class_names` gives those of a folder.
        """
        return self._class_names

    @class_names.setter
    def class_names(self, names: Iterable[str] | None) -> None:
        self._class_names = check_class_names(names, self.num_classes)

    def numbers_of(self, labels: Any) -> Any:
        """Returns labels as numbers where they are names of classes.

        Args:
            labels: A name or a list of names of `class_names`, or anything
                else, which is returned as it is.

        Raises:
            ValueError: A name of no class.
        """
        return labels_by_name(labels, self.class_names)

    def preview_arguments(self) -> dict[str, Any]:
        """Returns arguments of `generate` to look at a training with.

        Empty unless a quicker way to generate is good enough for that.
        """
        return {}

    @property
    def grid_rows(self) -> int:
        """Rows of a grid of `pictures`: with classes, one for each of 10."""
        if self.num_classes is None:
            return self.plain_rows
        return min(self.num_classes, 10)

    def pictures(
        self,
        count: int,
        seed: int | None = None,
        inputs: Any = None,
        **arguments: Any,
    ) -> np.ndarray:
        """Makes pictures of what the model does, for grids of samples.

        Of a model with classes, the same latents or noise in a row for each.

        Args:
            count: Number of pictures.
            seed: Integer that fixes them, or `None`.
            inputs: For models that translate images, at least `count` of
                them; a picture then shows an input and what becomes of it.
            **arguments: Further arguments of `generate`.

        Returns:
            float32 array `(count, height, width, channels)` in [-1, 1].

        Raises:
            ValueError: As `generate`.
        """
        if self.num_classes is not None:
            return pictures_by_label(self, count, seed, **arguments)
        return self.generate(count, seed=seed, **arguments)

    def _generate(self, inputs, count, batch_size, network=None):
        """Predicts in batches of one size, so that one graph is compiled.

        By the whole model, or by one of its networks. Devices that share a
        batch get equal shares.
        """
        backend.sync_state(self)
        batch_size = checks.positive_integer("batch_size", batch_size)
        batch_size = min(batch_size, count)
        batch_size += -batch_size % backend.batch_devices()
        padding = -count % batch_size
        inputs = keras.tree.map_structure(
            lambda x: np.concatenate([x, x[:1].repeat(padding, axis=0)]), inputs
        )
        predict = (network or self).predict
        return predict(inputs, batch_size=batch_size, verbose=0)[:count]

    # Saving

    @classmethod
    def from_preset(
        cls,
        handle: str | os.PathLike,
        load_weights: bool = True,
        for_training: bool = False,
        skip_mismatch: bool = False,
        **arguments: Any,
    ) -> "GenerativeModel":
        """Loads a pretrained model.

        Every file is verified (size and SHA-256) before it is used, and
        nothing that a preset names is executed.

        Args:
            handle: A registered name (`zoo.list_presets()`), a directory,
                `file://...`, `https://...`, `hf://user/name[@revision]` or
                `kaggle://owner/model/keras/variation`.
            load_weights: Whether to load the weights, or only the
                architecture, with initial weights.
            for_training: Whether to load also what only training needs: the
                opponents, and the weights beneath an average. Optimizer state
                is in `.keras` files alone, not in presets.
            skip_mismatch: Whether layers whose weights have other shapes keep
                their initial ones, and a warning names them: to fine-tune to
                other classes, with `num_classes=5`. Averages then begin with
                their warm-up, so that a few hundred steps show; without, they
                go on at `ema_decay`.
            **arguments: Arguments of the class to change, such as
                `dtype="mixed_bfloat16"`.

        Returns:
            A model of this class; with `zoo.GenerativeModel.from_preset` of
            the class that the preset names.

        Raises:
            zoo.registry.PresetError: The preset is not there, damaged,
                unsafe, or of another class, format or architecture.
        """
        return presets.store().load(
            cls,
            handle,
            load_weights,
            for_training,
            skip_mismatch=skip_mismatch,
            **arguments,
        )

    def save_to_preset(
        self, directory: str | os.PathLike, **facts: Any
    ) -> pathlib.Path:
        """Saves this model as a preset: a directory of plain files.

        `config.json`, `model.weights.h5` (what generates),
        `training.weights.h5` (what only training needs), `samples.png`,
        `README.md` (the model card) and `metadata.json`.

        Args:
            directory: New, or of an earlier preset, which is replaced.
            **facts: What the card and the metadata say, and no one but you
                knows: `name`, `description`, `data` (dict of `name`,
                `licence`, `url`), `training` (dict of `command`, `seed`,
                `duration_seconds`), `metrics` (full name to a dict of
                `value` and what it is to be compared with), `source`; also
                `samples`, the number of pictures in the grid (0 for none),
                `inputs`, images for a model that translates,
                `for_training=False` to leave those weights out,
                `half_precision=True` to write weights as float16, half as
                large, which load as float32, and `files`, further files to
                put beside.

        Returns:
            The directory, as a `pathlib.Path`.

        Raises:
            FileExistsError: The directory holds something else.
            OSError: It can't be written.
            ValueError: Half precision is too small for a weight.
        """
        return presets.store().save(self, directory, **facts)

    def save(
        self,
        filepath: str | os.PathLike,
        overwrite: bool = True,
        zipped: bool | None = None,
        **kwargs: Any,
    ) -> None:
        """Saves all of the model, as `keras.Model.save`.

        `zoo.load_model` loads it; so does `keras.saving.load_model`, once
        `zoo` is imported. Of several PyTorch processes the first one writes.

        Args:
            filepath: Path of a `.keras` file.
            overwrite: Whether to replace a file without asking.
            zipped: `False` for a directory of that name.
            **kwargs: As `keras.Model.save`.

        Raises:
            ValueError: A path of another ending, such as `.h5`: no other
                format holds several networks and optimizers. Or the model's
                state is not finite; what was saved before stays as it is.
        """
        ending = pathlib.Path(filepath).suffix
        if ending != ".keras" and zipped is not False:
            raise ValueError(
                "A model is saved as a `.keras` file, which holds all of it; "
                f"no other format does. Expected "
                f"{str(pathlib.Path(filepath).with_suffix('.keras'))!r}. "
                f"Received: filepath={str(filepath)!r}"
            )
        check_finite(self)
        if not backend.writes_files():
            return
        super().save(filepath, overwrite=overwrite, zipped=zipped, **kwargs)

    def made_by(self, network: str) -> str:
        """Returns the name of what a network makes, in exported files.

        Args:
            network: One of `inference_networks`.
        """
        return self.makes.get(network, "images")

    def export(
        self,
        filepath: str | os.PathLike,
        format: str = "tf_saved_model",
        verbose: bool | None = None,
        *,
        overwrite: bool = False,
    ) -> pathlib.Path:
        """Writes what generates, as `zoo.export`.

        Args:
            filepath: The file, which ends in `.onnx`, or the directory; of a
                model with several networks to generate by a directory of both.
            format: `"onnx"`, or `"savedmodel"`, which Keras calls
                `"tf_saved_model"`.
            verbose: Whether to print where it is.
            overwrite: Whether to replace an earlier export.

        Returns:
            The path.

        Raises:
            ValueError: A model whose weights are not finite, another format,
                or a path that does not fit it.
            ImportError: A package that the format needs is not installed.
            FileExistsError: There is something already.
            OSError: It can't be written.
        """
        ours: Any = "savedmodel" if format == "tf_saved_model" else format
        path = exporting.export(self, filepath, ours, overwrite=overwrite)
        if verbose:
            print(f"Wrote {path}")
        return path

    def save_weights(
        self, filepath: str | os.PathLike, *args: Any, **kwargs: Any
    ) -> None:
        """Saves weights, optimizers' state and seeds, without the settings.

        Args:
            filepath: Path that ends in `.weights.h5`.
            *args: As `keras.Model.save_weights`.
            **kwargs: As `keras.Model.save_weights`.

        Raises:
            ValueError: As `save`.
        """
        check_finite(self)
        if not backend.writes_files():
            return
        super().save_weights(filepath, *args, **kwargs)

    def load_weights(
        self, filepath: str | os.PathLike, *args: Any, **kwargs: Any
    ) -> None:
        """Loads what `save` or `save_weights` wrote.

        Args:
            filepath: Path of a `.keras` file or of weights.
            *args: As `keras.Model.load_weights`.
            **kwargs: As `keras.Model.load_weights`.

        Raises:
            ValueError: A `zoo.registry.ModelFileError`: the file is damaged,
                claims more than it holds, or is of another model.
            FileNotFoundError: There is no such file.
        """
        with model_files.loading(filepath):
            super().load_weights(filepath, *args, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`, and what else was set.

        Networks are among them if they were given, serialized by Keras;
        `trainable` of a frozen model, and `class_names`.
        """
        config = {**super().get_config(), "ema_decay": self.ema_decay}
        if self.class_names is not None:
            config["class_names"] = list(self.class_names)
        for name in self.given_networks:
            network = getattr(self, name)
            serialized = keras.saving.serialize_keras_object(network)
            config[name] = lora.without(serialized)
        if config["trainable"]:
            del config["trainable"]
        return config

    @classmethod
    def from_config(
        cls,
        config: dict[str, Any],
        custom_objects: dict[str, Any] | None = None,
    ) -> "GenerativeModel":
        """Makes a model of the result of `get_config`."""
        arguments = dict(config)
        trainable = arguments.pop("trainable", True)
        names = arguments.pop("class_names", None)
        scope = keras.saving.custom_object_scope(custom_objects or {})
        with scope, given_paths.of_a_file():
            model = super().from_config(arguments, custom_objects)
        model.class_names = names
        if not trainable:
            model.trainable = False
        return model

    def save_own_variables(self, store: Any) -> None:
        """Stores this model's own variables and all its networks' seeds."""
        super().save_own_variables(store)
        for i, state in enumerate(seed_states(self)):
            store[f"seed_{i}"] = ops.convert_to_numpy(state)

    def load_own_variables(self, store: Any) -> None:
        """Loads what `save_own_variables` stored."""
        stored = {key: store[key] for key in store.keys()}  # noqa: SIM118
        for i, state in enumerate(seed_states(self)):
            state.assign(stored.pop(f"seed_{i}"))
        super().load_own_variables(stored)
