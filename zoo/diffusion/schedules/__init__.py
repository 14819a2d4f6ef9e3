"""Noise schedules of diffusion models: how much noise there is at each time.

At time `t` an image is `x_t = sqrt(a) x_0 + sqrt(1 - a) eps` with `a` (alpha
bar) falling from almost 1 at time 0 to almost 0 at time `steps - 1`, and `eps`
from N(0, 1): Ho, Jain, Abbeel 2020, arXiv:2006.11239, equation 4. Time -1 is
the clean image, `a = 1`. All numbers are NumPy's, in float64.
"""

from zoo.diffusion.schedules.named import (
    cosine,
    from_alphas_bar,
    from_betas,
    get,
    linear,
    scaled_linear,
)
from zoo.diffusion.schedules.schedule import SPACINGS, Schedule

__all__ = [
    "SPACINGS",
    "Schedule",
    "cosine",
    "from_alphas_bar",
    "from_betas",
    "get",
    "linear",
    "scaled_linear",
]
