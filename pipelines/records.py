"""Images in TFRecord files.

A TFRecord file has no index, but its framing gives one for a seek per record.
With it, records have the same exact order, epochs and resume as image files,
where a shuffle buffer would only mix neighbours.
"""

from __future__ import annotations

import array
import re
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from . import limits
from .sources import EncodedSource, file_state

KEYS = ("image/encoded", "image")
LABEL_KEYS = ("image/class/label", "label")

# A little-endian length, its checksum, the data, the data's checksum.
_LENGTH = struct.Struct("<Q")
_BEFORE, _AFTER = 12, 4
_POLYNOMIAL, _MASK = np.uint32(0x82F63B78), np.uint32(0xA282EAD8)


class RecordSource(EncodedSource):
    """tf.train.Example records that each hold one encoded image.

    Args:
        paths: Uncompressed TFRecord files, read in this order.
        keys: Names of the feature that holds the image file; the first one
            that a record has is taken.
        ranges: For each file, the `(first, last + 1)` records to use. `None`
            (default) means all.
        label_keys: Names of the feature that holds the class; the first one
            that a record has is taken.
        class_names: Name of each class, if known.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        keys: Sequence[str] = KEYS,
        ranges: Sequence[tuple[int, int]] | None = None,
        label_keys: Sequence[str] = LABEL_KEYS,
        class_names: Sequence[str] | None = None,
    ):
        self.paths = list(paths)
        self.keys = tuple(keys)
        self.label_keys = tuple(label_keys)
        self.class_names = class_names
        self.ranges = list(ranges or [(0, None)] * len(self.paths))
        tables = [
            _index(path, number, slice(*chosen))
            for number, (path, chosen) in enumerate(
                zip(self.paths, self.ranges, strict=True)
            )
        ]
        # Columns: file, number in the file, start, length.
        self._table = np.concatenate(tables)
        if not len(self._table):
            raise ValueError(
                "The TFRecord files hold no record. "
                f"Received: {', '.join(map(str, self.paths))}"
            )

    def __len__(self) -> int:
        return len(self._table)

    def name(self, index: int) -> str:
        """Return what messages call the item of that index."""
        file, number, _, _ = self._table[index]
        return f"record {number} of {self.paths[file]}"

    def read(self, index: int) -> bytes:
        """Return the image file's bytes."""
        features = self._features(index)
        for key in self.keys:
            values = features[key].bytes_list.value if key in features else ()
            if len(values) == 1:
                return values[0]
        raise ValueError(
            f"no encoded image under {' or '.join(map(repr, self.keys))}, "
            f"only the features {sorted(features)}"
        )

    def label(self, index: int) -> int:
        """Return the class of an image; `ValueError` if it has none."""
        features = self._features(index)
        for key in self.label_keys:
            values = features[key].int64_list.value if key in features else ()
            if len(values) == 1:
                return values[0]
        raise ValueError(
            "A labelled record must have one integer under "
            f"{' or '.join(map(repr, self.label_keys))}. Received: "
            f"{self.name(index)} with the features {sorted(features)}"
        )

    def _features(self, index: int) -> Any:
        file, _, start, length = self._table[index].tolist()
        limits.check_bytes(length, "the record")
        with self.paths[file].open("rb") as stream:
            stream.seek(start)
            record = stream.read(length)
        try:
            return tf.train.Example.FromString(record).features.feature
        except Exception as error:  # Of protobuf, which has no public name.
            raise ValueError(
                f"{self.name(index)} is damaged or no tf.train.Example: "
                f"{error}. Received: {length} bytes"
            ) from error

    def fingerprint(self) -> Any:
        """Return JSON data that changes whenever the content may have."""
        states = [(path.name, *file_state(path)) for path in self.paths]
        return states, self.ranges, self.keys


def is_record_file(path: Path) -> bool:
    """Whether the name ends as those of TFRecord files do."""
    pattern = r"\.tfrecords?(-\d+-of-\d+)?$"
    return re.search(pattern, path.name.lower()) is not None


def _index(path: Path, number: int, chosen: slice) -> np.ndarray:
    """Return the file's rows of `RecordSource._table`."""
    rows = array.array("q")  # Four numbers of each record.
    checksums = array.array("L")
    count = 0
    size = path.stat().st_size
    position = 0
    # Unbuffered: only 12 bytes of every record are wanted.
    with path.open("rb", buffering=0) as stream:
        while position < size:
            stream.seek(position)
            header = stream.read(_BEFORE)
            length = size
            if len(header) == _BEFORE:
                (length,) = _LENGTH.unpack_from(header)
            start = position + _BEFORE
            position = start + length + _AFTER
            if position > size:
                raise ValueError(
                    f"{path} is truncated, compressed or not a TFRecord file "
                    f"(record {count} would end at byte {position}). "
                    f"Received: {size} bytes"
                )
            rows.extend((number, count, start, length))
            checksums.append(int.from_bytes(header[8:], "little"))
            count += 1
    table = np.array(rows, np.int64).reshape(-1, 4)
    wrong = np.flatnonzero(_checksums(table[:, 3]) != np.array(checksums))
    if len(wrong):
        raise ValueError(
            f"{path} is damaged: the length of record {wrong[0]} has another "
            f"checksum. Received: {size} bytes"
        )
    return table[chosen]


def _checksums(lengths: np.ndarray) -> np.ndarray:
    """Return what TFRecord files have behind lengths: CRC-32C, masked."""
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ _POLYNOMIAL, table >> 1)
    crc = np.full(len(lengths), 0xFFFFFFFF, np.uint32)
    for byte in lengths.astype("<i8").view(np.uint8).reshape(-1, 8).T:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc = ~crc
    return ((crc >> 15) | (crc << 17)) + _MASK
