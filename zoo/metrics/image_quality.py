"""PSNR, SSIM and MS-SSIM of images beside their references.

Batches are `(batch, height, width, channels)`: floats in [-1, 1] or uint8 in
[0, 255], each side either. Floats are mapped to [0, 255] and not rounded: pass
uint8 for the values of image files. Each function returns one value per image,
so that a set of any size is measured batch by batch and then averaged, as in
the literature.

`color="rgb"` measures all channels as they are. `color="y"` measures luma of
BT.601 in the studio range, 16 to 235, as MATLAB's `rgb2ycbcr` and with it the
super-resolution literature: Y = 16 + 65.481 R + 128.553 G + 24.966 B with R,
G, B in [0, 1], not rounded. The peak stays at 255.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

PEAK = 255.0
LUMA = np.array([65.481, 128.553, 24.966]) / PEAK
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
_WINDOW, _SIGMA = 11, 1.5
_C1, _C2 = (0.01 * PEAK) ** 2, (0.03 * PEAK) ** 2
_TOLERANCE = 1e-3  # Rounding leaves [-1, 1] by less; a grey level is 2 / 255.


def psnr(
    images: Any, references: Any, color: str = "rgb", crop_border: int = 0
) -> np.ndarray:
    """Returns the peak signal-to-noise ratio, 10 log10(255^2 / MSE).

    Args:
        images: Batch of shape `(batch, height, width, channels)`, floats in
            [-1, 1] or uint8.
        references: Batch of the same shape.
        color: `"rgb"` for all channels, `"y"` for luma of RGB images.
        crop_border: Pixels left out on each side, customarily the factor of
            super-resolution.

    Returns:
        Decibels, float64 of shape `(batch,)`; infinite for equal images.

    Raises:
        ValueError: Wrong shape, dtype or range, or nothing is left to measure.

    Example:
    >>> images = np.zeros((1, 8, 8, 3), np.uint8)
    >>> psnr(images, images + np.uint8(255))
    array([0.])
    """

    def measure(image, reference):
        error = np.mean((image - reference) ** 2)
        return 10 * np.log10(PEAK**2 / error) if error else np.inf

    return _each(measure, images, references, color, crop_border, 1)


def ssim(
    images: Any, references: Any, color: str = "rgb", crop_border: int = 0
) -> np.ndarray:
    """Returns the structural similarity of Wang et al.

    Gaussian window of 11 pixels and sigma 1.5, K1 = 0.01, K2 = 0.03, where the
    window fits in whole; averaged over pixels and channels.

    Args:
        images: Batch of shape `(batch, height, width, channels)`, floats in
            [-1, 1] or uint8.
        references: Batch of the same shape.
        color: `"rgb"` for all channels, `"y"` for luma of RGB images.
        crop_border: Pixels left out on each side; 11 or more must be left.

    Returns:
        Similarity, float64 of shape `(batch,)`, at most 1.

    Raises:
        ValueError: Wrong shape, dtype or range, or images are too small.

    Reference:
        - [Wang et al., 2004](https://doi.org/10.1109/TIP.2003.819861)

    Example:
    >>> images = np.zeros((1, 16, 16, 3))
    >>> ssim(images, images)
    array([1.])
    """

    def measure(image, reference):
        luminance, contrast = _similarity(image, reference)
        return np.mean(luminance * contrast)

    return _each(measure, images, references, color, crop_border, _WINDOW)


def ms_ssim(
    images: Any, references: Any, color: str = "rgb", crop_border: int = 0
) -> np.ndarray:
    """Returns the multi-scale structural similarity of Wang et al.

    Contrast and structure at five scales, luminance at the last, raised to the
    paper's weights and multiplied, for each channel; channels are averaged.
    Scales are halved by the mean of 2x2 pixels; an odd edge counts twice, as
    in the authors' code. Negative values count as 0.

    Args:
        images: Batch of shape `(batch, height, width, channels)`, floats in
            [-1, 1] or uint8.
        references: Batch of the same shape.
        color: `"rgb"` for all channels, `"y"` for luma of RGB images.
        crop_border: Pixels left out on each side; 161 or more must be left,
            for the window to fit in at the last scale.

    Returns:
        Similarity, float64 of shape `(batch,)`, from 0 to 1.

    Raises:
        ValueError: Wrong shape, dtype or range, or images are too small.

    Reference:
        - [Wang et al., 2003](https://doi.org/10.1109/ACSSC.2003.1292216)

    Example:
    >>> images = np.zeros((1, 161, 161, 1))
    >>> ms_ssim(images, images)
    array([1.])
    """

    def measure(image, reference):
        product: Any = 1.0
        for scale, weight in enumerate(SCALE_WEIGHTS):
            if scale:
                image, reference = _halve(image), _halve(reference)
            luminance, similarity = _similarity(image, reference)
            if scale == len(SCALE_WEIGHTS) - 1:
                similarity = luminance * similarity
            product *= similarity.mean(axis=(0, 1)).clip(0) ** weight
        return product.mean()

    least = (_WINDOW - 1) * 2 ** (len(SCALE_WEIGHTS) - 1) + 1
    return _each(measure, images, references, color, crop_border, least)


def _each(
    measure: Callable,
    images: Any,
    references: Any,
    color: str,
    crop: int,
    least,
) -> np.ndarray:
    """Measures pairs of images, one at a time, so that memory is bounded."""
    images, references = np.asarray(images), np.asarray(references)
    _check(images, references, color, crop, least)

    def prepare(image):
        height, width, _ = image.shape
        image = image[crop : height - crop, crop : width - crop]
        if image.dtype == np.uint8:
            image = image.astype(np.float64)
        else:
            image = (image.astype(np.float64).clip(-1, 1) + 1) * (PEAK / 2)
        return (image @ LUMA + 16)[..., None] if color == "y" else image

    pairs = zip(images, references, strict=True)
    return np.array(
        [measure(prepare(image), prepare(other)) for image, other in pairs],
        np.float64,
    )


def _check(images, references, color, crop, least):
    if color not in ("rgb", "y"):
        raise ValueError(
            f"Argument `color` must be 'rgb' or 'y'. Received: color={color!r}"
        )
    if isinstance(crop, bool) or not isinstance(crop, int) or crop < 0:
        raise ValueError(
            "Argument `crop_border` must be an integer, at least 0. "
            f"Received: crop_border={crop!r}"
        )
    if images.shape != references.shape or images.ndim != 4:
        raise ValueError(
            "Images and references must have one shape, (batch, height, "
            f"width, channels). Received: shapes {images.shape} and "
            f"{references.shape}"
        )
    if color == "y" and images.shape[3] != 3:
        raise ValueError(
            "Luma is of images with three channels. Received: "
            f"shape={images.shape}"
        )
    if min(images.shape[1:3]) - 2 * crop < least:
        raise ValueError(
            f"Images must be {least} pixels wide and high, or more, within "
            f"the cropped border. Received: shape={images.shape}, "
            f"crop_border={crop}"
        )
    for name, value in {"images": images, "references": references}.items():
        _check_range(name, value)


def _check_range(name, images):
    if images.dtype == np.uint8 or not images.size:
        return
    # Written so that NaN does not pass.
    if images.dtype.kind == "f" and np.abs(images).max() <= 1 + _TOLERANCE:
        return
    raise ValueError(
        f"Argument `{name}` must be floats in [-1, 1] or uint8 in [0, 255]. "
        f"Received: dtype={images.dtype}, values from {images.min()} to "
        f"{images.max()}"
    )


def _similarity(x, y):
    """Returns SSIM's luminance and contrast-structure terms at each pixel."""
    mean_x, mean_y = _blur(x), _blur(y)
    variance_x = _blur(x * x) - mean_x**2
    variance_y = _blur(y * y) - mean_y**2
    covariance = _blur(x * y) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + _C1) / (mean_x**2 + mean_y**2 + _C1)
    contrast = (2 * covariance + _C2) / (variance_x + variance_y + _C2)
    return luminance, contrast


def _blur(image):
    """Gaussian mean of each window that lies in the image whole."""
    offsets = np.arange(_WINDOW) - _WINDOW // 2
    weights = np.exp(-(offsets**2) / (2 * _SIGMA**2))
    weights /= weights.sum()
    for axis in (0, 1):
        length = image.shape[axis] - _WINDOW + 1
        parts = [
            weight * np.take(image, range(i, i + length), axis)
            for i, weight in enumerate(weights)
        ]
        image = functools.reduce(np.add, parts)
    return image


def _halve(image):
    """Mean of 2x2 pixels; an odd edge is its own neighbour."""
    height, width, channels = image.shape
    image = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), "edge")
    height, width = -(-height // 2), -(-width // 2)
    return image.reshape(height, 2, width, 2, channels).mean(axis=(1, 3))
