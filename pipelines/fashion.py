"""Fashion-MNIST: 28x28 grey images of clothes, ten classes (MIT licence).

H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for
Benchmarking Machine Learning Algorithms", 2017, arXiv:1708.07747.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from pathlib import Path

import numpy as np

from . import checks

BASE_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
SYSTEM_FOLDER = Path("/usr/share/datasets/fashion-mnist")  # as Debian has it
_EMBEDDED = Path(__file__).parent / "data" / "fashion_mnist_10k.npz"
_CACHE_SUBDIR = "datasets/fashion-mnist"

CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

SPLITS = {
    "train": ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
    "test": ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
}

# Of the unpacked content: Debian packs the same files anew, so that their
# .gz bytes differ from those that Zalando published.
SHA256 = {
    "train-images-idx3-ubyte.gz": (
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"
    ),
    "train-labels-idx1-ubyte.gz": (
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"
    ),
    "t10k-images-idx3-ubyte.gz": (
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"
    ),
    "t10k-labels-idx1-ubyte.gz": (
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"
    ),
}


def fashion_mnist(split: str = "train") -> tuple[np.ndarray, np.ndarray]:
    """Load the whole of Fashion-MNIST.

    Looked for in Keras' cache, then where the Debian package
    dataset-fashion-mnist puts it, then downloaded into Keras' cache (31 MB).
    The content is verified wherever it comes from.

    Args:
        split: "train" (60,000 images, default) or "test" (10,000).

    Returns:
        `(images, labels)`: uint8 arrays of shapes `(n, 28, 28)`, in
        [0, 255], and `(n,)`, in [0, 9].

    Raises:
        ValueError: If `split` is neither, or a file's content is wrong.
        ConnectionError: If it is not on this computer and the download fails.
    """
    checks.one_of("split", split, tuple(SPLITS))
    images, labels = (_verified(name) for name in SPLITS[split])
    return images, labels


def fashion_mnist_10k() -> tuple[np.ndarray, np.ndarray]:
    """Load 10,000 images of Fashion-MNIST's training set, 1,000 per class.

    They come with the package, so this needs neither network nor download.

    Returns:
        `(images, labels)`: uint8 arrays of shapes `(10000, 28, 28)`, in
        [0, 255], and `(10000,)`, in [0, 9].
    """
    with np.load(_EMBEDDED, allow_pickle=False) as arrays:
        return arrays["images"], arrays["labels"]


_MOST_BYTES = 1 << 26  # Of a file, unpacked; theirs have up to 47 million.


def _verified(name: str) -> np.ndarray:
    path = _find(name)
    downloaded = path is None
    if downloaded:
        path = _download(name)
    try:
        content = _unpack(path)
        if hashlib.sha256(content).hexdigest() != SHA256[name]:
            raise ValueError(
                f"{path} is not Fashion-MNIST's file: its content has another "
                "SHA-256. Delete it, and it is downloaded again. Received: "
                f"{hashlib.sha256(content).hexdigest()}"
            )
        return read_idx(content, path)
    except ValueError:
        if downloaded:
            path.unlink()
        raise


def _keras_folder() -> Path:
    home = os.environ.get("KERAS_HOME") or Path.home() / ".keras"
    return Path(home)


def _find(name: str) -> Path | None:
    for folder in (_keras_folder() / _CACHE_SUBDIR, SYSTEM_FOLDER):
        if (folder / name).is_file():
            return folder / name
    return None


def _download(name: str) -> Path:
    # Here, since only a download needs Keras.
    from keras.utils import get_file

    # It would take a folder that does not exist for one that it may not
    # write to, and use /tmp.
    _keras_folder().mkdir(parents=True, exist_ok=True)
    try:
        path = get_file(
            name,
            origin=BASE_URL + name,
            cache_subdir=_CACHE_SUBDIR,
            cache_dir=str(_keras_folder()),
        )
    except Exception as error:  # get_file raises bare Exceptions
        raise ConnectionError(
            "Fashion-MNIST is not on this computer and could not be "
            "downloaded. Install the Debian package dataset-fashion-mnist, "
            f"put {name} into {_keras_folder() / _CACHE_SUBDIR}, or use "
            "'fashion_mnist_10k', which comes with the package. Received: "
            f"{error}"
        ) from error
    return Path(path)


def _unpack(path: Path) -> bytes:
    try:
        with gzip.open(path) as file:
            return file.read(_MOST_BYTES)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(
            f"{path} is truncated or not a gzip file. Delete it, and it is "
            f"downloaded again. Received: {error}"
        ) from error


def read_idx(content: bytes, path: str | os.PathLike) -> np.ndarray:
    """Parse the IDX format: a magic number, big-endian sizes, then bytes.

    Args:
        content: The unpacked file.
        path: The file's name, for the error message.

    Returns:
        A uint8 array of the shape that the header states.

    Raises:
        ValueError: If the header is not that of an IDX file of bytes, or the
            length is not what the header states.
    """
    unsigned_byte = 0x08
    header_is_sane = (
        len(content) >= 4
        and content[:2] == b"\0\0"
        and content[2] == unsigned_byte
        and len(content) >= 4 + 4 * content[3]
    )
    if not header_is_sane:
        raise ValueError(
            f"{path} is not an IDX file of unsigned bytes. "
            f"Received: a file that begins with {content[:8]!r}"
        )
    start = 4 + 4 * content[3]
    shape = tuple(np.frombuffer(content[4:start], ">u4").tolist())
    expected = start + int(np.prod(shape, dtype=object))
    if len(content) != expected:
        raise ValueError(
            f"{path} must hold {expected} bytes for its shape {shape}. "
            f"Received: {len(content)} bytes"
        )
    # A copy, since a view of bytes is read-only, which PyTorch warns of.
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape).copy()
