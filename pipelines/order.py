"""The order of the images: a pure function of the seed and the epoch.

An interrupted training goes on exactly only if epoch 7 is the same whether
epochs 0 to 6 ran in this process or in another. So no shuffle buffer and no
random state is kept: each epoch's permutation is drawn from (seed, epoch)
anew, and `set_epoch` says where the next iterator starts.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from . import checks

_LIVE: weakref.WeakSet[Order] = weakref.WeakSet()
_LAST_EPOCH = np.iinfo(np.int64).max

# Independent random streams of one epoch.
_PERMUTATION, _FLIPS, _DRAWS = 0, 1, 2


def set_epoch(epoch: int, steps_per_epoch: int | None = None) -> None:
    """Set which epoch the next iterator of every live pipeline yields.

    Call it as each epoch begins, as with PyTorch's
    `DistributedSampler.set_epoch`, and a resumed training sees the images
    that the uninterrupted one would have seen. Iterators that exist already
    go on undisturbed. Without this, each new iterator of a finite pipeline is
    one epoch further, those that only looked at a batch included.

    Args:
        epoch: The epoch about to begin, from 0.
        steps_per_epoch: Batches that training takes per epoch. Pipelines
            made with `repeat=True` start at batch `epoch * steps_per_epoch`
            of their endless stream. `None` (default) means one pass over the
            data. Without `repeat`, an epoch is one pass and this is unused.

    Raises:
        ValueError: If `epoch` is negative or `steps_per_epoch` is below 1.
    """
    checks.integer("epoch", epoch, minimum=0)
    if steps_per_epoch is not None:
        checks.integer("steps_per_epoch", steps_per_epoch, minimum=1)
    for order in list(_LIVE):
        order.set_epoch(epoch, steps_per_epoch)


def call(method: Callable, inputs: Sequence[tf.Tensor], types: Any) -> Any:
    """Call a bound method of NumPy arrays from a dataset's function.

    Returns a tensor where `types` is one dtype, a list of them for several.

    TensorFlow keeps what `tf.numpy_function` is given as long as the process
    lives, and would keep the images with it. So it is given a weak reference,
    while the dataset's own function, and with it every dataset derived from
    it, holds the object.
    """
    weak = weakref.WeakMethod(method)

    def call_if_alive(*arrays: np.ndarray):
        alive = weak()
        if alive is None:
            raise RuntimeError(
                "The dataset that this iterator came from no longer exists; "
                "keep a reference to it."
            )
        return alive(*arrays)

    return tf.numpy_function(call_if_alive, inputs, types)


class Order:
    """Which images make up each batch of each epoch.

    Args:
        count: Number of images, at least 1.
        batch_size: Images per batch.
        shuffle: Draw a permutation per epoch; otherwise 0, 1, 2, ...
        seed: Non-negative integer, or a sequence of them, that all draws
            depend on.
        flip: Draw for each image whether it is mirrored.
        repeat: One endless iterator over epochs 0, 1, 2, ...
        drop_remainder: Leave out each epoch's last, smaller batch.
        draws: Further numbers in [0, 1) to draw for each image.
        length: Images per epoch, if there are to be more than `count`: all of
            them come once, then all once more, until there are enough.
    """

    @property
    def types(self) -> list[tf.DType]:
        """Of what `epoch` returns."""
        return [tf.int64, tf.bool, tf.float64][: 3 if self.draws else 2]

    def __init__(
        self,
        count: int,
        batch_size: int,
        *,
        shuffle: bool,
        seed: int | Sequence[int],
        flip: bool,
        repeat: bool,
        drop_remainder: bool,
        draws: int = 0,
        length: int | None = None,
    ):
        self.count = count
        self.length = length or count
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.seed = seed
        self.flip = flip
        self.repeat = repeat
        self.drop_remainder = drop_remainder
        self.draws = draws
        rounding = 0 if drop_remainder else batch_size - 1
        self.batches_per_epoch = (self.length + rounding) // batch_size
        self._lock = threading.Lock()
        self._next_batch = 0
        _LIVE.add(self)

    def set_epoch(self, epoch: int, steps_per_epoch: int | None) -> None:
        """Set where the next iterator starts; see `pipelines.set_epoch`."""
        steps = self.batches_per_epoch
        if self.repeat and steps_per_epoch is not None:
            steps = steps_per_epoch
        with self._lock:
            self._next_batch = epoch * steps

    def start(self) -> tuple[np.int64, np.int64]:
        """Return the next iterator's first `(epoch, batch within it)`.

        A finite pipeline's next iterator is its next epoch. An endless one's
        starts at the same place again until `set_epoch` moves it: how many
        batches the last iterator's user kept is not known here, and Keras
        looks at a batch and throws it away when it builds a model.
        """
        with self._lock:
            start = divmod(self._next_batch, self.batches_per_epoch)
            if not self.repeat:
                self._next_batch += self.batches_per_epoch
        return np.int64(start[0]), np.int64(start[1])

    def epoch(self, epoch: int) -> tuple[np.ndarray, ...]:
        """Return the epoch's int64 indices and bool flips, both `(length,)`.

        With `draws`, they are followed by float64 `(length, draws)`.
        """
        rounds = -(-self.length // self.count)
        of_a_round = np.arange
        if self.shuffle:
            of_a_round = self._random(epoch, _PERMUTATION).permutation
        order = [i * self.count + of_a_round(self.count) for i in range(rounds)]
        order = np.concatenate(order)[: self.length]
        # Drawn per image and then put in order: what happens to an image does
        # not depend on where in the epoch it comes.
        total = rounds * self.count
        flips = np.zeros(total, bool)
        if self.flip:
            flips = self._random(epoch, _FLIPS).random(total) < 0.5
        drawn = order % self.count, flips[order]
        if not self.draws:
            return drawn
        draws = self._random(epoch, _DRAWS).random((total, self.draws))
        return *drawn, draws[order]

    def batches(self) -> tf.data.Dataset:
        """Return the dataset of what `epoch` returns, cut into batches."""

        def iterate(_):
            epoch, batch = call(self.start, [], [tf.int64, tf.int64])
            epoch.set_shape([])
            batch.set_shape([])
            if not self.repeat:
                return self._batches_of(epoch, batch)
            epochs = tf.data.Dataset.range(epoch, _LAST_EPOCH)
            zero = tf.zeros_like(batch)
            return epochs.flat_map(
                lambda current: self._batches_of(
                    current, tf.where(current == epoch, batch, zero)
                )
            )

        dataset = tf.data.Dataset.from_tensors(0).flat_map(iterate)
        cardinality = self.batches_per_epoch
        if self.repeat:
            cardinality = tf.data.INFINITE_CARDINALITY
        return dataset.apply(
            tf.data.experimental.assert_cardinality(cardinality)
        )

    def _batches_of(self, epoch, first_batch) -> tf.data.Dataset:
        values = call(self.epoch, [epoch], self.types)
        shapes = [[self.length], [self.length], [self.length, self.draws]]
        for value, shape in zip(values, shapes, strict=False):
            value.set_shape(shape)
        size = self.batch_size

        def cut(batch):
            chosen = slice(batch * size, (batch + 1) * size)
            return tuple(value[chosen] for value in values)

        numbers = tf.data.Dataset.range(first_batch, self.batches_per_epoch)
        return numbers.map(cut)

    def _random(self, epoch: int, stream: int) -> np.random.Generator:
        seeds = np.random.SeedSequence(
            self.seed, spawn_key=(int(epoch), stream)
        )
        return np.random.Generator(np.random.PCG64(seeds))
