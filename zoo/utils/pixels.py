"""What becomes of an image's pixels between its file and a model."""

import numpy as np
from PIL import Image

from zoo.utils.images import reader

CHANNELS = (1, 3, 4)
"""Channels that image files can be read with: grey, RGB, RGBA."""


def converted(image: Image.Image, channels: int) -> Image.Image:
    """Converts an image; what is transparent is laid on white.

    Args:
        image: What `open_image` returned.
        channels: 1, 3 or 4, which keeps what is transparent.

    Returns:
        The image, in the mode of the channels.
    """
    return reader("modes").convert(image, channels)


def is_transparent(image: Image.Image) -> bool:
    """Returns whether an image has an alpha channel or a clear colour."""
    return reader("modes").is_transparent(image)


def prepared(image: Image.Image, size: int, channels: int) -> np.ndarray:
    """Cuts an image to its centre square, and resizes it.

    Args:
        image: What `open_image` returned.
        size: Height and width of the result.
        channels: 1, 3 or 4.

    Returns:
        uint8 array `(size, size, channels)`.
    """
    return reader("decode").prepare(image, size, channels)


def is_grey(image: Image.Image) -> bool:
    """Returns whether an image has no colours by its mode."""
    return image.mode in ("1", "L", "LA")


def spread_colours(image: Image.Image) -> Image.Image:
    """Gives pixels that are not seen at all the colour of the nearest seen.

    What an editor leaves under transparency, black most often, would
    otherwise come into sight along edges once the image is enlarged.

    Args:
        image: In mode RGBA.

    Returns:
        In mode RGB.
    """
    # Slow to import.
    from scipy import ndimage

    pixels = np.asarray(image)
    colours, hidden = pixels[..., :3].copy(), pixels[..., 3] == 0
    if hidden.any() and not hidden.all():
        rows, columns = ndimage.distance_transform_edt(
            hidden, return_distances=False, return_indices=True
        )
        nearest = rows[hidden], columns[hidden]
        colours[hidden] = colours[nearest]
    return Image.fromarray(colours)


def profile_of(image: Image.Image, mode: str) -> dict[str, bytes]:
    """Returns the colour profile to save a result with.

    Args:
        image: The original.
        mode: Pillow's mode of the result, whose numbers mean what the
            original's do.

    Returns:
        Dict of `icc_profile`; empty where there is none of such colours.
    """
    profile = image.info.get("icc_profile") or b""
    space = {b"RGB ": "RGB", b"GRAY": "L"}.get(profile[16:20])
    fits = space is not None and mode.startswith(space)
    return {"icc_profile": profile} if fits else {}
