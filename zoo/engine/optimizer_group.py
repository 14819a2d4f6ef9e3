"""Several optimizers that Keras sees as one."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="zoo")
class OptimizerGroup(keras.optimizers.Optimizer):
    """Named optimizers, each for its own networks, as one Keras optimizer.

    A Keras trainer carries, saves and restores one `model.optimizer`. A model
    that alternates between networks needs one per network, each with its own
    moments and iteration count. The group is what the trainer sees; a training
    step applies its members.

    `learning_rate` reads the first member's and scales all members' by the
    same factor when it is set, so that `ReduceLROnPlateau` and
    `LearningRateScheduler` keep the members' ratio.

    Args:
        members: Dict of name to `keras.optimizers.Optimizer`.
        name: Name of the group.
    """

    def __init__(
        self,
        members: dict[str, keras.optimizers.Optimizer],
        name: str = "optimizer_group",
    ):
        super().__init__(learning_rate=0.0, name=name)
        self.members = dict(members)
        self.targets = {}
        self.ratios = [1.0] * len(members)

    def __getitem__(self, name: str) -> keras.optimizers.Optimizer:
        return self.members[name]

    @property
    def variables(self) -> list[keras.Variable]:
        """All members' variables, in the members' order."""
        return [v for m in self.members.values() for v in m.variables]

    def build_members(self, targets: Any) -> None:
        """Makes each member's state for the variables that it moves.

        Args:
            targets: Dict of member name to list of variables.
        """
        self.targets = targets
        for name, member in self.members.items():
            member.build(targets[name])
        self.built = True

    def build(self, var_list: Any) -> None:
        """Refuses: which variables are whose is for `build_members` to say."""
        raise NotImplementedError(
            "An OptimizerGroup is built by model.compile(), one member at a "
            "time. Call compile() before using its state."
        )

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        """Refuses: only a member knows which variables are its own."""
        raise NotImplementedError(
            "An OptimizerGroup does not apply gradients itself; apply one of "
            f"its members, {list(self.members)}, or call model.minimize()."
        )

    @property
    def iterations(self) -> Any:
        """Updates made by the first member."""
        return next(iter(self.members.values())).iterations

    @property
    def learning_rate(self) -> Any:
        """The first member's learning rate."""
        return next(iter(self.members.values())).learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        members = self.members.values()
        rates = [
            float(ops.convert_to_numpy(member.learning_rate))
            for member in members
        ]
        if rates[0]:  # From 0 there is no factor: keep the ratios of before.
            self.ratios = [rate / rates[0] for rate in rates]
        for member, ratio in zip(members, self.ratios, strict=True):
            member.learning_rate = value * ratio

    def finalize_variable_values(self, var_list: Any) -> None:
        """Lets members with `use_ema` write their averages."""
        for name, member in self.members.items():
            member.finalize_variable_values(self.targets[name])

    def save_own_variables(self, store: Any) -> None:
        """Stores nothing: Keras walks on to the members by itself."""

    def load_own_variables(self, store: Any) -> None:
        """Loads nothing: Keras walks on to the members by itself."""

    def get_config(self) -> dict[str, Any]:
        """Returns the members' configs under public class paths."""
        return {"members": serialize_optimizers(self.members)}

    @classmethod
    def from_config(
        cls,
        config: dict[str, Any],
        custom_objects: dict[str, Any] | None = None,
    ) -> "OptimizerGroup":
        """Makes a group from the result of `get_config`."""
        deserialize = keras.saving.deserialize_keras_object
        return cls({k: deserialize(v) for k, v in config["members"].items()})


def choose_members(
    arguments: Any,
    defaults: dict[str, Any],
    given: dict[str, Any],
    own: dict[str, Any],
    scale_loss: bool,
) -> dict[str, keras.optimizers.Optimizer]:
    """Fills in default optimizers, and checks that each can be used.

    Args:
        arguments: Dict of argument name to member name.
        defaults: Dict of member name to optimizer.
        given: Dict of argument name to optimizer, its name or config, or
            `None` for the default.
        own: Members before, which may be given again.
        scale_loss: Whether to scale losses, for `mixed_float16`.

    Returns:
        Dict of member name to optimizer.

    Raises:
        ValueError: An unknown argument, an optimizer given twice, or one that
            belongs to other variables.
    """
    unknown = sorted(set(given) - set(arguments))
    if unknown:
        raise ValueError(
            f"compile() takes the optimizers {list(arguments)}. "
            f"Received: {unknown}"
        )
    members = dict(defaults)
    for argument, optimizer in given.items():
        if optimizer is not None:
            members[arguments[argument]] = keras.optimizers.get(optimizer)
    if len(set(map(id, members.values()))) < len(members):
        raise ValueError(
            "Each player needs an optimizer of its own, since moments and "
            f"iterations are not shared. Received: {members}"
        )
    for name, optimizer in members.items():
        if optimizer.built and own.get(name) is not optimizer:
            raise ValueError(
                f"The optimizer of {name!r} already belongs to other "
                f"variables; pass a new one. Received: {optimizer}"
            )
        if scale_loss and not isinstance(
            optimizer, keras.optimizers.LossScaleOptimizer
        ):
            members[name] = keras.optimizers.LossScaleOptimizer(optimizer)
    return members


def serialize_optimizers(
    members: dict[str, keras.optimizers.Optimizer],
) -> dict[str, Any]:
    """Returns configs of optimizers that load on every backend.

    On PyTorch, Keras serializes an optimizer under the private path of its
    PyTorch class, which no other backend can import.

    Args:
        members: Dict of name to optimizer.

    Returns:
        Dict of name to serialized config.
    """
    return {
        name: _public(keras.saving.serialize_keras_object(optimizer))
        for name, optimizer in members.items()
    }


def _public(config):
    if not isinstance(config, dict):
        return config
    config = {key: _public(value) for key, value in config.items()}
    private = str(config.get("module", "")).startswith("keras.src.backend.")
    if private and hasattr(keras.optimizers, config["class_name"]):
        config |= {"module": "keras.optimizers", "registered_name": None}
    return config
