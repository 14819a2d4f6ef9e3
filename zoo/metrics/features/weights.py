"""Weights of feature networks: downloaded, verified, converted, cached."""

import dataclasses
import os
import pathlib
import tempfile
from collections.abc import Iterable

import keras

from zoo.converters import mapping
from zoo.converters.errors import CheckpointError
from zoo.registry.downloads import download
from zoo.registry.errors import PresetError
from zoo.utils.files import (
    cache_directory,
    file_sha256,
    output_directory,
    replacing,
)

MAX_BYTES = 1 << 30
"""No checkpoint of a feature network is larger."""

IGNORED = (*mapping.IGNORED, "*AuxLogits.*")
"""Patterns of the names of tensors that no feature depends on."""


@dataclasses.dataclass(frozen=True)
class PublicWeights:
    """A checkpoint that others publish.

    Attributes:
        url: Where.
        sha256: Its hash, 64 hexadecimal digits.
    """

    url: str
    sha256: str

    @property
    def name(self) -> str:
        """Name of the file."""
        return pathlib.PurePosixPath(self.url).name

    def load_into(
        self, network: keras.Model, plan: Iterable[mapping.Entry]
    ) -> None:
        """Loads the weights; downloads and converts them the first time.

        Args:
            network: Network to load them into.
            plan: Entries that name each of the network's weights once.

        Raises:
            CheckpointError: The download is not the expected file.
            OSError: The download failed, or the cache can't be written.
        """
        directory = output_directory(cache_directory())
        stem = pathlib.PurePosixPath(self.url).stem
        converted = directory / f"{stem}-{self.sha256[:8]}.weights.h5"
        if converted.exists():
            try:
                network.load_weights(converted)
            except (ValueError, OSError, LookupError):
                converted.unlink()  # Damaged: it is made again.
            else:
                return
        load_weights(network, self._download(directory), plan)
        with replacing(converted) as temporary:
            network.save_weights(temporary)

    def _download(self, directory: pathlib.Path) -> pathlib.Path:
        target = directory / self.name
        if target.exists() and file_sha256(target) == self.sha256:
            return target
        with tempfile.TemporaryDirectory(prefix=".", dir=directory) as place:
            temporary = pathlib.Path(place, target.name)
            try:
                download(self.url, temporary, limit=MAX_BYTES)
            except PresetError as error:
                raise OSError(
                    "Can't download the weights of the feature network. Fetch "
                    "the file by other means and give its path in `weights` "
                    "(`--weights`). "
                    f"Received: url={self.url!r} ({error})"
                ) from error
            received = file_sha256(temporary)
            if received != self.sha256:
                raise CheckpointError(
                    f"Expected a file with the SHA-256 {self.sha256} at "
                    f"{self.url}; it was deleted. Received: {received}"
                )
            os.replace(temporary, target)
        return target


def load_weights(
    network: keras.Model,
    path: str | os.PathLike,
    plan: Iterable[mapping.Entry],
) -> None:
    """Loads a checkpoint into a network.

    Args:
        network: Network to load it into.
        path: File that `zoo.converters.read_checkpoint` reads.
        plan: Entries that name each of the network's weights once.

    Raises:
        FileNotFoundError: There is no such file.
        CheckpointError: It is damaged, or its tensors are not exactly those
            that the plan names.
    """
    mapping.load_checkpoint(path, [network], plan, IGNORED)
