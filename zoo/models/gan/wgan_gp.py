"""WGAN-GP: Gulrajani et al. 2017, arXiv:1704.00028."""

import keras

from zoo.layers import Clip
from zoo.models.gan.labelled_gan import LabelledGAN
from zoo.models.gan.residual_networks import (
    build_residual_critic,
    build_residual_generator,
)
from zoo.utils import checks


@keras.saving.register_keras_serializable(package="zoo")
class WGANGP(LabelledGAN):
    """Wasserstein GAN with gradient penalty.

    `critic`, without batch normalization, estimates the Wasserstein distance
    of real and generated images, and is held near slope 1 by a penalty on its
    gradients between them; it is updated `critic_steps` times for each update
    of `generator`. The logs hold the estimate, `wasserstein_distance`, apart
    from the penalty.

    With `num_classes` it is the paper's supervised model: the generator is
    told a class, which a second head of the critic has to find, as in AC-GAN.

    Deviations from the paper: all critic steps of a round see the same real
    images, each with other latents; the generator's update reuses the last
    ones; the class is joined to the latents, not to batch normalization.

    Args:
        image_shape: `(size, size, channels)`; the size a power of two from 16
            to 256, one to four channels.
        latent_dim: Length of a latent vector, 128 as in the paper's code.
        filters: Of the narrowest layer of DCGAN's networks, or of all layers
            of the residual ones (128 in the paper).
        architecture: `"dcgan"`, or `"resnet"` for the paper's of CIFAR-10.
        critic_steps: Updates of the critic for each of the generator.
        penalty_weight: Lambda, 10 in the paper.
        clip: Instead of the penalty, the bound of all weights of the critic
            (the first WGAN, where it is 0.01); `None` for the penalty.
        num_classes: Number of classes, or `None`, without labels.
        classifier_weight: Factor of the class's cross-entropy in the critic's
            loss; a tenth of it in the generator's, both as in the paper's
            code. With 0 the critic is given the class, and judges the pair.
        **kwargs: Further arguments of `zoo.DCGAN` but `clusters`, `loss`,
            `penalty`, `label_smoothing` and `discriminator_steps`; with
            `architecture="resnet"` none of those that change DCGAN's
            networks.

    Raises:
        ValueError: An argument out of its range.

    Data: as for `zoo.DCGAN`; with `num_classes` as for `zoo.ConditionalGAN`.

    Example:
    ```python
    images = pipelines.images("fashion_mnist_10k", 32, batch_size=64)
    model = zoo.WGANGP(image_shape=(32, 32, 1), filters=16)
    model.compile()
    model.fit(images, epochs=10)
    samples = model.generate(16, seed=0)  # (16, 32, 32, 1) in [-1, 1]
    ```
    """

    opponent = "critic"
    generator_class_share = 0.1
    players = {"critic": ("critic",), "generator": ("generator",)}

    def __init__(
        self,
        image_shape=(64, 64, 3),
        latent_dim=128,
        filters=64,
        architecture="dcgan",
        critic_steps=5,
        penalty_weight=10.0,
        clip=None,
        num_classes=None,
        classifier_weight=1.0,
        **kwargs,
    ):
        if architecture not in ("dcgan", "resnet"):
            raise ValueError(
                "Argument `architecture` must be 'dcgan' or 'resnet'. "
                f"Received: architecture={architecture!r}"
            )
        super().__init__(
            image_shape,
            num_classes=num_classes,
            classifier_weight=classifier_weight,
            latent_dim=latent_dim,
            filters=filters,
            batch_norm=kwargs.pop("batch_norm", "generator"),
            loss="wasserstein",
            penalty=None if clip else "wgan_gp",
            penalty_weight=penalty_weight,
            discriminator_steps=checks.positive_integer(
                "critic_steps", critic_steps
            ),
            **kwargs,
        )
        self.architecture = architecture
        self.clip = clip
        if architecture == "dcgan":
            self.build_networks(None, *self.class_inputs, self.class_heads)
        else:
            self._build_residual()
        if clip is not None:
            checks.not_negative("clip", clip)
            for variable in self.critic.trainable_variables:
                variable.constraint = Clip(clip)
                variable.assign(variable.constraint(variable))
        self.start_game(self.class_terms, ["wasserstein_distance"])

    def _build_residual(self):
        told, judged = self.class_inputs
        with self.dtype_scope():
            self.generator = build_residual_generator(
                self.image_shape, self.latent_dim, self.filters, told
            )
            self.critic = build_residual_critic(
                self.image_shape, self.filters, judged, self.class_heads
            )

    def default_optimizers(self):
        """The paper's: Adam at 1e-4, betas 0 and 0.9; 2e-4 with residuals."""
        rate = 2e-4 if self.architecture == "resnet" else 1e-4
        return {
            player: keras.optimizers.Adam(
                rate, beta_1=0.0, beta_2=0.9, name=player
            )
            for player in self.players
        }

    def measures(self, terms):
        """Adds the critic's estimate, `E[D(x)] - E[D(G(z))]`."""
        estimate = -(terms["critic_real_loss"] + terms["critic_fake_loss"])
        return super().measures(terms) | {"wasserstein_distance": estimate}

    def get_config(self):
        """Returns the arguments of `__init__`."""
        config = super().get_config()
        config["critic_steps"] = config.pop("discriminator_steps")
        for name in ("loss", "penalty", "label_smoothing"):
            del config[name]
        return {**config, "architecture": self.architecture, "clip": self.clip}
