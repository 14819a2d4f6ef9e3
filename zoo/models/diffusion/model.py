"""Denoising diffusion: Ho, Jain, Abbeel 2020, arXiv:2006.11239."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from zoo import backend
from zoo.diffusion import schedules
from zoo.diffusion.loop import DenoisingLoop
from zoo.diffusion.predictions import target
from zoo.diffusion.task import Task
from zoo.engine import batches, networks
from zoo.engine.adam import adam
from zoo.engine.generative_model import GenerativeModel
from zoo.engine.labels import check_batch_labels
from zoo.engine.learning_rates import with_rate
from zoo.models.diffusion import editing, inversion, sampling
from zoo.models.diffusion.bands import band_trackers, update_bands
from zoo.models.diffusion.unet import build_unet
from zoo.utils import checks


@keras.saving.register_keras_serializable(package="zoo")
class Diffusion(GenerativeModel):
    """Denoising diffusion model: DDPM, DDIM, with or without classes.

    `denoiser`, a U-Net, is shown images at random noise levels `x_t =
    sqrt(a) x_0 + sqrt(1 - a) eps`, and learns to tell the noise. To generate,
    noise is removed step by step: `zoo.samplers` has the steps, and
    `zoo.schedules` the noise levels. The defaults are the paper's for
    CIFAR-10, with 35,746,307 parameters for 32x32x3 images.

    Args:
        image_shape: `(height, width, channels)`, in pixels.
        num_classes: Number of classes to generate by, or `None`.
        channels: Width of the U-Net's first maps.
        multipliers: Each level's width over `channels`; each halves the map.
        blocks: Residual blocks of a level on the way down.
        attention: Heights of the maps with self-attention.
        dropout: Fraction dropped in residual blocks, in [0, 1).
        patch_size: Side of patches of pixels folded into channels, 1 for none.
        schedule: `"linear"` (of the paper), `"cosine"`, `"scaled_linear"`, a
            `zoo.schedules.Schedule`, or its config.
        timesteps: Number of times, for a schedule by its name, whose betas
            then are those of 1000 times `1000 / timesteps`.
        prediction: What the network predicts: `"epsilon"` as in the paper,
            `"v"` (Salimans and Ho 2022) or `"x0"`.
        loss_space: What the loss compares: `"epsilon"`, `"v"`, `"x0"`, or
            `None` for what is predicted. Small networks predict images best,
            and learn best by the loss of `v` (Li and He 2025,
            arXiv:2511.13720).
        min_snr: Gamma of the min-SNR weights of the loss (Hang et al. 2023,
            arXiv:2303.09556), such as 5, or `None` for equal weights. With
            `loss_space`, the largest weight that it gives an error of `x0`.
        label_dropout: Probability with which a label is hidden in training,
            in [0, 1), for guidance; only with `num_classes`.
        zero_terminal_snr: Whether the schedule is rescaled so that it ends in
            pure noise (Lin et al. 2023); not with `prediction="epsilon"`.
        time_input: What the network is told of the noise: `"step"`, the time,
            or `"signal_rate"`, `sqrt(a)`.
        unet: Dict of further numbers of the U-Net, such as `heads`: see
            `zoo.models.diffusion.architecture.Architecture`.
        denoiser: A network of one's own in place of the U-Net, a
            `keras.Model` from a list of images `image_shape`, times `()` and
            with classes int32 labels `()`, of which `num_classes` is none, to
            a prediction `image_shape`, float32.
        ema_decay: Decay of the average of weights that generates, or `None`.
        name: Name of the model.
        dtype: A Keras dtype policy or its name, such as `"mixed_bfloat16"`.

    Raises:
        ValueError: An argument out of its range, or against another.

    Data: batches of float32 images `(batch, height, width, channels)` in
    [-1, 1]; with `num_classes` `(images, labels)`, of integers `(batch,)`.

    Example:
    ```python
    data = pipelines.labelled_images("fashion_mnist_10k", 32, batch_size=32)
    model = zoo.Diffusion((32, 32, 1), num_classes=10, channels=32)
    model.compile()
    model.fit(data, epochs=10)
    shoes = model.generate(16, labels=7, guidance=2.0, seed=0)
    ```
    """

    players = {"denoiser": ("denoiser",)}
    loss_names = ("denoiser_loss",)
    inference_networks = ("denoiser",)
    makes = {"denoiser": "prediction"}
    draws_noise = True
    # Removes noise; made when first needed.
    compiled_loop: DenoisingLoop | None = None
    # Methods that stand in files of their own.
    preview_arguments = sampling.preview_arguments
    generate = sampling.generate
    latents = sampling.latents
    generate_from = sampling.generate_from
    invert = inversion.invert
    interpolate = inversion.interpolate
    inpaint = editing.inpaint
    image_to_image = editing.image_to_image
    denoise = editing.denoise

    def __init__(
        self,
        image_shape: tuple[int, int, int] = (32, 32, 3),
        num_classes: int | None = None,
        channels: int = 128,
        multipliers: tuple[float, ...] = (1, 2, 2, 2),
        blocks: int = 2,
        attention: tuple[int, ...] = (16,),
        dropout: float = 0.1,
        patch_size: int = 1,
        schedule: str | dict[str, Any] | schedules.Schedule = "linear",
        timesteps: int = 1000,
        prediction: str = "epsilon",
        loss_space: str | None = None,
        min_snr: float | None = None,
        label_dropout: float = 0.1,
        zero_terminal_snr: bool = False,
        time_input: str = "step",
        unet: dict[str, Any] | None = None,
        denoiser: keras.Model | None = None,
        ema_decay: float | None = 0.9999,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(ema_decay=ema_decay, name=name, dtype=dtype)
        self.architecture = {
            "num_classes": num_classes,
            "channels": channels,
            "multipliers": multipliers,
            "blocks": blocks,
            "attention": attention,
            "dropout": dropout,
            "patch_size": patch_size,
            "time_input": time_input,
        }
        self.unet = dict(unet or {})
        self.num_classes = num_classes
        self.label_dropout = checks.fraction("label_dropout", label_dropout)
        self.schedule = schedules.get(schedule, timesteps)
        self.schedule_config = self.schedule.get_config()
        self.zero_terminal_snr = zero_terminal_snr
        if zero_terminal_snr:
            self.schedule = self.schedule.rescale_to_zero_terminal_snr()
        self.prediction = prediction
        self.task = Task(
            self.schedule, prediction, time_input, loss_space, min_snr
        )
        self.image_shape = checks.image_shape(image_shape)
        inputs = [
            networks.tensor(self.image_shape, "images"),
            networks.tensor((), "times"),
        ]
        if num_classes is not None:
            checks.positive_integer("num_classes", num_classes)
            inputs.append(networks.tensor((), "labels", "int32"))
        self.denoiser = self.given_or_built(
            "denoiser",
            denoiser,
            lambda: build_unet(image_shape, **self.architecture, **self.unet),
            inputs,
            self.image_shape,
        )
        self.average("denoiser")
        self.band_trackers = band_trackers()

    def default_optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        """Adam at 2e-4 after a warm-up, gradients cut at norm 1: the code."""
        rate = keras.optimizers.schedules.PolynomialDecay(0.0, 5000, 2e-4)
        return {"denoiser": adam(rate, global_clipnorm=1.0)}

    def paper_optimizers(
        self, updates: Mapping[str, int]
    ) -> dict[str, keras.optimizers.Optimizer]:
        """The code's, warmed up over 5,000 updates, or a tenth of a few.

        Args:
            updates: Updates of the denoiser in the whole training.

        Returns:
            Dict of player to optimizer.
        """
        (usual,) = self.default_optimizers().values()
        warm_up = min(5000, max(1, updates["denoiser"] // 10))
        rate = keras.optimizers.schedules.PolynomialDecay(0.0, warm_up, 2e-4)
        return {"denoiser": with_rate(usual, rate)}

    def sample_noise(self, images: Any) -> tuple[Any, Any]:
        """Returns random whole times `(batch,)`, and noise like the images."""
        count = ops.shape(images)[0]
        times = keras.random.randint(
            (count,), 0, self.schedule.steps, seed=self.seed_generator
        )
        shape = (count, *self.image_shape)
        return times, keras.random.normal(shape, seed=self.seed_generator)

    def hide_labels(self, labels: Any) -> Any:
        """Replaces a random share of labels by the one that means none."""
        chances = keras.random.uniform(
            ops.shape(labels), seed=self.seed_generator
        )
        return ops.where(chances < self.label_dropout, self.num_classes, labels)

    def errors(
        self, images: Any, times: Any, noise: Any, labels: Any, training: bool
    ) -> Any:
        """Squared errors `(batch,)`, weighted: equation 14."""
        at = self.task.at(times)
        x = at.signal * images + at.sigma * noise  # Equation 4.
        inputs = [x, at.told]
        inputs += [] if labels is None else [labels]
        wanted = target(images, noise, at.signal, at.sigma, self.prediction)
        predicted = self.call(inputs, training)
        errors = ops.mean(ops.square(predicted - wanted), axis=(1, 2, 3))
        return errors * at.weight

    def denoiser_loss(
        self, images: Any, times: Any, noise: Any, labels: Any, training: bool
    ) -> dict[str, Any]:
        """Mean of `errors`: the paper's simple loss, or its weighted kind."""
        errors = self.errors(images, times, noise, labels, training)
        return {"denoiser_loss": ops.mean(errors)}

    @backend.stateful
    def train_step(self, data: Any) -> dict[str, Any]:
        """Updates the denoiser on one batch: algorithm 1."""
        images, labels = self._images_and_labels(data)
        times, noise = self.sample_noise(images)
        if labels is not None:
            labels = self.hide_labels(labels)
        losses = self.minimize(
            "denoiser",
            lambda: self.denoiser_loss(images, times, noise, labels, True),
        )
        return self.log(**losses)

    @backend.stateful
    def test_step(self, data: Any) -> dict[str, Any]:
        """Computes the loss of the weights that generate, also by time."""
        images, labels = self._images_and_labels(data)
        times, noise = self.sample_noise(images)
        errors = self.errors(images, times, noise, labels, training=False)
        bands = update_bands(self.band_trackers, errors, times, self.schedule)
        return self.log(denoiser_loss=ops.mean(errors)) | bands

    def _images_and_labels(self, data):
        images, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        if self.num_classes is None:
            return images, None
        return images, ops.cast(labels, "int32")

    @property
    def metrics(self) -> list[keras.metrics.Mean]:
        """The mean loss, and those of each quarter of the times."""
        return [*super().metrics, *self.band_trackers]

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Predicts, from `[images, times]` and with classes labels."""
        network = self.denoiser if training else self.network("denoiser")
        return network(inputs, training=training)

    def resized(self, height: int, width: int) -> "Diffusion":
        """Returns a model of other image sizes, with the same weights.

        The U-Net is the same function of maps of any size; its attention
        stays at the same levels. To generate other sizes than it was trained
        on, or to be fine-tuned to them.

        Args:
            height: Height of images, which the U-Net's halvings divide.
            width: Their width, likewise.

        Returns:
            A `zoo.Diffusion`, not compiled.

        Raises:
            ValueError: A size that does not go with the halvings, or a
                denoiser of one's own, which has the size that it has.
        """
        if self.given_networks:
            raise ValueError(
                "A model of a denoiser of one's own has its size: make the "
                "denoiser for another, copy its weights, and give it to a new "
                f"model. Received: height={height}, width={width}"
            )
        before, size = self.image_shape[0], checks.positive_integer
        shape = (size("height", height), size("width", width))
        config = self.get_config()
        config["image_shape"] = (*shape, self.image_shape[-1])
        config["attention"] = tuple(
            x * height // before for x in config["attention"]
        )
        model = type(self).from_config(config)
        model.set_weights(self.get_weights())
        return model

    def check_batch(self, batch: Any) -> None:
        """Raises a ValueError for images or labels that can't be used."""
        images, _, _ = keras.utils.unpack_x_y_sample_weight(batch)
        batches.check_images(images, self.image_shape)
        check_batch_labels(batch, self.num_classes)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of `__init__`."""
        return {
            **super().get_config(),
            "image_shape": self.image_shape,
            **self.architecture,
            "schedule": self.schedule_config,
            "prediction": self.prediction,
            "loss_space": self.task.loss_space,
            "min_snr": self.task.min_snr,
            "label_dropout": self.label_dropout,
            "zero_terminal_snr": self.zero_terminal_snr,
            "unet": self.unet,
        }
