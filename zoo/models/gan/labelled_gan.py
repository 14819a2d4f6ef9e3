"""What GANs that make images of a class share."""

import numpy as np
from keras import ops

from zoo import losses
from zoo.models.gan.class_conditional import ClassConditional
from zoo.models.gan.convolutional_gan import ConvolutionalGAN
from zoo.utils import checks


class LabelledGAN(ClassConditional, ConvolutionalGAN):
    """A game between DCGAN's networks that may be told classes.

    The generator is given the class as a one-hot vector beside its latents.
    The opponent is given it too and judges the pair, or with
    `classifier_weight` has to find it, as in AC-GAN (Odena et al. 2017).

    A subclass builds its networks with what `class_inputs` and `class_heads`
    say, and starts the game with `class_terms`.

    Args:
        image_shape: As of `zoo.DCGAN`.
        num_classes: Number of classes, or `None` for a game without.
        classifier_weight: Factor of the auxiliary classifier's cross-entropy
            in both players' losses; 0 for an opponent that judges pairs.
        **kwargs: As of `ConvolutionalGAN`.

    Raises:
        ValueError: An argument out of its range.
    """

    generator_class_share = 1.0
    """The generator's part of `classifier_weight`."""

    def __init__(
        self, image_shape, *, num_classes, classifier_weight=0.0, **kwargs
    ):
        super().__init__(image_shape, num_classes=num_classes, **kwargs)
        self.classifier_weight = checks.not_negative(
            "classifier_weight", classifier_weight
        )

    @property
    def classifies(self):
        """Whether the opponent has to find the class."""
        return bool(self.num_classes and self.classifier_weight)

    @property
    def class_inputs(self):
        """Lengths of the generator's and the opponent's one-hot vectors."""
        given = self.num_classes or 0
        return given, 0 if self.classifies else given

    @property
    def class_heads(self):
        """Further outputs of the opponent: a dict of name to units."""
        return {"classes": self.num_classes} if self.classifies else {}

    @property
    def class_terms(self):
        """Names of the classifier's loss terms."""
        if not self.classifies:
            return []
        return [f"{self.opponent}_class_loss", "generator_class_loss"]

    def judge(self, images, conditions, training):
        """Returns the opponent's outputs; a classifier sees no class."""
        shown = () if self.classifies else conditions
        return super().judge(images, shown, training)

    def opponent_terms(self, real, fake, conditions, latents):
        """Cross-entropy on real and generated images."""
        terms = super().opponent_terms(real, fake, conditions, latents)
        if self.classifies:
            found = [self.class_loss(x, conditions) for x in (real, fake)]
            terms[f"{self.opponent}_class_loss"] = (found[0] + found[1]) / 2
        return terms

    def generator_terms(self, fake, conditions, latents):
        """What makes images of their class."""
        terms = super().generator_terms(fake, conditions, latents)
        if self.classifies:
            loss = self.class_loss(fake, conditions)
            terms["generator_class_loss"] = self.generator_class_share * loss
        return terms

    def class_loss(self, outputs, conditions):
        """AC-GAN's `-E[log P(C = c | X)]`, times its weight."""
        labels = ops.argmax(conditions[0], axis=-1)
        loss = losses.classification(outputs["classes"], labels)
        return self.classifier_weight * loss

    def generate(
        self, count, seed=None, batch_size=64, labels=None, temperature=None
    ):
        """Draws images.

        Args:
            count: Number of images.
            seed: Integer that fixes the latents, the same on every backend;
                with another label they give another class. `None` draws new
                ones each time.
            batch_size: Images per forward pass.
            labels: Integers `(count,)` in [0, num_classes), or one integer
                for all; by default all classes in turn. Only with
                `num_classes`.
            temperature: Standard deviation of the normal latents, as of
                `zoo.DCGAN.generate`.

        Returns:
            float32 array `(count, size, size, channels)` in [-1, 1].

        Raises:
            ValueError: `count` is not a positive integer, the temperature is
                negative, or labels are out of range, not integers, not
                `count`, or for a model without.
        """
        return self._generate_by_label(
            count, seed, batch_size, labels, temperature=temperature
        )

    def _generate_by_label(self, count, seed, batch_size, labels, **latents):
        count = checks.positive_integer("count", count)
        classes = self.classes_to_generate(labels, count)
        random = np.random.default_rng(seed)
        latents = self._latents(count, random, **latents)
        inputs = latents if classes is None else [latents, classes]
        return self._generate(inputs, count, batch_size)

    def get_config(self):
        """Returns the arguments of `__init__`."""
        return {
            **super().get_config(),
            "classifier_weight": self.classifier_weight,
        }
