"""Eight Gaussians on a ring, the toy of the papers on mode collapse.

Metz et al. 2017, arXiv:1611.02163, section 3.1.
"""

import numpy as np

RADIUS, SIGMA, MODES = 2.0, 0.05, 8
ANGLES = np.arange(MODES) * 2 * np.pi / MODES
CENTRES = RADIUS * np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=-1)


def ring(count, seed):
    """Draws points of the ring, float32 `(count, 2)`."""
    random = np.random.default_rng(seed)
    points = CENTRES[random.integers(MODES, size=count)]
    points = points + SIGMA * random.standard_normal((count, 2))
    return points.astype("float32")


def coverage(points):
    """Returns the modes that are covered, and the share of good points.

    A point is good within 3 sigma of a centre; a mode is covered by at least
    one in a hundred of the points.
    """
    distances = np.linalg.norm(points[:, None] - CENTRES, axis=-1)
    good = distances.min(axis=1) < 3 * SIGMA
    counts = np.bincount(distances.argmin(axis=1)[good], minlength=MODES)
    return int((counts >= len(points) / 100).sum()), float(good.mean())
