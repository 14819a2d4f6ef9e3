"""One image file, or one array, to one square uint8 image: all of it Pillow.

Pillow's own antialiased bicubic filter is what FID and the papers' data sets
were prepared with, so the images equal it by construction.
"""

from __future__ import annotations

import contextlib
import io

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError
from PIL.features import get_supported

from . import limits
from .modes import convert, in_8_bits

# Named, so that a file with a false ending never reaches Pillow's plug-ins
# that start other programs (EPS) or that nobody meant to train on.
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")
_AVIF = "avif" in get_supported()  # Of Pillow from 11.3, in most builds.
if _AVIF:
    _FORMATS += ("AVIF",)

ENDINGS = (
    *(".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"),
    *((".avif",) if _AVIF else ()),
)

UNREAD = (
    *(".heic", ".heif", ".jxl", ".jp2", ".psd", ".svg", ".tga", ".ico"),
    *(".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".raf", ".rw2"),
    *(() if _AVIF else (".avif",)),
)
"""Endings of other images, which are named where they are left out."""


def to_float(images: np.ndarray) -> np.ndarray:
    """Map uint8 images in [0, 255] to float32 in [-1, 1]: `x / 127.5 - 1`.

    By NumPy and not in the graph, which may replace the division by a product
    and so move the last bit. Float32 images pass unchanged.
    """
    if images.dtype != np.uint8:
        return images
    result = images.astype(np.float32)
    result /= 127.5
    result -= 1
    return result


def to_bytes(images: np.ndarray) -> np.ndarray:
    """Map float images in [-1, 1] to uint8 by rounding."""
    return np.rint((images + 1) * 127.5).astype(np.uint8)


def open_image(data: bytes) -> Image.Image:
    """Decode an image file's bytes, and turn the image upright.

    Args:
        data: A whole JPEG, PNG, WebP, BMP, GIF, TIFF or AVIF file. Of an
            animation or several pages, the first is taken.

    Returns:
        The image, of any mode of 8 bits.

    Raises:
        Exception: Of nearly any kind, if the file is damaged.
    """
    with _opened(data) as image:
        image.load()
        # Of EXIF, the orientation alone matters: a photo whose other entries
        # are damaged is a good photo.
        with contextlib.suppress(Exception):
            ImageOps.exif_transpose(image, in_place=True)
        return in_8_bits(image)


def _opened(data: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=_FORMATS)
    except UnidentifiedImageError as error:
        raise ValueError(
            f"not an image of a known format ({', '.join(_FORMATS)})"
        ) from error
    limits.check_pixels(image.width, image.height)
    return image


def decode_whole(data: bytes, channels: int) -> Image.Image:
    """Decode an image file's bytes and turn the image upright.

    Args:
        data: The file's bytes.
        channels: 1 (grey), 3 (RGB) or 4 (RGBA).

    Returns:
        The image, in the mode of the channels.

    Raises:
        Exception: Of nearly any kind, if the file is damaged.
    """
    return convert(open_image(data), channels)


def size_of(data: bytes) -> tuple[int, int]:
    """Return `(height, width)` of an image file, upright; decodes nothing.

    Args:
        data: The file's bytes.

    Raises:
        Exception: Of nearly any kind, if the file is damaged.
    """
    with _opened(data) as image:
        height, width = image.height, image.width
        if image.format == "TIFF":  # Pillow has turned these itself.
            return height, width
        orientation = 1
        # As in `open_image`; it may also be text, which turns nothing.
        with contextlib.suppress(Exception):
            orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    turned = orientation in (5, 6, 7, 8)  # By 90 degrees.
    return (width, height) if turned else (height, width)


def prepare_encoded(data: bytes, image_size: int, channels: int) -> np.ndarray:
    """Decode an image file's bytes, crop its centre square and resize.

    Args:
        data: The file's bytes.
        image_size: Height and width of the result, in pixels.
        channels: 1 (grey), 3 (RGB) or 4 (RGBA).

    Returns:
        A uint8 array of shape `(image_size, image_size, channels)`.

    Raises:
        Exception: Of nearly any kind, if the file is damaged.
    """
    return prepare(open_image(data), image_size, channels)


def prepare_array(
    image: np.ndarray, image_size: int, channels: int
) -> np.ndarray:
    """Crop, convert and resize one uint8 array as if it had been a file.

    Args:
        image: A uint8 array of shape `(height, width, its channels)`.
        image_size: Height and width of the result, in pixels.
        channels: Channels of the result, 1 to 4. 2 only where the image has
            2, which are then resized apart: they carry no colour meaning.

    Returns:
        A uint8 array of shape `(image_size, image_size, channels)`.
    """
    if image.shape[-1] == 2:
        planes = [
            prepare_array(image[..., plane, None], image_size, 1)
            for plane in range(2)
        ]
        return np.concatenate(planes, axis=-1)
    return prepare(whole_array(image, channels), image_size, channels)


def whole_array(image: np.ndarray, channels: int) -> Image.Image:
    """Convert one uint8 array as if it had been a file.

    Args:
        image: A uint8 array of shape `(height, width, its channels)`.
        channels: 1 (grey), 3 (RGB) or 4 (RGBA).

    Returns:
        The image, in the mode of the channels.
    """
    plane_or_pixels = image[..., 0] if image.shape[-1] == 1 else image
    pillow = Image.fromarray(np.ascontiguousarray(plane_or_pixels))
    return convert(pillow, channels)


def centre_square(height: int, width: int) -> tuple[int, int, int]:
    """Return `(top, left, side)` of the largest centred square."""
    side = min(height, width)
    return (height - side) // 2, (width - side) // 2, side


def prepare(image: Image.Image, image_size: int, channels: int) -> np.ndarray:
    """Convert an image, crop its centre square and resize it."""
    image = convert(image, channels)
    top, left, side = centre_square(image.height, image.width)
    if image.size != (side, side):
        image = image.crop((left, top, left + side, top + side))
    if side != image_size:
        size = (image_size, image_size)
        image = image.resize(size, Image.Resampling.BICUBIC)
    return np.asarray(image).reshape(image_size, image_size, channels)
