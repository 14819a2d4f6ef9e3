"""From images to features, by any network, on any backend."""

import contextlib
import dataclasses
import functools
import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
from keras import ops

from zoo.utils.checks import positive_integer


@dataclasses.dataclass(frozen=True)
class Features:
    """What a network sees in images.

    Attributes:
        pool: Features, `(batch, dimensions)`, float32.
        logits: Class logits, `(batch, classes)`, float32, or `None` where the
            network has none. The Inception Score needs them.
    """

    pool: np.ndarray
    logits: np.ndarray | None = None


@contextlib.contextmanager
def float32_policy() -> Iterator[None]:
    """Lets layers be built in float32 whatever the user's policy is."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(policy)


class FeatureExtractor:
    """Runs a network over uint8 images in batches of one size.

    The last batch is filled up with copies of black images, which are dropped
    again, so that each image size is compiled once.

    Args:
        name: Short name, for logs (`fid_inception_50k`).
        version: Tells apart networks whose features differ. Statistics of two
            versions can't be compared.
        network: `keras.Model` that maps images to a tensor of features, to
            `(features, logits)`, or to a dict with the keys "pool" and, if it
            has them, "logits".
        prepare: Maps uint8 tensors `(batch, height, width, channels)` to what
            the network takes, by `keras.ops`; if `None`, float32 in [0, 255].
        channels: Channels that `network` takes: 1, 3 or `None` for any. Grey
            images are repeated to 3.
        batch_size: Images per batch.

    Attributes:
        name: As given.
        version: As given.
        network: As given.
        batch_size: May be changed at any time.

    Example:
        ```python
        extractor = FeatureExtractor("mine", "1", network)
        features = extractor(images)  # uint8, (1000, 64, 64, 3)
        features.pool  # (1000, 128)
        ```
    """

    def __init__(
        self,
        name: str,
        version: str,
        network: keras.Model,
        prepare: Callable[[Any], Any] | None = None,
        channels: int | None = None,
        batch_size: int = 32,
    ):
        self.name = name
        self.version = version
        self.network = network
        self.batch_size = positive_integer("batch_size", batch_size)
        self._channels = channels
        self._prepare = prepare or (lambda images: ops.cast(images, "float32"))
        self._compiled = functools.lru_cache(maxsize=4)(self._compile)

    def __call__(self, images: np.ndarray) -> Features:
        """Returns the features of images.

        Args:
            images: uint8, `(batch, height, width, channels)`, at least one.

        Returns:
            `Features`.

        Raises:
            ValueError: Images are of another type or shape.
        """
        images = check_images(images, self._channels)
        size, count = self.batch_size, len(images)
        model = self._compiled(images.shape[1:], size)
        whole = count - count % size
        parts = []
        if whole:
            parts.append(self._predict(model, images[:whole]))
        if whole < count:
            filled = np.zeros((size, *images.shape[1:]), "uint8")
            filled[: count - whole] = images[whole:]
            rest = self._predict(model, filled)
            parts.append({k: v[: count - whole] for k, v in rest.items()})
        joined = {k: np.concatenate([x[k] for x in parts]) for k in parts[0]}
        return as_features(joined)

    def _predict(self, model, images):
        size = self.batch_size
        outputs = model.predict(images, batch_size=size, verbose=0)
        return {k: v for k, v in outputs.items() if k in ("pool", "logits")}

    def _compile(self, shape, batch_size):
        with float32_policy():
            inputs = keras.Input(shape, batch_size, dtype="uint8")
            images = inputs
            if self._channels == 3 and shape[-1] == 1:
                images = ops.repeat(images, 3, axis=-1)
            outputs = self.network(self._prepare(images))
            if isinstance(outputs, list | tuple):
                outputs = dict(zip(("pool", "logits"), outputs, strict=False))
            elif not isinstance(outputs, dict):
                outputs = {"pool": outputs}
            return keras.Model(inputs, outputs)


class CallableExtractor:
    """Gives any function of uint8 images the form of a `FeatureExtractor`.

    Args:
        fn: Maps uint8 arrays `(batch, height, width, channels)` to features
            `(batch, dimensions)`, to `(features, logits)`, to a dict with the
            keys "pool" and "logits", or to `Features`. Its attributes `name`
            and `version` are kept, if it has them.

    Attributes:
        name: Name of `fn`.
        version: Version of `fn`, or "custom".
    """

    def __init__(self, fn: Callable[[np.ndarray], Any]):
        fallback = getattr(fn, "__name__", type(fn).__name__)
        self.name = str(getattr(fn, "name", fallback))
        self.version = str(getattr(fn, "version", "custom"))
        self._fn = fn

    def __call__(self, images: np.ndarray) -> Features:
        """Returns the features of images.

        Args:
            images: uint8, `(batch, height, width, channels)`, at least one.

        Returns:
            `Features`.

        Raises:
            ValueError: Images are of another type or shape, or the function
                does not return one row for each.
        """
        images = check_images(images, None)
        features = as_features(self._fn(images))
        if len(features.pool) != len(images):
            raise ValueError(
                f"Extractor {self.name!r} must return one row per image. "
                f"Received: {len(features.pool)} rows for {len(images)} images"
            )
        return features


def weights_version(network: keras.Model) -> str:
    """Returns eight hexadecimal digits that differ for other weights."""
    digest = hashlib.sha256()
    for variable in network.weights:
        value = ops.convert_to_numpy(variable)
        digest.update(f"{value.shape}{value.dtype}".encode())
        digest.update(np.ascontiguousarray(value).tobytes())
    return digest.hexdigest()[:8]


def check_images(images: Any, channels: int | None) -> np.ndarray:
    """Returns uint8 images `(batch, height, width, channels)`.

    Args:
        images: Array-like.
        channels: Channels that a network takes: 1, 3 or `None` for any.

    Raises:
        ValueError: Images are of another type or shape.
    """
    images = np.asarray(images)
    allowed = {None: (1, 3), 3: (1, 3), 1: (1,)}[channels]
    if (
        images.dtype != np.uint8
        or images.ndim != 4
        or images.size == 0
        or images.shape[-1] not in allowed
    ):
        raise ValueError(
            "Argument `images` must be uint8, (batch, height, width, "
            f"channels), with at least one image of {allowed} channels. "
            f"Received: dtype={images.dtype}, shape={images.shape}"
        )
    return images


def as_features(outputs: Any) -> Features:
    """Returns `Features` of what a network or a function returned."""
    if isinstance(outputs, Features):
        pool, logits = outputs.pool, outputs.logits
    elif isinstance(outputs, dict):
        pool, logits = outputs.get("pool"), outputs.get("logits")
    elif isinstance(outputs, list | tuple):
        pool, logits = (*outputs, None)[:2]
    else:
        pool, logits = outputs, None
    pool = _rows("features", pool)
    if logits is not None:
        logits = _rows("logits", logits)
    return Features(pool, logits)


def _rows(name, value):
    value = ops.convert_to_numpy(value) if value is not None else np.zeros(0)
    if value.ndim != 2 or not np.issubdtype(value.dtype, np.number):
        raise ValueError(
            f"An extractor's {name} must be numbers of shape (batch, "
            f"dimensions). Received: {value.dtype}, shape={value.shape}"
        )
    return value.astype("float32", copy=False)
