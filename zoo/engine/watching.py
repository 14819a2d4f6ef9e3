"""Looks at every batch of a training as it passes, for clear errors.

What `zoo.engine.batches` finds wrong in the first batch may also come later: a
folder of other images, a label of a class too many, an empty batch.
"""

import contextlib
import copy
import importlib
from collections.abc import Callable, Iterator
from typing import Any

import keras

from zoo.engine import batches


class Watch:
    """Looks at batches, and keeps what is wrong with one.

    Backends turn an error in a pipeline into one of their own; this is the
    error to tell.

    Args:
        check: Called with a batch; raises a ValueError if it can't be used.
    """

    def __init__(self, check: Callable[[Any], None]):
        self._check = check
        self._error: ValueError | None = None

    def look(self, number: int, batch: Any) -> None:
        """Raises a ValueError for a batch that can't be used.

        Args:
            number: Its number in the data, from 0.
            batch: What the data yield: arrays or tensors.
        """
        try:
            with batches.in_passing():
                self._check(batch)
        except ValueError as error:
            self._error = ValueError(
                f"Batch {number + 1} of the data can't be used. {error}"
            )
            raise self._error from error

    @contextlib.contextmanager
    def telling(self) -> Iterator[None]:
        """Raises what was wrong with a batch, if the block fails of it."""
        try:
            yield
        except Exception:
            if self._error is None:
                raise
            raise self._error from None

    def over(self, data: Any) -> Any:
        """Returns data that are looked at.

        Args:
            data: What `batches.peek` returns. Arrays, and what is divided
                among devices already, are returned as they are.
        """
        if isinstance(data, keras.utils.PyDataset):
            several = data.use_multiprocessing  # Processes can't share it.
            return data if several else _WatchedDataset(data, self)
        if hasattr(data, "__next__"):
            return self._passing(data)
        if hasattr(data, "element_spec") and hasattr(data, "enumerate"):
            # TensorFlow, which is there where there is such a dataset.
            module = importlib.import_module("zoo.backend.tf_data")
            return module.watched(data, self)
        if _is_loader(data):
            return self._loader(data)
        return data

    def _passing(self, data):
        for number, batch in enumerate(data):
            self.look(number, batch)
            yield batch

    def _loader(self, data):
        watch, usual = self, type(data)

        class Watched(usual):
            def __iter__(self):
                return watch._passing(super().__iter__())

        loader = copy.copy(data)  # Keras takes nothing but a DataLoader.
        loader.__class__ = Watched
        return loader


class _WatchedDataset(keras.utils.PyDataset):
    """Hands on all that Keras asks of a `PyDataset`."""

    def __init__(self, data: keras.utils.PyDataset, watch: Watch):
        super().__init__(
            workers=data.workers, max_queue_size=data.max_queue_size
        )
        self._data, self._watch = data, watch

    def __getitem__(self, index: int) -> Any:
        batch = self._data[index]
        self._watch.look(index, batch)
        return batch

    @property
    def num_batches(self) -> int | None:
        """Number of batches, `None` for endless data."""
        return self._data.num_batches

    def __len__(self) -> int:
        return len(self._data)

    def on_epoch_begin(self) -> None:
        """Tells the data that an epoch begins."""
        self._data.on_epoch_begin()

    def on_epoch_end(self) -> None:
        """Tells the data that an epoch has ended."""
        self._data.on_epoch_end()


def _is_loader(data):
    """Returns whether data are a DataLoader; imports no PyTorch for it."""
    return any(
        cls.__name__ == "DataLoader"
        and cls.__module__.startswith("torch.utils.data")
        for cls in type(data).__mro__
    )
