"""The numbers that a U-Net is built from, checked."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from zoo.utils import checks

TIME_INPUTS = {"step": 1.0, "signal_rate": 1000.0}
"""What the network may be told of the noise, and the factor that spreads it
over the wavelengths of the embedding."""


@dataclasses.dataclass(frozen=True)
class Architecture:
    """All that determines a U-Net; the defaults are the paper's code.

    Attributes:
        image_shape: `(height, width, channels)`, in pixels.
        channels: Width of the first maps, an even number.
        multipliers: Each level's width over `channels`; from level to level
            height and width are halved.
        blocks: Residual blocks of a level on the way down; one more on the
            way up.
        attention: Heights of the maps whose blocks are followed by
            self-attention, those of folded images. The narrowest map always
            has one between its two last blocks.
        dropout: Fraction dropped in residual blocks, in [0, 1).
        num_classes: Number of classes, or `None` for a network without
            labels. The label `num_classes` then means "no label".
        patch_size: Side of the patches of pixels that are folded into
            channels before the network, and unfolded after it.
        heads: Heads of each attention.
        head_channels: Channels of a head, in place of `heads`, or `None`.
        groups: Groups of the normalizations; for maps whose channels they do
            not divide, the greatest common divisor.
        epsilon: Epsilon of the normalizations.
        time_input: What `times` are: "step", steps from 0, or "signal_rate",
            `sqrt(alpha-bar)` in [0, 1].
        padding: Of the convolutions that halve maps: "same", one row and
            column at the end, or "symmetric", one on each side.
        cosine_first: Whether cosines come first in the time's embedding.
        shift: What is taken off the number of wavelengths in the time's
            embedding, in [0, 1]; see `TimeEmbedding`.
        middle_groups: Groups of the normalization of the narrowest map's
            attention, or `None` for `groups`.

    Raises:
        ValueError: One of them is out of its range, or does not go with the
            others.
    """

    image_shape: Sequence[int]
    channels: int = 128
    multipliers: Sequence[float] = (1, 2, 2, 2)
    blocks: int = 2
    attention: Sequence[int] = (16,)
    dropout: float = 0.1
    num_classes: int | None = None
    patch_size: int = 1
    heads: int = 1
    head_channels: int | None = None
    groups: int = 32
    epsilon: float = 1e-6
    time_input: str = "step"
    padding: str = "same"
    cosine_first: bool = False
    shift: float = 1.0
    middle_groups: int | None = None

    def __post_init__(self) -> None:
        for name in ("channels", "blocks", "patch_size", "heads", "groups"):
            checks.positive_integer(name, getattr(self, name))
        for name in ("num_classes", "head_channels", "middle_groups"):
            if getattr(self, name) is not None:
                checks.positive_integer(name, getattr(self, name))
        checks.fraction("dropout", self.dropout)
        self._check_numbers()
        self._check_shape()
        self._check_widths()
        self._check_attention()

    @property
    def widths(self) -> list[int]:
        """Channels of each level's maps."""
        return [round(self.channels * x) for x in self.multipliers]

    @property
    def heights(self) -> list[int]:
        """Height of each level's maps."""
        height = self.image_shape[0] // self.patch_size
        return [height >> i for i in range(len(self.multipliers))]

    @property
    def norm(self) -> dict[str, Any]:
        """Arguments of the normalizations."""
        return {"groups": self.groups, "epsilon": self.epsilon}

    def heads_of(self, width: int) -> int:
        """Returns the attention heads of a map with `width` channels."""
        return width // (self.head_channels or width // self.heads)

    def _check_numbers(self):
        choices = {
            "time_input": tuple(TIME_INPUTS),
            "padding": ("same", "symmetric"),
            "cosine_first": (False, True),
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise _error(name, f"be one of {allowed}", self)
        if not (checks.is_number(self.epsilon) and 0 < self.epsilon < 1):
            raise _error("epsilon", "be in (0, 1)", self)
        if not (checks.is_number(self.shift) and 0 <= self.shift <= 1):
            raise _error("shift", "be in [0, 1]", self)

    def _check_shape(self):
        if not (_is_integers(self.image_shape) and len(self.image_shape) == 3):
            raise _error(
                "image_shape", "be (height, width, channels), in pixels", self
            )
        if not (_is_list(self.multipliers) and self.multipliers):
            raise _error("multipliers", "hold a number for each level", self)
        divisor = self.patch_size << (len(self.multipliers) - 1)
        if any(size % divisor for size in self.image_shape[:2]):
            raise ValueError(
                f"Argument `image_shape` must have a height and width that "
                f"{divisor} divides: patches of {self.patch_size} pixels, "
                f"halved {len(self.multipliers) - 1} times. Received: "
                f"image_shape={self.image_shape!r}"
            )

    def _check_widths(self):
        # Two wavelengths at least, so that `shift` leaves one.
        if self.channels % 2 or self.channels < 4:
            raise _error("channels", "be an even number from 4", self)
        for x in self.multipliers:
            width = self.channels * x if checks.is_number(x) else 0
            if width < 1 or abs(width - round(width)) > 1e-6:
                raise _error(
                    "multipliers",
                    f"give whole numbers of channels, times {self.channels}",
                    self,
                )

    def _check_attention(self):
        known = self.heights
        if not _is_list(self.attention) or set(self.attention) - set(known):
            raise _error(
                "attention", f"hold heights of the levels' maps, {known}", self
            )
        attended = {self.widths[known.index(x)] for x in self.attention}
        name = "heads" if self.head_channels is None else "head_channels"
        for width in sorted(attended | {self.widths[-1]}):
            if width % getattr(self, name):
                raise _error(name, f"divide {width} channels", self)


def _is_list(value):
    return isinstance(value, tuple | list)


def _is_integers(value):
    return _is_list(value) and all(map(checks.is_positive_integer, value))


def _error(name, must, architecture):
    value = getattr(architecture, name)
    return ValueError(
        f"Argument `{name}` must {must}. Received: {name}={value!r}"
    )
