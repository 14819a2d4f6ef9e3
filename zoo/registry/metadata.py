"""What a preset says of itself: `metadata.json`."""

import dataclasses
import json
import numbers
import pathlib
import re
from typing import Any

from zoo.registry.errors import PresetFormatError, UnsafePresetError
from zoo.registry.json_files import read_json

FORMAT_VERSION = 1
METADATA = "metadata.json"
CONFIG = "config.json"
WEIGHTS = "model.weights.h5"
TRAINING_WEIGHTS = "training.weights.h5"
CARD = "README.md"
SAMPLES = "samples.png"
INPUTS = "inputs.npz"

MAX_FILE_BYTES = 16 << 30
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclasses.dataclass(frozen=True)
class FileRecord:
    """What a file must be.

    Attributes:
        size: Bytes.
        sha256: 64 hexadecimal digits.
    """

    size: int
    sha256: str


@dataclasses.dataclass(frozen=True)
class Metadata:
    """All that is known of a preset without loading it.

    Attributes:
        name: Its name.
        model: Registered name of the model's class, such as `"zoo>DCGAN"`.
        description: One sentence.
        parameters: Trainable parameters of each network, by its name.
        files: Every other file of the preset, by its name.
        images: `shape` (height, width, channels) and `range` (low, high).
        data: `name`, `licence` and `url` of the images trained on.
        training: `command`, `seed`, `duration_seconds`; empty for converted
            weights.
        metrics: Value and context of each metric, by its full name.
        samples: `seed`, `count` and `columns` of the grid in `samples.png`;
            a model that translates made it of the images in `inputs.npz`.
        versions: Versions of `zoo` and `keras`, and the `backend`.
        date: When it was saved, as YYYY-MM-DD.
        source: "trained here", or what it was converted from.
        format_version: Version of this format.
    """

    name: str
    model: str
    description: str
    parameters: dict[str, int]
    files: dict[str, FileRecord]
    images: dict[str, list]
    data: dict[str, str]
    training: dict[str, Any]
    metrics: dict[str, dict[str, Any]]
    samples: dict[str, int]
    versions: dict[str, str]
    date: str
    source: str
    format_version: int = FORMAT_VERSION

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(record.size for record in self.files.values())

    def to_json(self) -> str:
        """Returns the text of `metadata.json`."""
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"


def read_metadata(path: pathlib.Path) -> Metadata:
    """Reads and checks `metadata.json`.

    Args:
        path: The file.

    Returns:
        The metadata.

    Raises:
        PresetFormatError: A field is missing, unknown or of a wrong type, or
            the format's version is not the one that is read here.
        UnsafePresetError: A file's name leads out of the preset.
    """
    value = read_json(path)
    version = value.get("format_version")
    if version != FORMAT_VERSION:
        newer = isinstance(version, int) and version > FORMAT_VERSION
        raise PresetFormatError(
            f"Expected format version {FORMAT_VERSION}; "
            + ("update zoo to read this preset" if newer else "save it again")
            + f". Received: {version!r} in {path}"
        )
    _check_fields(value, path)
    files = {
        name: _file(path, name, record)
        for name, record in value["files"].items()
    }
    absent = {CONFIG, WEIGHTS} - set(files)
    if absent:
        raise PresetFormatError(
            f"Expected records of {CONFIG} and {WEIGHTS} in `files`. "
            f"Received: {sorted(files)} in {path}"
        )
    fields: dict[str, Any] = {**value, "files": files}
    return Metadata(**fields)


def _check_fields(value, path):
    fields = dataclasses.fields(Metadata)
    expected = {field.name for field in fields}
    if set(value) != expected:
        raise PresetFormatError(
            f"Expected the fields {sorted(expected)}. Received: {path} with "
            f"missing={sorted(expected - set(value))}, "
            f"unknown={sorted(set(value) - expected)}"
        )
    for field in fields:
        base: Any = getattr(field.type, "__origin__", field.type)
        if type(value[field.name]) is not base:
            raise _wrong(path, field.name, base.__name__, value[field.name])
    for name, count in value["parameters"].items():
        if type(count) is not int or count < 0:
            raise _wrong(path, f"parameters.{name}", "a count", count)
    for name, metric in value["metrics"].items():
        number = type(metric) is dict and metric.get("value")
        if isinstance(number, bool) or not isinstance(number, numbers.Real):
            raise _wrong(path, f"metrics.{name}", "a dict with `value`", metric)
    for name in ("seed", "count", "columns"):
        if value["samples"] and type(value["samples"].get(name)) is not int:
            raise _wrong(path, f"samples.{name}", "int", value["samples"])


def _wrong(path, name, expected, received):
    return PresetFormatError(
        f"Field `{name}` must be {expected}. "
        f"Received: {str(received)[:100]!r} in {path}"
    )


def _file(path, name, record):
    if not _FILE_NAME.fullmatch(name):
        raise UnsafePresetError(
            "Names of files are letters, digits, dots, dashes and "
            "underscores, without directories. "
            f"Received: {name[:200]!r} in {path}"
        )
    if type(record) is not dict or set(record) != {"size", "sha256"}:
        raise PresetFormatError(
            f"Expected size and sha256 of {name}. "
            f"Received: {str(record)[:200]} in {path}"
        )
    size, sha256 = record["size"], record["sha256"]
    if type(size) is not int or not 0 <= size <= MAX_FILE_BYTES:
        raise PresetFormatError(
            f"Expected the size of {name}, at most {MAX_FILE_BYTES} bytes. "
            f"Received: {str(size)[:100]} in {path}"
        )
    if type(sha256) is not str or not _SHA256.fullmatch(sha256):
        raise PresetFormatError(
            f"Expected the SHA-256 of {name}, 64 hexadecimal digits. "
            f"Received: {str(sha256)[:100]!r} in {path}"
        )
    return FileRecord(size, sha256)
