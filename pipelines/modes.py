"""Pillow's modes: from whatever a file has to grey, RGB or RGBA."""

from __future__ import annotations

import contextlib
import io

import numpy as np
from PIL import Image, ImageCms

MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def is_transparent(image: Image.Image) -> bool:
    """Return whether an image has an alpha channel or a transparent colour."""
    return image.getbands()[-1] == "A" or "transparency" in image.info


def convert(image: Image.Image, channels: int) -> Image.Image:
    """Convert an image to a number of channels.

    Args:
        image: Of any mode of 8 bits. What is transparent is laid on white for
            1 and 3 channels.
        channels: 1 (grey), 3 (RGB) or 4 (RGBA).

    Returns:
        The image, in the mode of the channels.
    """
    mode = MODES[channels]
    if image.mode == mode and not is_transparent(image):
        return image
    if is_transparent(image) and mode != "RGBA":
        white = Image.new("RGBA", image.size, "white")
        white.alpha_composite(image.convert("RGBA"))
        image = white.convert("RGB")
    elif image.mode == "CMYK":
        image = image.convert("RGB")
    return image.convert(mode)


def in_8_bits(image: Image.Image) -> Image.Image:
    """Return an image in modes that Pillow converts as one expects.

    Args:
        image: As Pillow decoded it. 16-bit grey is scaled, and inks become
            what their profile says they look like, where there is one.

    Raises:
        ValueError: Its pixels are fractions, whose range nobody knows.
    """
    if image.mode == "F":
        raise ValueError("pixels that are fractions have no known range")
    info = dict(image.info)
    if image.mode.startswith("I"):
        # Pillow clips 16-bit grey at 255, which turns most of it white.
        wide = np.clip(np.asarray(image, np.int32), 0, 65535)
        grey = Image.fromarray(((wide + 128) // 257).astype(np.uint8))
        clear = info.pop("transparency", None)
        if clear is not None:
            grey.putalpha(Image.fromarray(wide != clear).convert("L"))
        image = grey
    elif image.mode == "CMYK" and "icc_profile" in info:
        profile = info.pop("icc_profile")
        with contextlib.suppress(Exception):  # It may be damaged.
            image = _by_profile(image, profile)
    elif isinstance(clear := info.get("transparency"), tuple):
        # Of 16 bits, of which Pillow has cut the colours to 8, but not this.
        shift = 8 if max(clear) > 255 else 0
        info["transparency"] = tuple(value >> shift for value in clear)
    image.info = info
    return image


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image:
    """Return an image of inks as what they look like, in sRGB."""
    inks = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    transform = ImageCms.buildTransform(
        inks, ImageCms.createProfile("sRGB"), image.mode, "RGB"
    )
    return transform.apply(image)
