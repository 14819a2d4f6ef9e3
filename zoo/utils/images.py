"""Finding and opening image files, for what works on many of them."""

import pathlib
from collections.abc import Iterable

from PIL import Image, ImageOps

ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif")
MODES = {1: "L", 3: "RGB", 4: "RGBA"}
"""Pillow's modes, by channels."""


def image_files(paths: Iterable[pathlib.Path]) -> list[pathlib.Path]:
    """Lists image files, those of folders in order of their names.

    Args:
        paths: Files, and folders, which are not searched further.

    Raises:
        FileNotFoundError: There is no such file or folder.
        ValueError: There is no image, or two have one name.
    """
    files = []
    for path in (pathlib.Path(path).expanduser() for path in paths):
        if path.is_dir():
            found = sorted(path.iterdir())
            files += [f for f in found if f.suffix.lower() in ENDINGS]
        elif path.is_file():
            files.append(path)
        else:
            raise FileNotFoundError(
                f"There is no such file or folder. Received: {str(path)!r}"
            )
    names = [file.stem for file in files]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not files:
        raise ValueError(
            "Expected images, each of a name of its own, endings aside. "
            f"Received: {len(files)} images, these names twice: {twice[:3]}"
        )
    return files


def open_image(path: pathlib.Path) -> Image.Image:
    """Opens and decodes an image, upright by its EXIF tag.

    Args:
        path: The file.

    Returns:
        The image, in the file's mode.

    Raises:
        ValueError: It is no image that can be read.
    """
    try:
        with Image.open(path) as image:
            return ImageOps.exif_transpose(image)
    except Exception as error:  # On damaged files Pillow raises nearly any.
        raise ValueError(
            f"Expected an image. Received: {str(path)!r} ({error})"
        ) from error
