"""One image file, or one array, to one square uint8 image: all of it Pillow.

Pillow's own antialiased bicubic filter is what FID and the papers' data sets
were prepared with, so the images equal it by construction.
"""

from __future__ import annotations

import contextlib
import io

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif")

# Named, so that a file with a false ending never reaches Pillow's plug-ins
# that start other programs (EPS) or that nobody meant to train on.
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF")

MODES = {1: "L", 3: "RGB", 4: "RGBA"}


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
        data: A whole JPEG, PNG, WebP, BMP or GIF file. Of an animation, the
            first frame is taken.

    Returns:
        The image, of any mode.

    Raises:
        Exception: Of nearly any kind, if the file is damaged.
    """
    try:
        opened = Image.open(io.BytesIO(data), formats=_FORMATS)
    except UnidentifiedImageError as error:
        raise ValueError(
            f"not an image of a known format ({', '.join(_FORMATS)})"
        ) from error
    with opened as image:
        image.load()
        # Of EXIF, the orientation alone matters: a photo whose other entries
        # are damaged is a good photo.
        with contextlib.suppress(Exception):
            ImageOps.exif_transpose(image, in_place=True)
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
    return _convert(open_image(data), MODES[channels])


def size_of(data: bytes) -> tuple[int, int]:
    """Return `(height, width)` of an image file, upright; decodes nothing.

    Args:
        data: The file's bytes.

    Raises:
        Exception: Of nearly any kind, if the file is damaged.
    """
    with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
        height, width = image.height, image.width
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    turned = orientation >= 5  # By 90 degrees.
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
    return _convert(pillow, MODES[channels])


def centre_square(height: int, width: int) -> tuple[int, int, int]:
    """Return `(top, left, side)` of the largest centred square."""
    side = min(height, width)
    return (height - side) // 2, (width - side) // 2, side


def prepare(image: Image.Image, image_size: int, channels: int) -> np.ndarray:
    """Convert an image, crop its centre square and resize it."""
    image = _convert(image, MODES[channels])
    top, left, side = centre_square(image.height, image.width)
    if image.size != (side, side):
        image = image.crop((left, top, left + side, top + side))
    if side != image_size:
        size = (image_size, image_size)
        image = image.resize(size, Image.Resampling.BICUBIC)
    return np.asarray(image).reshape(image_size, image_size, channels)


def _convert(image: Image.Image, mode: str) -> Image.Image:
    if image.mode.startswith("I"):
        # Pillow clips 16-bit grey at 255, which turns most of it white.
        wide = np.clip(np.asarray(image, np.int64), 0, 65535)
        image = Image.fromarray(((wide + 128) // 257).astype(np.uint8))
    if image.mode == mode:
        return image
    is_transparent = image.getbands()[-1] == "A" or "transparency" in image.info
    if is_transparent and mode != "RGBA":
        white = Image.new("RGBA", image.size, "white")
        white.alpha_composite(image.convert("RGBA"))
        image = white.convert("RGB")
    elif image.mode == "CMYK":
        image = image.convert("RGB")
    return image.convert(mode)
