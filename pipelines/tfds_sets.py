"""The prepared data sets of TFDS."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .records import RecordSource
from .sources import EncodedSource

# TFDS asks the network, for up to minutes, for what is named otherwise.
_NAME = r"[A-Za-z]\w*(/[\w.=-]+)*(:[\d.*]+)?"


class TFDSSource(EncodedSource):
    """A TFDS data set in a format with random access of its own.

    Args:
        full_name: The data set's name, configuration, version and split.
        data: What `builder.as_data_source` gives, images left encoded.
        key: Name of the image feature.
        label_key: Name of the class feature, if there is one.
        class_names: Name of each class.
    """

    def __init__(
        self,
        full_name: str,
        data: Sequence[Any],
        key: str,
        label_key: str | None = None,
        class_names: Sequence[str] | None = None,
    ):
        self.full_name = full_name
        self.data = data
        self.key = key
        self.label_key = label_key
        self.class_names = class_names

    def __len__(self) -> int:
        return len(self.data)

    def name(self, index: int) -> str:
        """Return what messages call the item of that index."""
        return f"example {index} of {self.full_name}"

    def read(self, index: int) -> bytes:
        """Return the image file's bytes."""
        return self.data[index][self.key]

    def label(self, index: int) -> int:
        """Return the class of an image; `ValueError` if there are none."""
        if self.label_key is None:
            raise ValueError(
                "The TFDS data set must have a class label. "
                f"Received: {self.full_name}"
            )
        return int(self.data[index][self.label_key])

    def fingerprint(self) -> Any:
        """Return JSON data that changes whenever the content may have."""
        return self.full_name, len(self)


def tfds_source(
    name: str, split: str, data_dir: str | None, feature: str | None = None
) -> EncodedSource:
    """Open a data set that TFDS has prepared on this computer.

    Args:
        name: `NAME`, `NAME/CONFIG` or `NAME/CONFIG:VERSION`, as TFDS has it.
        split: A split, or a part of one, such as "train[:80%]".
        data_dir: Where TFDS keeps its data sets; `None` means its default.
        feature: Which image feature; `None` for "image", or else the first.

    Returns:
        A source over the images of the split.

    Raises:
        ValueError: If TFDS does not know the name or split, or the data set
            has no 8-bit image feature.
        FileNotFoundError: If it has not been prepared here.
    """
    if not re.fullmatch(_NAME, name):
        raise ValueError(
            "A data set of TFDS is named NAME, NAME/CONFIG or "
            "NAME/CONFIG:VERSION; sets of communities, such as "
            f"'huggingface:NAME', are not read. Received: source='tfds:{name}'"
        )
    # Here, since only those who ask for it should pay for the import.
    import tensorflow_datasets as tfds

    try:
        builder = tfds.builder(name, data_dir=data_dir, try_gcs=False)
    except ImportError:
        raise
    except Exception as error:  # What a builder does is its own affair.
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
    key = _image_key(tfds, builder, feature)
    label_key, names = _label_key(tfds, builder)
    if builder.info.file_format.file_suffix == "tfrecord":
        instructions = parts.file_instructions
        return RecordSource(
            [Path(part.filename) for part in instructions],
            keys=(key,),
            ranges=[
                (part.skip, part.skip + part.take) for part in instructions
            ],
            label_keys=() if label_key is None else (label_key,),
            class_names=names,
        )
    data = builder.as_data_source(
        split, decoders={key: tfds.decode.SkipDecoding()}
    )
    full_name = f"{builder.info.full_name}:{split}"
    return TFDSSource(full_name, data, key, label_key, names)


def _label_key(tfds: Any, builder: Any) -> tuple[str | None, list[str] | None]:
    """Return name and classes of the class feature, "label" if it is one."""
    features = builder.info.features
    keys = [
        key
        for key, feature in features.items()
        if isinstance(feature, tfds.features.ClassLabel)
    ]
    for key in ("label", *keys):
        if key in keys:
            return key, features[key].names
    return None, None


def _image_key(tfds: Any, builder: Any, feature: str | None) -> str:
    keys = [
        key
        for key, kind in builder.info.features.items()
        if isinstance(kind, tfds.features.Image)
        and kind.np_dtype in (np.uint8, np.uint16)
    ]
    for key in ("image", *keys) if feature is None else (feature,):
        if key in keys:
            return key
    if feature is not None:
        raise ValueError(
            f"`keys` must name features of 8-bit images, of {keys}. "
            f"Received: {feature!r}"
        )
    raise ValueError(
        "The TFDS data set must have a feature of 8-bit images. "
        f"Received: {builder.info.full_name} with {builder.info.features}"
    )
