"""Normal latents, more or less typical."""

import numpy as np

from zoo.utils import checks


def normal_latents(
    random: np.random.Generator, count: int, dim: int, temperature: float
) -> np.ndarray:
    """Draws latents from N(0, temperature^2).

    Below 1 images are more typical and less diverse (Kingma and Dhariwal 2018,
    section 6, by that name; Brock et al. 2019, section 3.1, of GANs).

    Args:
        random: Where they are from.
        count: Number of latents.
        dim: Length of each.
        temperature: Standard deviation, not negative.

    Returns:
        float32 array `(count, dim)`.

    Raises:
        ValueError: The temperature is negative.
    """
    checks.not_negative("temperature", temperature)
    drawn = random.standard_normal((count, dim), "float32")
    return np.float32(temperature) * drawn
