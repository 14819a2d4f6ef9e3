"""What the GANs with DCGAN's networks share: their arguments."""

import dataclasses

import keras
import numpy as np

from zoo.models.gan.game import AdversarialGame
from zoo.models.gan.networks import (
    NORMALIZATIONS,
    DiscriminatorOptions,
    build_autoencoder,
    build_discriminator,
    build_generator,
    check_batch_norm,
)
from zoo.utils import checks


class ConvolutionalGAN(AdversarialGame):
    """A game between DCGAN's networks, as `zoo.DCGAN` describes them.

    A subclass calls `build_networks` and then `start_game`.
    """

    def __init__(
        self,
        image_shape,
        *,
        latent_dim=100,
        filters=64,
        batch_norm=True,
        spectral_norm=False,
        minibatch=None,
        instance_noise=0.0,
        instance_noise_steps=None,
        temperature=1.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.image_shape = checks.power_of_two_images(
            image_shape, smallest=16, largest=256
        )
        self.latent_dim = checks.positive_integer("latent_dim", latent_dim)
        self.filters = checks.positive_integer("filters", filters)
        self.batch_norm = check_batch_norm(batch_norm)
        self.options = DiscriminatorOptions(
            spectral_norm, minibatch, instance_noise, instance_noise_steps
        )
        self.temperature = checks.not_negative("temperature", temperature)

    def build_networks(
        self, noise_dim=None, num_classes=0, judged_classes=0, heads=None
    ):
        """Builds generator and opponent.

        Args:
            noise_dim: Length of the generator's latents; by default
                `latent_dim`.
            num_classes: Length of the generator's one-hot vectors, or 0.
            judged_classes: Length of the opponent's, or 0.
            heads: Further outputs of the opponent, as of
                `build_discriminator`.
        """
        generator_norm, opponent_norm = NORMALIZATIONS[self.batch_norm]
        common = {"num_classes": judged_classes, "name": self.opponent}
        with self.dtype_scope():
            self.generator = build_generator(
                self.image_shape,
                noise_dim or self.latent_dim,
                self.filters,
                generator_norm,
                num_classes,
            )
            if self.adversarial_loss.energy:
                opponent = build_autoencoder(
                    self.image_shape, self.filters, **common
                )
            else:
                opponent = build_discriminator(
                    self.image_shape,
                    self.filters,
                    opponent_norm,
                    options=self.options,
                    heads=heads,
                    **common,
                )
            setattr(self, self.opponent, opponent)

    def default_optimizers(self):
        """Adam at 2e-4 with beta1 0.5 for both, as in DCGAN's section 4."""
        return {
            player: keras.optimizers.Adam(2e-4, beta_1=0.5, name=player)
            for player in self.players
        }

    def _latents(self, count, random, temperature=None):
        if temperature is None:
            temperature = self.temperature
        else:
            checks.not_negative("temperature", temperature)
        return np.float32(temperature) * super()._latents(count, random)

    def get_config(self):
        """Returns the arguments of `__init__`."""
        return {
            **super().get_config(),
            "image_shape": self.image_shape,
            "latent_dim": self.latent_dim,
            "filters": self.filters,
            "batch_norm": self.batch_norm,
            "temperature": self.temperature,
            **dataclasses.asdict(self.options),
        }
