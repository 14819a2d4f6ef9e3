"""A GAN of points in the plane: eight Gaussians on a ring, small networks.

The toy of the papers on mode collapse (Metz et al. 2017, section 3.1), used
by `mode_collapse.py`.
"""

import keras
import numpy as np
from keras import layers

from zoo.layers import MinibatchStdDev, SpectralNormalization
from zoo.models.adversarial_game import AdversarialGame
from zoo.models.convolutional import MinusSquaredError

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


class PointGAN(AdversarialGame):
    """The adversarial game of all GANs here, between dense networks."""

    def __init__(self, width, spectral_norm=False, minibatch=False, **kwargs):
        super().__init__(**kwargs)
        self.latent_dim = 16
        latents = keras.Input((self.latent_dim,))
        self.generator = keras.Model(latents, dense(latents, width, 2))
        points = keras.Input((2,))
        if self.adversarial_loss.energy:
            decoded = dense(dense(points, width, 1), width, 2)
            logits = MinusSquaredError()([decoded, points])
        else:
            wrap = SpectralNormalization if spectral_norm else None
            logits = dense(points, width, 1, wrap, minibatch)
        self.discriminator = keras.Model(points, logits)
        self.start_game()

    def default_optimizers(self):
        """Adam at 1e-3, beta1 0.5, for both."""
        return {
            p: keras.optimizers.Adam(1e-3, beta_1=0.5) for p in self.players
        }

    def check_batch(self, batch):
        """Takes any points."""


def dense(x, width, units, wrap=None, minibatch=False):
    """Two hidden layers and a linear one."""
    wrap = wrap or (lambda layer: layer)
    for _ in range(2):
        x = layers.LeakyReLU(0.2)(wrap(layers.Dense(width))(x))
    if minibatch:
        x = MinibatchStdDev(group_size=16)(x)
    return wrap(layers.Dense(units))(x)
