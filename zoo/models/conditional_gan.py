"""Conditional GAN: Mirza, Osindero 2014, arXiv:1411.1784."""

import keras
import numpy as np
from keras import ops

from zoo import batches, checks, losses
from zoo.labels import (
    check_labels,
    labels_to_generate,
    pictures_by_label,
)
from zoo.models.convolutional_gan import ConvolutionalGAN


@keras.saving.register_keras_serializable(package="zoo")
class ConditionalGAN(ConvolutionalGAN):
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
        **kwargs: All further arguments of `zoo.DCGAN`.

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
            image_shape, latent_dim=latent_dim, filters=filters, **kwargs
        )
        self.num_classes = checks.positive_integer("num_classes", num_classes)
        self.classifier_weight = checks.not_negative(
            "classifier_weight", classifier_weight
        )
        self.code_weight = checks.not_negative("code_weight", code_weight)
        self.continuous_codes = int(
            checks.not_negative("continuous_codes", continuous_codes)
        )
        self.categorical_codes = tuple(
            checks.positive_integer("categorical_codes", n)
            for n in categorical_codes
        )
        heads = self._heads()
        if heads and self.adversarial_loss.energy:
            raise ValueError(
                "Arguments `classifier_weight`, `continuous_codes` and "
                "`categorical_codes` need a discriminator with heads, not an "
                f"auto-encoder. Received: loss={self.adversarial_loss.name!r}"
            )
        self.build_networks(
            self.latent_dim + self.code_dim,
            self.num_classes,
            0 if self.classifier_weight else self.num_classes,
            heads,
        )
        terms = []
        if self.classifier_weight:
            terms += ["discriminator_class_loss", "generator_class_loss"]
        if self.code_dim:
            terms += ["discriminator_code_loss", "generator_code_loss"]
        self.start_game(terms)

    @property
    def grid_rows(self):
        """Rows of a grid of `pictures`: one for each label."""
        return min(self.num_classes, 10)

    @property
    def code_dim(self):
        """Length of all codes of an image, behind its latents."""
        return self.continuous_codes + sum(self.categorical_codes)

    def _heads(self):
        heads = {}
        if self.classifier_weight:
            heads["classes"] = self.num_classes
        if self.continuous_codes:
            heads["continuous"] = self.continuous_codes
        if self.categorical_codes:
            heads["categorical"] = sum(self.categorical_codes)
        return heads

    def unpack(self, data):
        """Returns images, and a tuple of their classes as one-hot vectors."""
        images, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        return images, (self.one_hot(labels),)

    def one_hot(self, labels):
        """Returns labels `(batch,)` as float32 `(batch, num_classes)`."""
        labels = ops.reshape(ops.cast(labels, "int32"), (-1,))
        return ops.one_hot(labels, self.num_classes, dtype="float32")

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

    def judge(self, images, conditions, training):
        """Returns the discriminator's outputs; a classifier sees no class."""
        shown = () if self.classifier_weight else conditions
        return super().judge(images, shown, training)

    def opponent_terms(self, real, fake, conditions, latents):
        """Cross-entropy on real and generated images, and codes' loss."""
        terms = {}
        if self.classifier_weight:
            found = [self.class_loss(x, conditions) for x in (real, fake)]
            terms["discriminator_class_loss"] = (found[0] + found[1]) / 2
        if self.code_dim:
            terms["discriminator_code_loss"] = self.code_loss(fake, latents)
        return terms

    def generator_terms(self, fake, conditions, latents):
        """What makes images of their class, and codes visible."""
        terms = {}
        if self.classifier_weight:
            terms["generator_class_loss"] = self.class_loss(fake, conditions)
        if self.code_dim:
            terms["generator_code_loss"] = self.code_loss(fake, latents)
        return terms

    def class_loss(self, outputs, conditions):
        """AC-GAN's `-E[log P(C = c | X)]`, times its weight."""
        labels = ops.argmax(conditions[0], axis=-1)
        loss = losses.classification(outputs["classes"], labels)
        return self.classifier_weight * loss

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
        self, count, seed=None, batch_size=64, labels=None, codes=None
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

        Returns:
            float32 array `(count, size, size, channels)` in [-1, 1].

        Raises:
            ValueError: `count` is not a positive integer, labels are out of
                range, not integers or not `count`, or codes of another shape.
        """
        count = checks.positive_integer("count", count)
        labels = labels_to_generate(labels, count, self.num_classes)
        random = np.random.default_rng(seed)
        latents = random.standard_normal((count, self.latent_dim), "float32")
        codes = self._codes(codes, count, random)
        inputs = [
            np.concatenate([latents, codes], axis=-1),
            np.eye(self.num_classes, dtype="float32")[labels],
        ]
        return self._generate(inputs, count, batch_size)

    def pictures(self, count, seed=None, inputs=None, **arguments):
        """Makes pictures for a grid: the same latents in a row per label."""
        return pictures_by_label(self, count, seed, **arguments)

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

    def check_batch(self, batch):
        """Raises a ValueError for data that can't be trained on."""
        images, labels, _ = keras.utils.unpack_x_y_sample_weight(batch)
        batches.check_images(images, self.image_shape)
        check_labels(labels, len(images), self.num_classes)

    def get_config(self):
        """Returns the arguments of `__init__`."""
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "classifier_weight": self.classifier_weight,
            "continuous_codes": self.continuous_codes,
            "categorical_codes": list(self.categorical_codes),
            "code_weight": self.code_weight,
        }
