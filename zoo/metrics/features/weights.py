"""Weights of feature networks: downloaded, verified, converted, cached."""

import dataclasses
import hashlib
import os
import pathlib
from collections.abc import Callable, Iterable

import keras
import numpy as np

from zoo.converters import CheckpointError, read_pytorch_checkpoint
from zoo.files import output_directory, replacing

Plan = Iterable[
    tuple[keras.layers.Layer, list[str], Callable[..., list[np.ndarray]]]
]
"""Layers, the names of their tensors in a checkpoint, and the function from
these tensors to the layer's weights."""

IGNORED = ("num_batches_tracked", "AuxLogits.")
"""Parts of the names of tensors that no feature depends on."""


@dataclasses.dataclass(frozen=True)
class PublicWeights:
    """A checkpoint that others publish.

    Attributes:
        url: Where.
        sha256: Its hash, 64 hexadecimal digits.
    """

    url: str
    sha256: str

    def load_into(self, network: keras.Model, plan: Plan) -> None:
        """Loads the weights; downloads and converts them the first time.

        Args:
            network: Network to load them into.
            plan: Where each layer's weights are in the checkpoint.

        Raises:
            CheckpointError: The download is not the expected file.
            OSError: The download failed, or the cache can't be written.
        """
        directory = cache_directory()
        stem = pathlib.PurePosixPath(self.url).stem
        converted = directory / f"{stem}-{self.sha256[:8]}.weights.h5"
        if converted.exists():
            try:
                network.load_weights(converted)
            except (ValueError, OSError, LookupError):
                converted.unlink()  # Damaged: it is made again.
            else:
                return
        load_checkpoint(self._download(directory), plan)
        with replacing(converted) as temporary:
            network.save_weights(temporary)

    def _download(self, directory: pathlib.Path) -> pathlib.Path:
        target = directory / pathlib.PurePosixPath(self.url).name
        if target.exists() and file_sha256(target) == self.sha256:
            return target
        temporary = target.with_name(f".{os.getpid()}-{target.name}")
        try:
            keras.utils.get_file(
                temporary.name,
                self.url,
                cache_dir=str(directory.parent),
                cache_subdir=directory.name,
                force_download=True,
            )
            received = file_sha256(temporary)
            if received != self.sha256:
                raise CheckpointError(
                    f"Expected a file with the SHA-256 {self.sha256} at "
                    f"{self.url}; it was deleted. Received: {received}"
                )
            os.replace(temporary, target)
        except CheckpointError:
            raise
        except Exception as error:  # Keras raises `Exception` itself.
            raise OSError(
                "Can't download the weights of the feature network. Fetch the "
                "file by other means and give its path in `weights`. "
                f"Received: url={self.url!r} ({error})"
            ) from error
        finally:
            temporary.unlink(missing_ok=True)
        return target


def cache_directory() -> pathlib.Path:
    """Returns the part of Keras' cache directory that is the project's."""
    home = os.environ.get("KERAS_HOME") or pathlib.Path.home() / ".keras"
    return output_directory(pathlib.Path(home) / "zoo")


def file_sha256(path: str | os.PathLike) -> str:
    """Returns the SHA-256 of a file, as 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load_checkpoint(path: str | os.PathLike, plan: Plan) -> None:
    """Loads a PyTorch checkpoint into layers.

    Args:
        path: File written by `torch.save`.
        plan: Layers, names of their tensors, functions from these tensors to
            the layers' weights.

    Raises:
        FileNotFoundError: There is no such file.
        CheckpointError: It is damaged, or its tensors are not exactly those
            that the plan names.
    """
    tensors = read_pytorch_checkpoint(path)
    plan = list(plan)
    expected = {name for _, names, _ in plan for name in names}
    missing = sorted(expected - set(tensors))
    left_over = sorted(
        name
        for name in set(tensors) - expected
        if not any(part in name for part in IGNORED)
    )
    if missing or left_over:
        raise CheckpointError(
            "The checkpoint belongs to another network. Received: "
            f"path={str(path)!r}, missing={missing}, left over={left_over}"
        )
    for layer, names, function in plan:
        try:
            layer.set_weights(function(*(tensors[x] for x in names)))
        except ValueError as error:
            shapes = {x: tensors[x].shape for x in names}
            raise CheckpointError(
                f"Layer {layer.name} has weights of other shapes. "
                f"Received: path={str(path)!r}, {shapes}"
            ) from error


def normalized(prefix: str) -> list[str]:
    """Returns the names of a batch normalization's tensors."""
    tensors = ("weight", "bias", "running_mean", "running_var")
    return [f"{prefix}.{x}" for x in tensors]


def fold(
    kernel: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    mean: np.ndarray,
    variance: np.ndarray,
    epsilon: float,
) -> list[np.ndarray]:
    """Folds a batch normalization into the convolution before it.

    In inference the two are one affine function.

    Args:
        kernel: PyTorch's, (out, in, height, width).
        gamma: Scales, (out,).
        beta: Offsets, (out,).
        mean: Moving means, (out,).
        variance: Moving variances, (out,).
        epsilon: Added to the variances.

    Returns:
        Keras' kernel, (height, width, in, out), and bias, (out,), float32.
    """
    scale = gamma / np.sqrt(variance.astype("float64") + epsilon)
    kernel = kernel.transpose(2, 3, 1, 0) * scale
    bias = beta - mean * scale
    return [kernel.astype("float32"), bias.astype("float32")]
