"""A GAN of points in the plane, of small networks, for `mode_collapse.py`."""

import keras
from keras import layers

from zoo import layers as parts
from zoo.models.gan import tricks
from zoo.models.gan.game import AdversarialGame

# Arguments of PointGAN: a loss, or what is added to the non-saturating one.
METHODS = {
    "minimax": {"loss": "minimax"},
    "non-saturating": {},
    "maximum likelihood": {"loss": "maximum_likelihood"},
    "least squares": {"loss": "least_squares"},
    "hinge": {"loss": "hinge"},
    "energy": {"loss": "energy"},
    "label smoothing": {"add": [tricks.LabelSmoothing(0.1)]},
    "instance noise": {"noise": 0.2},
    "accuracy gate": {"add": [tricks.AccuracyGate(0.7)]},
    "mode seeking": {"add": [tricks.ModeSeeking(1.0)]},
    "minibatch deviation": {"minibatch": True},
    "spectral norm": {"spectral_norm": True},
    "R1": {"add": [tricks.GradientPenalty("r1", 0.1)]},
    "DRAGAN": {"add": [tricks.GradientPenalty("dragan", 1.0)]},
    "WGAN-GP": {
        "loss": "wasserstein",
        "add": [tricks.GradientPenalty("wgan_gp", 0.1)],
    },
}


class PointGAN(AdversarialGame):
    """The adversarial game of all GANs here, between dense networks."""

    def __init__(
        self,
        width,
        loss="non_saturating",
        add=(),
        spectral_norm=False,
        minibatch=False,
        noise=0.0,
        discriminator_steps=1,
    ):
        super().__init__(
            loss=loss, tricks=add, discriminator_steps=discriminator_steps
        )
        self.latent_dim = 16
        latents = keras.Input((self.latent_dim,))
        self.generator = keras.Model(latents, dense(latents, width, 2))
        points = keras.Input((2,))
        if self.adversarial_loss.energy:
            decoded = dense(dense(points, width, 1), width, 2)
            logits = parts.MinusSquaredError()([decoded, points])
        else:
            wrap = parts.SpectralNormalization if spectral_norm else None
            seen = parts.InstanceNoise(noise)(points) if noise else points
            logits = dense(seen, width, 1, wrap, minibatch)
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
        x = parts.MinibatchStdDev(group_size=16)(x)
    return wrap(layers.Dense(units))(x)
