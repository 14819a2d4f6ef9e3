"""What DCGAN's networks are made of."""

import dataclasses

from zoo.utils import checks

NORMALIZATIONS = {
    True: (True, True),
    False: (False, False),
    "generator": (True, False),
    "reference": ("reference", "reference"),
    "virtual": ("virtual", "virtual"),
}
"""Values of `batch_norm`: the generator's and the discriminator's kind."""


@dataclasses.dataclass(frozen=True)
class Layout:
    """What DCGAN's networks are made of, by the arguments of `zoo.DCGAN`.

    Attributes:
        image_shape: `(size, size, channels)`; for networks that are built of
            it the size a power of two from 16 to 256, one to four channels.
        filters: Filters of the image-side convolutions.
        batch_norm: A key of `NORMALIZATIONS`.
        spectral_norm: Whether to divide each kernel of the discriminator by
            its largest singular value (Miyato et al. 2018).
        minibatch: What the discriminator is told of the other images of the
            batch: `"stddev"` (Karras et al. 2018), `"discrimination"`
            (Salimans et al. 2016) or `None`.
        instance_noise: Standard deviation of noise on all images that it sees
            in training.
        instance_noise_steps: Training steps in which it falls to 0; `None`
            for noise that stays.
    """

    image_shape: tuple[int, int, int]
    filters: int
    batch_norm: bool | str = True
    spectral_norm: bool = False
    minibatch: str | None = None
    instance_noise: float = 0.0
    instance_noise_steps: int | None = None

    def __post_init__(self) -> None:
        shape = checks.image_shape(self.image_shape)
        object.__setattr__(self, "image_shape", shape)
        filters = checks.positive_integer("filters", self.filters)
        object.__setattr__(self, "filters", filters)
        known = isinstance(self.batch_norm, bool | str)  # 1 equals True.
        if not known or self.batch_norm not in NORMALIZATIONS:
            raise ValueError(
                f"Argument `batch_norm` must be one of {list(NORMALIZATIONS)}. "
                f"Received: batch_norm={self.batch_norm!r}"
            )
        kinds = (None, "stddev", "discrimination")
        checks.one_of("minibatch", self.minibatch, kinds)
        checks.not_negative("instance_noise", self.instance_noise)

    def check_size(self) -> None:
        """Raises a ValueError for images that no network can be built for."""
        checks.power_of_two_images(self.image_shape, smallest=16, largest=256)
