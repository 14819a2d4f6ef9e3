"""Conditional GAN: Mirza, Osindero 2014, arXiv:1411.1784."""

import keras
import numpy as np
from keras import ops

from zoo import losses
from zoo.models.gan.labelled_gan import LabelledGAN
from zoo.utils import checks


@keras.saving.register_keras_serializable(package="zoo")
class ConditionalGAN(LabelledGAN):
    """GAN whose images are of the class that is asked for.

    The class, as a one-hot vector, is joined to the generator's latents; the
    discriminator is given it with the image, as constant channels, and judges
    the pair. The networks are DCGAN's, where the paper has dense ones.

    With `classifier_weight` the discriminator is not told the class but has
    to find it, as in AC-GAN (Odena et al. 2017). With codes, a head of the
    discriminator has to find these in generated images, as in InfoGAN (Chen
    et al. 2016); they are further latents, which then mean something.

    Args:
        image_shape: As of `zoo.DCGAN`.
        num_classes: Number of classes.
        latent_dim: Length of a latent vector.
        filters: As of `zoo.DCGAN`.
        classifier_weight: Factor of the auxiliary classifier's cross-entropy
            in both players' losses; 0 for a discriminator that judges pairs.
        continuous_codes: Number of continuous codes in [-1, 1].
        categorical_codes: Number of values of each categorical code, a tuple.
        code_weight: Factor of the mutual-information term.
        **kwargs: All further arguments of `zoo.DCGAN` but `clusters`.

    Raises:
        ValueError: An argument out of its range.

    Data: batches of `(images, labels)`, float32 images `(batch, size, size,
    channels)` in [-1, 1] and integer labels `(batch,)` in [0, num_classes),
    such as `pipelines.labelled_images` makes.

    Example:
    ```python
    data = pipelines.labelled_images("fashion_mnist_10k", 32, batch_size=64)
    model = zoo.ConditionalGAN((32, 32, 1), num_classes=10, filters=16)
    model.compile()
    model.fit(data, epochs=10)
    boots = model.generate(4, labels=[9, 9, 9, 9], seed=0)
    bags = model.generate(4, labels=[8, 8, 8, 8], seed=0)  # Same latents.
    ```
    """

    def __init__(
        self,
        image_shape=(64, 64, 3),
        num_classes=10,
        latent_dim=100,
        filters=64,
        *,
        classifier_weight=0.0,
        continuous_codes=0,
        categorical_codes=(),
        code_weight=1.0,
        **kwargs,
    ):
        super().__init__(
            image_shape,
            num_classes=checks.positive_integer("num_classes", num_classes),
            latent_dim=latent_dim,
            filters=filters,
            classifier_weight=classifier_weight,
            **kwargs,
        )
        self.code_weight = checks.not_negative("code_weight", code_weight)
        if continuous_codes != 0:
            checks.positive_integer("continuous_codes", continuous_codes)
        self.continuous_codes = int(continuous_codes)
        self.categorical_codes = tuple(
            checks.positive_integer("categorical_codes", n)
            for n in categorical_codes
        )
        heads = self.class_heads | self._code_heads()
        if heads and self.adversarial_loss.energy:
            raise ValueError(
                "Arguments `classifier_weight`, `continuous_codes` and "
                "`categorical_codes` need a discriminator with heads, not an "
                f"auto-encoder. Received: loss={self.adversarial_loss.name!r}"
            )
        self.build_networks(
            self.latent_dim + self.code_dim, *self.class_inputs, heads
        )
        codes = ["discriminator_code_loss", "generator_code_loss"]
        self.start_game(self.class_terms + (codes if self.code_dim else []))

    @property
    def code_dim(self):
        """Length of all codes of an image, behind its latents."""
        return self.continuous_codes + sum(self.categorical_codes)

    def _code_heads(self):
        heads = {}
        if self.continuous_codes:
            heads["continuous"] = self.continuous_codes
        if self.categorical_codes:
            heads["categorical"] = sum(self.categorical_codes)
        return heads

    def sample_latents(self, count):
        """Returns latents from N(0, 1), then codes.

        Args:
            count: Number of them.

        Returns:
            `(count, latent_dim + continuous_codes + sum(categorical_codes))`.
        """
        parts = [super().sample_latents(count)]
        seed = self.seed_generator
        if self.continuous_codes:
            shape = (count, self.continuous_codes)
            parts.append(keras.random.uniform(shape, -1.0, 1.0, seed=seed))
        for values in self.categorical_codes:
            code = keras.random.randint((count,), 0, values, seed=seed)
            parts.append(ops.one_hot(code, values, dtype="float32"))
        return ops.concatenate(parts, axis=-1)

    def opponent_terms(self, real, fake, conditions, latents):
        """Adds the loss of the codes."""
        terms = super().opponent_terms(real, fake, conditions, latents)
        if self.code_dim:
            terms["discriminator_code_loss"] = self.code_loss(fake, latents)
        return terms

    def generator_terms(self, fake, conditions, latents):
        """Adds what makes codes visible."""
        terms = super().generator_terms(fake, conditions, latents)
        if self.code_dim:
            terms["generator_code_loss"] = self.code_loss(fake, latents)
        return terms

    def code_loss(self, outputs, latents):
        """InfoGAN's `-L_I(G, Q)`, equation 5, up to H(c), times its weight."""
        codes = latents[0][:, self.latent_dim :]
        continuous = codes[:, : self.continuous_codes]
        categorical = codes[:, self.continuous_codes :]
        loss, start = 0.0, 0
        if self.continuous_codes:
            loss += losses.mutual_information_continuous(
                outputs["continuous"], continuous
            )
        for values in self.categorical_codes:
            end = start + values
            loss += losses.mutual_information_categorical(
                outputs["categorical"][:, start:end], categorical[:, start:end]
            )
            start = end
        return self.code_weight * loss

    def generate(
        self,
        count,
        seed=None,
        batch_size=64,
        labels=None,
        codes=None,
        temperature=None,
    ):
        """Draws images of the classes that are asked for.

        Args:
            count: Number of images.
            seed: Integer that fixes the latents, the same on every backend;
                with another label they give another class. `None` draws new
                ones each time.
            batch_size: Images per forward pass.
            labels: Integers `(count,)` in [0, num_classes), or one integer
                for all; by default all classes in turn.
            codes: float32 `(count, continuous_codes +
                sum(categorical_codes))`, categorical ones as one-hot vectors;
                by default random.
            temperature: Standard deviation of the latents, as of
                `zoo.DCGAN.generate`; codes stay as they are.

        Returns:
            float32 array `(count, size, size, channels)` in [-1, 1].

        Raises:
            ValueError: `count` is not a positive integer, the temperature is
                negative, labels are out of range, not integers or not
                `count`, or codes of another shape.
        """
        return self._generate_by_label(
            count,
            seed,
            batch_size,
            labels,
            codes=codes,
            temperature=temperature,
        )

    def _latents(self, count, random, temperature=None, codes=None):
        latents = super()._latents(count, random, temperature)
        return np.concatenate(
            [latents, self._codes(codes, count, random)], axis=-1
        )

    def _codes(self, codes, count, random):
        if codes is None:
            parts = [random.uniform(-1, 1, (count, self.continuous_codes))]
            for values in self.categorical_codes:
                parts.append(
                    np.eye(values)[random.integers(values, size=count)]
                )
            codes = np.concatenate(parts, axis=-1)
        codes = np.asarray(codes, "float32")
        if codes.shape != (count, self.code_dim):
            raise ValueError(
                f"Argument `codes` must be of shape {(count, self.code_dim)}. "
                f"Received: codes of shape {codes.shape}"
            )
        return codes

    def get_config(self):
        """Returns the arguments of `__init__`."""
        return {
            **super().get_config(),
            "continuous_codes": self.continuous_codes,
            "categorical_codes": list(self.categorical_codes),
            "code_weight": self.code_weight,
        }
