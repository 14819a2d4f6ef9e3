"""Adversarial losses: what each player of a GAN minimizes, by name."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

from zoo.losses import terms
from zoo.utils import checks
from zoo.utils.registry import Registry

Loss = Callable[..., Any]
"""Function from logits `(batch, ...)` to a float32 scalar, their mean."""


@dataclasses.dataclass(frozen=True)
class AdversarialLoss:
    """What the discriminator and the generator minimize.

    Attributes:
        name: Name by which models take it, once it is registered.
        real: Loss of the discriminator on logits of real images.
        fake: Loss of the discriminator on logits of generated images.
        generator: Loss of the generator on logits of generated images.
        energy: Whether the discriminator has to be an auto-encoder; logits
            are then minus its energy, the reconstruction error per image.
        smooths: Whether `real` takes `label_smoothing=`.

    Example:
    ```python
    loss = zoo.losses.AdversarialLoss(
        name="linear",
        real=lambda logits: -ops.mean(logits),
        fake=ops.mean,
        generator=lambda logits: -ops.mean(logits),
    )
    zoo.losses.register(loss)  # Models that use it can now be saved.
    ```
    """

    name: str
    real: Loss
    fake: Loss
    generator: Loss
    energy: bool = False
    smooths: bool = False

    def real_loss(self, logits: Any, label_smoothing: float = 0.0) -> Any:
        """Loss of the discriminator on real images.

        Args:
            logits: Logits of real images, `(batch, ...)`.
            label_smoothing: What is taken off the target 1, in [0, 1).

        Returns:
            float32 scalar.

        Raises:
            ValueError: Smoothing is asked of a loss that has no target.
        """
        self.check_smoothing(label_smoothing)
        if self.smooths:
            return self.real(logits, label_smoothing=label_smoothing)
        return self.real(logits)

    def check_smoothing(self, label_smoothing: float) -> None:
        """Raises a ValueError unless this loss can be smoothed that much.

        Args:
            label_smoothing: What is to be taken off the target.

        Raises:
            ValueError: It is not in [0, 1), or not 0 and there is no target.
        """
        checks.fraction("label_smoothing", label_smoothing)
        if label_smoothing and not self.smooths:
            raise ValueError(
                "Argument `label_smoothing` must be 0 with the loss "
                f"{self.name!r}, which has no target to smooth. "
                f"Received: label_smoothing={label_smoothing!r}"
            )


def energy_based(
    margin: float = 1.0, name: str | None = None
) -> AdversarialLoss:
    """Makes the loss of an energy-based GAN.

    The discriminator minimizes `E[e(x)] + E[max(0, m - e(G(z)))]` and the
    generator `E[e(G(z))]`, where `e`, minus the logit, is the reconstruction
    error of an auto-encoder: Zhao et al. 2017, equations 1 and 2.

    The default is for a mean squared error of images in [-1, 1]: an
    auto-encoder that answers everything with grey has an energy of at most 1,
    and need not get worse than that on generated images.

    Args:
        margin: Energy from which on a generated image costs the
            discriminator nothing, positive.
        name: Name of the loss; by default `"energy_<margin>"`.

    Returns:
        An `AdversarialLoss`, not registered.

    Raises:
        ValueError: The margin is not positive.
    """
    if not margin > 0:
        raise ValueError(
            f"Argument `margin` must be positive. Received: margin={margin!r}"
        )
    return AdversarialLoss(
        name=name or f"energy_{margin:g}",
        real=terms.negative_mean,
        fake=functools.partial(terms.hinge, sign=-1.0, margin=margin),
        generator=terms.negative_mean,
        energy=True,
    )


def _cross_entropy(generator):
    return AdversarialLoss(
        name=generator.__name__,
        real=terms.discriminator_real,
        fake=terms.discriminator_fake,
        generator=generator,
        smooths=True,
    )


registry = Registry("loss", AdversarialLoss)
register = registry.register
get = registry.get
serialize = registry.serialize

MINIMAX = register(_cross_entropy(terms.minimax))
NON_SATURATING = register(_cross_entropy(terms.non_saturating))
MAXIMUM_LIKELIHOOD = register(_cross_entropy(terms.maximum_likelihood))
LEAST_SQUARES = register(
    AdversarialLoss(
        name="least_squares",
        real=functools.partial(terms.squared_error, target=1.0),
        fake=functools.partial(terms.squared_error, target=0.0),
        generator=functools.partial(terms.squared_error, target=1.0),
    )
)
WASSERSTEIN = register(
    AdversarialLoss(
        name="wasserstein",
        real=terms.negative_mean,
        fake=terms.mean,
        generator=terms.negative_mean,
    )
)
HINGE = register(
    AdversarialLoss(
        name="hinge",
        real=terms.hinge,
        fake=functools.partial(terms.hinge, sign=-1.0),
        generator=terms.negative_mean,
    )
)
ENERGY = register(energy_based(name="energy"))
