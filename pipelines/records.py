"""Images in TFRecord files, and the prepared data sets of TFDS.

A TFRecord file has no index, but its framing gives one for a seek per record.
With it, records have the same exact order, epochs and resume as image files,
where a shuffle buffer would only mix neighbours.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from pipelines.sources import EncodedSource, file_state

KEYS = ("image/encoded", "image")

# A little-endian length, its checksum, the data, the data's checksum.
_LENGTH = struct.Struct("<Q")
_BEFORE, _AFTER = 12, 4


class RecordSource(EncodedSource):
    """tf.train.Example records that each hold one encoded image.

    Args:
        paths: Uncompressed TFRecord files, read in this order.
        keys: Names of the feature that holds the image file; the first one
            that a record has is taken.
        ranges: For each file, the `(first, last + 1)` records to use. `None`
            (default) means all.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        keys: Sequence[str] = KEYS,
        ranges: Sequence[tuple[int, int]] | None = None,
    ):
        self.paths = list(paths)
        self.keys = tuple(keys)
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
        """See `Source.name`."""
        file, number, _, _ = self._table[index]
        return f"record {number} of {self.paths[file]}"

    def read(self, index: int) -> bytes:
        """See `EncodedSource.read`."""
        file, _, start, length = self._table[index].tolist()
        with self.paths[file].open("rb") as stream:
            stream.seek(start)
            record = stream.read(length)
        features = tf.train.Example.FromString(record).features.feature
        for key in self.keys:
            values = features[key].bytes_list.value if key in features else ()
            if len(values) == 1:
                return values[0]
        raise ValueError(
            f"no encoded image under {' or '.join(map(repr, self.keys))}, "
            f"only the features {sorted(features)}"
        )

    def fingerprint(self) -> Any:
        """See `Source.fingerprint`."""
        states = [(path.name, *file_state(path)) for path in self.paths]
        return states, self.ranges, self.keys


class TFDSSource(EncodedSource):
    """A TFDS data set in a format with random access of its own.

    Args:
        full_name: The data set's name, configuration, version and split.
        data: What `builder.as_data_source` gives, images left encoded.
        key: Name of the image feature.
    """

    def __init__(self, full_name: str, data: Sequence[Any], key: str):
        self.full_name = full_name
        self.data = data
        self.key = key

    def __len__(self) -> int:
        return len(self.data)

    def name(self, index: int) -> str:
        """See `Source.name`."""
        return f"example {index} of {self.full_name}"

    def read(self, index: int) -> bytes:
        """See `EncodedSource.read`."""
        return self.data[index][self.key]

    def fingerprint(self) -> Any:
        """See `Source.fingerprint`."""
        return self.full_name, len(self)


def tfds_source(name: str, split: str, data_dir: str | None) -> EncodedSource:
    """Open a data set that TFDS has prepared on this computer.

    Args:
        name: `NAME`, `NAME/CONFIG` or `NAME/CONFIG:VERSION`, as TFDS has it.
        split: A split, or a part of one, such as "train[:80%]".
        data_dir: Where TFDS keeps its data sets; `None` means its default.

    Returns:
        A source over the images of the split.

    Raises:
        ValueError: If TFDS does not know the name or split, or the data set
            has no 8-bit image feature.
        FileNotFoundError: If it has not been prepared here.
    """
    # Here, since only those who ask for it should pay for the import.
    import tensorflow_datasets as tfds

    try:
        builder = tfds.builder(name, data_dir=data_dir, try_gcs=False)
    except (ValueError, AssertionError) as error:
        # Its first line is enough: the rest lists every data set there is.
        reason = (str(error).strip() or repr(error)).splitlines()[0]
        raise ValueError(
            f"TFDS cannot open this data set: {reason} See "
            "https://www.tensorflow.org/datasets/catalog. "
            f"Received: source='tfds:{name}'"
        ) from error
    # Asked for before anything is read: offline, TFDS tries to download for
    # minutes and then reports something else.
    if not builder.is_prepared():
        raise FileNotFoundError(
            f"The TFDS data set {name!r} is not prepared in "
            f"{builder.data_dir}. Download it once, with a network, by "
            f"`tfds build {name}` or `tensorflow_datasets.builder({name!r}, "
            f"data_dir={data_dir!r}).download_and_prepare()`. "
            f"Received: source='tfds:{name}'"
        )
    try:
        parts = builder.info.splits[split]
    except (KeyError, ValueError) as error:
        raise ValueError(
            f"`split` must be one of {sorted(builder.info.splits)} or a part "
            f"of one, such as 'train[:80%]'. Received: split={split!r}"
        ) from error
    key = _image_key(tfds, builder)
    if builder.info.file_format.file_suffix == "tfrecord":
        return _tfds_records(parts.file_instructions, key)
    data = builder.as_data_source(
        split, decoders={key: tfds.decode.SkipDecoding()}
    )
    return TFDSSource(f"{builder.info.full_name}:{split}", data, key)


def _tfds_records(parts: Sequence[Any], key: str) -> RecordSource:
    ranges = [(part.skip, part.skip + part.take) for part in parts]
    return RecordSource([Path(part.filename) for part in parts], (key,), ranges)


def _image_key(tfds: Any, builder: Any) -> str:
    keys = [
        key
        for key, feature in builder.info.features.items()
        if isinstance(feature, tfds.features.Image)
        and feature.np_dtype in (np.uint8, np.uint16)
    ]
    for key in ("image", *keys):
        if key in keys:
            return key
    raise ValueError(
        "The TFDS data set must have a feature of 8-bit images. "
        f"Received: {builder.info.full_name} with {builder.info.features}"
    )


def is_record_file(path: Path) -> bool:
    """Whether the name ends as those of TFRecord files do."""
    pattern = r"\.tfrecords?(-\d+-of-\d+)?$"
    return re.search(pattern, path.name.lower()) is not None


def _index(path: Path, number: int, chosen: slice) -> np.ndarray:
    """Return the file's rows of `RecordSource._table`."""
    rows = []
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
                    f"(record {len(rows)} would end at byte {position}). "
                    f"Received: {size} bytes"
                )
            rows.append((number, len(rows), start, length))
    return np.array(rows[chosen], np.int64).reshape(-1, 4)
