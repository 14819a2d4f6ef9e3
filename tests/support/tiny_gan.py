"""A two-player model of a few weights, on which the core is tested."""

import keras
import numpy as np
from keras import layers, ops

import zoo
from zoo import backend


@keras.saving.register_keras_serializable(package="tests")
class TinyGAN(zoo.GenerativeModel):
    """A Wasserstein GAN with gradient penalty on vectors of length 3.

    It has all that makes state: batch statistics, dropout, seeds, several
    critic updates per step, a double backward, an average.
    """

    players = {"critic": ("critic",), "generator": ("generator",)}
    loss_names = ("critic_loss", "penalty", "generator_loss")

    def __init__(self, critic_steps=2, **kwargs):
        super().__init__(**kwargs)
        self.critic_steps = critic_steps
        with self.dtype_scope():
            self.generator = keras.Sequential(
                [
                    keras.Input((2,)),
                    layers.Dense(4),
                    layers.BatchNormalization(momentum=0.9),
                    layers.ReLU(),
                    layers.Dense(3, dtype="float32"),
                ],
                name="generator",
            )
            self.critic = keras.Sequential(
                [
                    keras.Input((3,)),
                    layers.Dense(4, activation="tanh"),
                    layers.Dropout(0.2, seed=3),
                    layers.Dense(1, dtype="float32"),
                ],
                name="critic",
            )
        self.average("generator")

    def default_optimizers(self):
        return {
            "critic": keras.optimizers.Adam(0.02),
            "generator": keras.optimizers.Adam(0.01),
        }

    def sample_latents(self, count):
        return keras.random.normal((count, 2), seed=self.seed_generator)

    def critic_loss(self, real, fake, training):
        def critic(x):
            return self.critic(x, training=training)

        loss = ops.mean(critic(fake)) - ops.mean(critic(real))
        gradient = self.input_gradient(critic, (real + fake) / 2)
        norm = ops.sqrt(ops.sum(gradient**2, axis=-1) + 1e-12)
        return {"critic_loss": loss, "penalty": ops.mean((norm - 1) ** 2)}

    def generator_loss(self, latents, training):
        fake = self.generator(latents, training=training)
        logits = self.critic(fake, training=training)
        return {"generator_loss": -ops.mean(logits)}

    @backend.stateful
    def train_step(self, data):
        real, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        real = ops.convert_to_tensor(real)  # train_on_batch gives NumPy's.
        for _ in range(self.critic_steps):
            fake = self.generator(
                self.sample_latents(ops.shape(real)[0]), training=True
            )
            critic = self.minimize(
                "critic", lambda fake=fake: self.critic_loss(real, fake, True)
            )
        latents = self.sample_latents(ops.shape(real)[0])
        generator = self.minimize(
            "generator", lambda: self.generator_loss(latents, True)
        )
        return self.log(**critic, **generator)

    @backend.stateful
    def test_step(self, data):
        real, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        latents = self.sample_latents(ops.shape(real)[0])
        fake = self.generator(latents, training=False)
        return self.log(
            **self.critic_loss(real, fake, False),
            **self.generator_loss(latents, False),
        )

    def call(self, latents, training=False):
        return self.network("generator")(latents, training=training)

    def get_config(self):
        return {**super().get_config(), "critic_steps": self.critic_steps}


def vectors(count=32):
    """Returns data to train on, `(count, 3)`."""
    random = np.random.default_rng(0)
    return random.standard_normal((count, 3)).astype("float32")


def snapshot(variables):
    """Returns copies of variables' values."""
    return [np.array(ops.convert_to_numpy(v)) for v in variables]


def everything(model):
    """Returns a dict of all of a model's state but its metrics."""
    groups = {
        "trainable": model.trainable_variables,
        "others": model.non_trainable_variables,
        "optimizers": model.optimizer.variables,
    }
    return {
        f"{group} {i} {v.path}": np.array(ops.convert_to_numpy(v))
        for group, variables in groups.items()
        for i, v in enumerate(variables)
    }


def changed(before, after):
    """Returns the keys of what is not bit-equal in two `everything`."""
    assert list(before) == list(after)
    return [k for k in before if not np.array_equal(before[k], after[k])]
