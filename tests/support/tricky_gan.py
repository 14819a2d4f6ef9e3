"""A tiny GAN whose networks hold every layer of `zoo.layers` with state."""

import keras
from keras import layers, ops

import zoo
from zoo import backend, losses
from zoo.layers import (
    Conv2D,
    Conv2DTranspose,
    DropReference,
    InstanceNoise,
    InstanceNormalization,
    MinibatchDiscrimination,
    MinibatchStdDev,
    ReferenceBatch,
    ReferenceBatchNormalization,
    SpectralNormalization,
    VirtualBatchNormalization,
)

SHAPE = (4, 4, 2)


def build_generator():
    x = latents = keras.Input((3,))
    x = ReferenceBatch(4)(x)
    x = layers.Reshape((2, 2, 4))(layers.Dense(16)(x))
    x = layers.ReLU()(VirtualBatchNormalization(4)(x))
    x = DropReference(4)(x)
    x = SpectralNormalization(Conv2DTranspose(2, 4, 2, "same"))(x)
    return keras.Model(latents, layers.Activation("tanh", dtype="float32")(x))


def build_discriminator():
    x = images = keras.Input(SHAPE)
    x = InstanceNoise(0.1, steps=4)(x)
    x = ReferenceBatch(4)(x)
    x = SpectralNormalization(Conv2D(4, 4, 2, "same"))(x)
    x = layers.LeakyReLU(0.2)(ReferenceBatchNormalization(4)(x))
    x = MinibatchStdDev()(InstanceNormalization()(DropReference(4)(x)))
    x = MinibatchDiscrimination(2, 3)(layers.Flatten()(x))
    x = SpectralNormalization(layers.Dense(1))(x)
    return keras.Model(images, layers.Activation("linear", dtype="float32")(x))


@keras.saving.register_keras_serializable(package="tests")
class TrickyGAN(zoo.GenerativeModel):
    """Hinge loss with the penalty of WGAN-GP, on images `(4, 4, 2)`."""

    players = {
        "discriminator": ("discriminator",),
        "generator": ("generator",),
    }
    loss_names = ("discriminator_loss", "penalty", "generator_loss")

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.dtype_scope():
            self.generator = build_generator()
            self.discriminator = build_discriminator()

    def default_optimizers(self):
        return {p: keras.optimizers.Adam(0.01) for p in self.players}

    def fake(self, count, training):
        latents = keras.random.normal((count, 3), seed=self.seed_generator)
        return self.generator(latents, training=training)

    def discriminator_loss(self, real, fake, training):
        def discriminator(x):
            return self.discriminator(x, training=training)

        loss, penalty = losses.HINGE, losses.penalties.WGAN_GP
        points = penalty.points(real, fake, self.seed_generator)
        gradients = self.input_gradient(discriminator, points)
        return {
            "discriminator_loss": loss.real(discriminator(real))
            + loss.fake(discriminator(fake)),
            "penalty": penalty.value(gradients),
        }

    def generator_loss(self, count, training):
        logits = self.discriminator(
            self.fake(count, training), training=training
        )
        return {"generator_loss": losses.HINGE.generator(logits)}

    @backend.stateful
    def train_step(self, data):
        real, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        count = ops.shape(real)[0]
        fake = self.fake(count, True)
        terms = self.minimize(
            "discriminator", lambda: self.discriminator_loss(real, fake, True)
        )
        terms |= self.minimize(
            "generator", lambda: self.generator_loss(count, True)
        )
        self.discriminator.layers[1].advance()
        return self.log(**terms)
