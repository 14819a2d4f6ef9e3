"""Where presets come from: one source per kind of handle."""

import abc
import hashlib
import importlib
import os
import pathlib
import re
import stat
import urllib.parse
from types import ModuleType

from zoo.registry.downloads import check_url, download
from zoo.registry.errors import (
    DownloadError,
    PresetFormatError,
    PresetNotFoundError,
    UnsafePresetError,
)
from zoo.registry.json_files import MAX_BYTES
from zoo.registry.metadata import FileRecord
from zoo.utils.files import cache_directory


class Source(abc.ABC):
    """A place that holds one preset.

    Args:
        handle: As the user gave it.
    """

    def __init__(self, handle: str):
        self.handle = handle

    @abc.abstractmethod
    def fetch(self, name: str, record: FileRecord | None) -> pathlib.Path:
        """Returns the path of a local copy of a file, not yet verified.

        Args:
            name: The file's name.
            record: What it must be, or `None` for the metadata.

        Raises:
            PresetNotFoundError: There is no such file.
            DownloadError: It could not be downloaded.
        """

    def refresh(self, name: str) -> None:  # noqa: B027
        """Forgets a damaged local copy, where it is only a copy."""


class Directory(Source):
    """A directory on this machine.

    Args:
        handle: Its path, or `file://` and its path.
    """

    def __init__(self, handle: str):
        super().__init__(handle)
        if handle.startswith("file://"):
            handle = urllib.parse.unquote(urllib.parse.urlsplit(handle).path)
        self.path = pathlib.Path(handle).expanduser()

    def fetch(self, name: str, record: FileRecord | None) -> pathlib.Path:
        """Returns the file's path; refuses what leads out of the directory."""
        path = self.path / name
        try:
            resolved = path.resolve(strict=True)
            mode = os.stat(resolved).st_mode
        except (OSError, ValueError, RuntimeError) as error:
            raise PresetNotFoundError(
                f"There is no file {name} in the preset. "
                f"Received: {self.handle!r}"
            ) from error
        if not resolved.is_relative_to(self.path.resolve()):
            raise UnsafePresetError(
                f"A link leads out of the preset. Received: {path}"
            )
        if not stat.S_ISREG(mode):
            raise PresetFormatError(f"Expected a file. Received: {path}")
        return path


class Web(Source):
    """A directory on a web server, cached on this machine.

    A preset never changes under one address: what was fetched and verified
    once is not asked for again, so that it is there without a network.

    Args:
        handle: `https://...`, the address that `metadata.json` is beneath.
    """

    def __init__(self, handle: str):
        super().__init__(handle)
        check_url(handle)
        self.url = handle.rstrip("/")
        digest = hashlib.sha256(self.url.encode()).hexdigest()[:16]
        label = re.sub(r"[^A-Za-z0-9]+", "-", self.url.split("://")[1])[-60:]
        presets = cache_directory() / "presets"
        self.directory = presets / f"{label.strip('-')}-{digest}"

    def fetch(self, name: str, record: FileRecord | None) -> pathlib.Path:
        """Downloads the file, unless it is in the cache."""
        target = self.directory / name
        if record is None and target.is_file():
            return target
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DownloadError(
                f"Can't make the cache: {error}. Set KERAS_HOME to a "
                "directory that can be written to."
            ) from error
        limit = MAX_BYTES if record is None else None
        return download(f"{self.url}/{name}", target, record, limit)

    def refresh(self, name: str) -> None:
        """Removes a damaged file from the cache."""
        (self.directory / name).unlink(missing_ok=True)


class HuggingFace(Source):
    """A model repository of the Hugging Face Hub, in the hub's own cache.

    Args:
        handle: `hf://user/name` or `hf://user/name@revision`.
    """

    def __init__(self, handle: str):
        super().__init__(handle)
        self.repository, self.revision = split_hugging_face(handle)

    def fetch(self, name: str, record: FileRecord | None) -> pathlib.Path:
        """Downloads the file by `huggingface_hub`, unless it is cached."""
        hub = require("huggingface_hub")
        errors = require("huggingface_hub.errors")
        try:
            path = hub.hf_hub_download(
                self.repository, name, revision=self.revision
            )
        except errors.HfHubHTTPError as error:
            missing = isinstance(
                error,
                errors.EntryNotFoundError
                | errors.RepositoryNotFoundError
                | errors.RevisionNotFoundError,
            )
            raise (PresetNotFoundError if missing else DownloadError)(
                f"Can't get {name}. Received: {self.handle!r} ({error})"
            ) from error
        except (OSError, ValueError) as error:
            raise DownloadError(
                f"Can't get {name}. Received: {self.handle!r} ({error})"
            ) from error
        return pathlib.Path(path)


class Kaggle(Source):
    """A model of Kaggle, in the cache of its client.

    Args:
        handle: `kaggle://owner/model/keras/variation`, and perhaps a version.
    """

    def __init__(self, handle: str):
        super().__init__(handle)
        self.model = handle.removeprefix("kaggle://")

    def fetch(self, name: str, record: FileRecord | None) -> pathlib.Path:
        """Downloads the file by `kagglehub`, unless it is cached."""
        hub = require("kagglehub")
        try:
            return pathlib.Path(hub.model_download(self.model, path=name))
        except Exception as error:  # Its errors have no common class.
            raise DownloadError(
                f"Can't get {name}. Received: {self.handle!r} ({error})"
            ) from error


SOURCES = {
    "file": Directory,
    "https": Web,
    "http": Web,
    "hf": HuggingFace,
    "kaggle": Kaggle,
}


def source_of(handle: str | os.PathLike) -> Source:
    """Returns the source for a handle that is not a registered name.

    Args:
        handle: A directory, or `file://`, `https://`, `hf://` or `kaggle://`.

    Raises:
        PresetNotFoundError: It is none of them.
    """
    handle = os.fspath(handle)
    scheme, separator, _ = handle.partition("://")
    if not separator:
        return Directory(handle)
    if scheme not in SOURCES:
        raise PresetNotFoundError(
            f"Expected a scheme of {', '.join(SOURCES)}. Received: {handle!r}"
        )
    return SOURCES[scheme](handle)


def split_hugging_face(handle: str) -> tuple[str, str | None]:
    """Returns repository and revision of an `hf://` handle.

    Raises:
        PresetNotFoundError: It is not `hf://user/name[@revision]`.
    """
    pattern = r"hf://([\w.-]+/[\w.-]+)(?:@([\w./-]+))?"
    match = re.fullmatch(pattern, handle)
    if not match:
        raise PresetNotFoundError(
            f"Expected hf://user/name[@revision]. Received: {handle!r}"
        )
    return match[1], match[2]


def require(name: str) -> ModuleType:
    """Returns a client library that not everybody needs.

    Raises:
        ImportError: It is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(
            f"This handle needs {name.partition('.')[0]}: pip install "
            f"'keras-generative-zoo[hub]'. Received: {error}"
        ) from error
