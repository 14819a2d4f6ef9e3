"""The sizes of StyleGAN's networks."""

import dataclasses
import math


@dataclasses.dataclass(frozen=True)
class Architecture:
    """The sizes of StyleGAN's networks.

    Attributes:
        resolution: Height and width of the images, a power of two from 8.
        channels: Channels of the images.
        latent_dim: Length of latents z and of intermediate latents w.
        filters: Maps of the layers at full resolution; they double with each
            halving of the size.
        max_filters: Most maps of a layer.
        mapping_layers: Layers of the mapping network.
    """

    resolution: int
    channels: int
    latent_dim: int
    filters: int
    max_filters: int
    mapping_layers: int

    @property
    def stages(self) -> int:
        """Number of resolutions from 4x4 on."""
        return int(math.log2(self.resolution)) - 1

    def width(self, size: int) -> int:
        """Returns the number of maps at a resolution."""
        widest = self.filters * self.resolution // size
        return min(widest, self.max_filters)

    @property
    def noise_shapes(self) -> list[tuple[int, int, int]]:
        """Shape of each noise input, two for each resolution."""
        sizes = [4 * 2**stage for stage in range(self.stages)]
        return [(size, size, 1) for size in sizes for _ in range(2)]
