"""What can be made with a trained style-based generator."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from zoo.engine.labels import one_hot_to_generate
from zoo.models.stylegan.mixing import style_grid
from zoo.utils import checks
from zoo.utils.noise_streams import NoiseStreams

LAYERS = {"coarse": (0, 4), "middle": (4, 8), "fine": (8, 18)}
"""First and last of the layers that figure 3 of StyleGAN's paper copies."""

TRUNCATED_LAYERS = 8
"""Layers that are truncated, up to 32x32 pixels, as in the paper's code."""

NOISE_BYTES = 2**28
"""Most noise that is held at a time."""


# Mixed with a game, which has what it asks for.
if TYPE_CHECKING:
    _Mixin = Any
else:
    _Mixin = object


class StyleSampling(_Mixin):
    """What games share whose images are made of styles and noise.

    A base class to put before that of the game, which StyleGAN2 will share.
    The model has `latent_dim`, `num_classes` and `noise_shapes` (the shape of
    each layer's noise), and `mapping`, from latents z, with classes also
    one-hot vectors, to w, whose layer `"mean"` is a `zoo.layers.RunningMean`,
    and `synthesis`, from a style for each layer and noise to images.
    """

    inference_networks = ("mapping", "synthesis")
    makes = {"mapping": "w"}
    draws_noise = True
    style_grid = style_grid  # It stands in a file of its own.

    def generate(
        self,
        count: int | None = None,
        seed: int | None = None,
        batch_size: int = 64,
        truncation_psi: float = 1.0,
        truncated_layers: int = TRUNCATED_LAYERS,
        labels: Any = None,
        latents: Any = None,
        same_noise: bool = False,
    ) -> np.ndarray:
        """Draws images.

        Args:
            count: Number of images; by default that of `latents`.
            seed: Integer that fixes latents and noise, the same on every
                backend; `None` draws new ones each time.
            batch_size: Images per forward pass.
            truncation_psi: How far styles may be from their mean, with
                classes that of their class: 1, the default, as they are; 0
                all the same; the paper's figures have 0.7, its measurements
                1.
            truncated_layers: Number of layers, from the first on, for which
                that holds; 8 in the paper's code, up to 32x32 pixels.
            labels: Integers `(count,)` in [0, num_classes) or names of
                `class_names`, or one of these for all; by default all classes
                in turn. Only with `num_classes`.
            latents: Latents to use in place of drawn ones, such as `latents`
                of the model draws, `(count, latent_dim)`; `seed` then fixes
                the noise alone.
            same_noise: Whether all images have the noise of the first, so
                that they differ by their styles alone.

        Returns:
            float32 array `(count, size, size, channels)` in [-1, 1].

        Raises:
            ValueError: An argument out of its range.
        """
        latents = self._drawn_or_given(count, seed, latents)
        styles = self.styles(latents, truncation_psi, truncated_layers, labels)
        return self.render(styles, seed, batch_size, same_noise)

    def style_mix(
        self,
        latents: Any,
        others: Any,
        layers: str | tuple[int, int] = "coarse",
        seed: int | None = None,
        batch_size: int = 64,
        truncation_psi: float = 1.0,
        truncated_layers: int = TRUNCATED_LAYERS,
        labels: Any = None,
        other_labels: Any = None,
    ) -> np.ndarray:
        """Draws images of which some layers have the styles of others.

        Figure 3 of the paper. Coarse styles set pose and shape, fine ones
        colours and textures.

        Args:
            latents: `(count, latent_dim)`, such as `self.latents` draws.
            others: Latents for the layers that are replaced, `(count,
                latent_dim)`, or one for all images, `(1, latent_dim)`.
            layers: `"coarse"` (4 and 8 pixels), `"middle"` (16 and 32),
                `"fine"` (from 64 on), or the first of the layers to replace
                and the one after the last, such as `(2, 6)`; two layers to
                each resolution.
            seed: Integer that fixes the noise; `None` draws other noise each
                time.
            batch_size: Images per forward pass.
            truncation_psi: How far styles may be from their mean: 1 as they
                are, 0 all the same.
            truncated_layers: Number of layers, from the first on, for which
                that holds.
            labels: Classes of `latents`, integers `(count,)` in [0,
                num_classes) or one for all; by default all in turn.
            other_labels: Classes of `others`; by default `labels`.

        Returns:
            float32 array `(count, size, size, channels)` in [-1, 1].

        Raises:
            ValueError: An argument of wrong shape or out of its range.
        """
        if other_labels is None:
            other_labels = labels
        styles, replacing = (
            self.styles(x, truncation_psi, truncated_layers, classes)
            for x, classes in ((latents, labels), (others, other_labels))
        )
        if len(replacing) not in (1, len(styles)):
            raise ValueError(
                "Argument `others` must hold one latent, or as many as "
                f"`latents`, {len(styles)}. Received: {len(replacing)} of them"
            )
        first, end = self._check_layers(layers)
        styles[:, first:end] = replacing[:, first:end]
        return self.render(styles, seed, batch_size)

    def styles(
        self,
        latents: Any,
        truncation_psi: float = 1.0,
        truncated_layers: int = TRUNCATED_LAYERS,
        labels: Any = None,
    ) -> np.ndarray:
        """Maps latents to styles, truncated.

        `mean(w) + psi (w - mean(w))`: appendix B of the paper; with classes
        by the mean of each.

        Args:
            latents: `(count, latent_dim)`.
            truncation_psi: How far styles may be from their mean: 1 as they
                are, 0 all the same.
            truncated_layers: Number of layers, from the first on, for which
                that holds.
            labels: Classes, integers `(count,)` in [0, num_classes) or one
                for all; by default all in turn.

        Returns:
            float32 array `(count, layers, latent_dim)`, for `render`.

        Raises:
            ValueError: An argument of wrong shape or out of its range.
        """
        latents = checks.finite_array("latents", latents, (self.latent_dim,))
        if not checks.is_number(truncation_psi):
            raise ValueError(
                "Argument `truncation_psi` must be a finite number. "
                f"Received: truncation_psi={truncation_psi!r}"
            )
        cut = int(checks.not_negative("truncated_layers", truncated_layers))
        mapping = self.network("mapping")
        inputs, mean = latents, mapping.get_layer("mean").mean
        mean = ops.convert_to_numpy(mean)
        classes = one_hot_to_generate(
            self.numbers_of(labels), len(latents), self.num_classes
        )
        if classes is not None:
            inputs, mean = [latents, classes], (classes @ mean)[:, None]
        w = self._generate(inputs, len(latents), 1024, mapping)
        styles = np.repeat(w[:, None], len(self.noise_shapes), axis=1)
        styles[:, :cut] = mean + truncation_psi * (styles[:, :cut] - mean)
        return styles

    def render(
        self,
        styles: Any,
        seed: int | None = None,
        batch_size: int = 64,
        same_noise: bool = False,
    ) -> np.ndarray:
        """Makes images of styles.

        Args:
            styles: `(count, layers, latent_dim)`, a w for each layer.
            seed: Integer that fixes the noise, the same on every backend;
                `None` draws other noise each time.
            batch_size: Images per forward pass.
            same_noise: Whether all images have the noise of the first.

        Returns:
            float32 array `(count, size, size, channels)` in [-1, 1].

        Raises:
            ValueError: An argument of wrong shape or out of its range.
        """
        shape = (len(self.noise_shapes), self.latent_dim)
        styles = checks.finite_array("styles", styles, shape)
        batch_size = checks.positive_integer("batch_size", batch_size)
        sizes = [math.prod(shape) for shape in self.noise_shapes]
        drawn = 1 if same_noise else len(styles)
        streams = NoiseStreams(seed, drawn, (sum(sizes),))
        shared = streams.start() if same_noise else None
        batches = max(1, NOISE_BYTES // (4 * sum(sizes) * batch_size))
        images = []
        for start in range(0, len(styles), batches * batch_size):
            part = slice(start, start + batches * batch_size)
            if shared is None:
                (flat,) = streams.draw(part, 1)
            else:
                flat = shared.repeat(len(styles[part]), axis=0)
            noise = [
                x.reshape(-1, *shape)
                for x, shape in zip(
                    np.split(flat, np.cumsum(sizes)[:-1], axis=1),
                    self.noise_shapes,
                    strict=True,
                )
            ]
            inputs = [styles[part], *noise]
            images.append(self._generate(inputs, len(flat), batch_size))
        return np.clip(np.concatenate(images), -1, 1)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Makes images of styles and noise, or of latents without noise.

        Args:
            inputs: A list of styles `(batch, layers, latent_dim)` and each
                layer's noise, `(batch, size, size, 1)`; or latents `(batch,
                latent_dim)`, with classes a list of them and one-hot vectors
                `(batch, num_classes)`, whose w is the style of all layers.
            training: Whether to use the weights themselves, not averages.

        Returns:
            Images `(batch, size, size, channels)`, in about [-1, 1].
        """
        mapping, synthesis = (
            getattr(self, name) if training else self.network(name)
            for name in self.inference_networks
        )
        if isinstance(inputs, (list, tuple)) and len(inputs) > 2:
            return synthesis(list(inputs), training=training)
        w = mapping(inputs, training=training)
        styles = ops.repeat(w[:, None], len(self.noise_shapes), axis=1)
        count = ops.shape(w)[0]
        noise = [ops.zeros((count, *shape)) for shape in self.noise_shapes]
        return synthesis([styles, *noise], training=training)

    def _check_layers(self, layers):
        """Returns the first of the layers meant, and the one after the last."""
        count = len(self.noise_shapes)
        pair = LAYERS.get(layers) if isinstance(layers, str) else layers
        pair = tuple(pair) if isinstance(pair, (list, tuple)) else ()
        if len(pair) != 2 or not 0 <= pair[0] < min(pair[1], count):
            names = [
                name for name, (first, _) in LAYERS.items() if first < count
            ]
            raise ValueError(
                f"Argument `layers` must be one of {names}, or a pair "
                f"of integers, the first less than the second and than "
                f"{count}, the layers there are. Received: layers={layers!r}"
            )
        return pair
