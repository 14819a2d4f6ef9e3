"""PSNR, SSIM and MS-SSIM: by hand, by loops, scikit-image, TensorFlow."""

import pathlib

import numpy as np
import pytest

from zoo.metrics import ms_ssim, psnr, ssim

pytestmark = pytest.mark.backend_free

GOLDEN = np.load(pathlib.Path(__file__).with_name("golden.npz"))
IMAGES, NOISY = GOLDEN["images"], GOLDEN["noisy"]


def to_float(images):
    return images.astype(np.float64) / 127.5 - 1


@pytest.mark.parametrize("color", ["rgb", "y"])
@pytest.mark.parametrize("metric", [psnr, ssim])
def test_scikit_image(metric, color):
    expected = GOLDEN[f"{metric.__name__}_{color}"]
    for images in (IMAGES, to_float(IMAGES), np.float32(to_float(IMAGES))):
        for noisy in (NOISY, to_float(NOISY)):
            value = metric(images, noisy, color)
            assert value.dtype == np.float64
            np.testing.assert_allclose(value, expected, rtol=0, atol=1e-6)


def test_ms_ssim_of_tensorflow():
    image, other = GOLDEN["large"]
    value = ms_ssim(image[None], other[None])
    np.testing.assert_allclose(value, GOLDEN["ms_ssim"], atol=1e-5)


def test_psnr_by_hand():
    black = np.zeros((3, 4, 5, 3), np.uint8)
    other = black + np.array([1, 10, 255], np.uint8)[:, None, None, None]
    np.testing.assert_allclose(
        psnr(black, other), [20 * np.log10(255), 20 * np.log10(25.5), 0]
    )
    one = black.copy()
    one[0, 0, 0, 0] = 255  # One of 60 values.
    assert psnr(black, one)[0] == pytest.approx(10 * np.log10(60))
    assert psnr(black, one)[1] == np.inf


def test_luma_by_hand():
    """White is 235, black 16; pure colours as in BT.601's table."""
    colours = np.eye(4, 3)[:, None, None] * 2 - 1  # R, G, B, black.
    white = np.ones((4, 1, 1, 3))
    luma = np.array([81.481, 144.553, 40.966, 16])
    expected = 20 * np.log10(255 / (235 - luma))
    np.testing.assert_allclose(psnr(colours, white, "y"), expected, atol=1e-4)


def windows(image, reference):
    """Luminance and contrast of each window, in the paper's own terms."""
    x = np.arange(-5, 6)
    weights = np.exp(-(x[:, None] ** 2 + x**2) / (2 * 1.5**2))
    weights /= weights.sum()
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    for i in range(len(image) - 10):
        for j in range(image.shape[1] - 10):
            a, b = (y[i : i + 11, j : j + 11] for y in (image, reference))
            mean_a, mean_b = (weights * a).sum(), (weights * b).sum()
            a, b = a - mean_a, b - mean_b
            variances = (weights * (a**2 + b**2)).sum()
            covariance = (weights * a * b).sum()
            yield (
                (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1),
                (2 * covariance + c2) / (variances + c2),
            )


def test_ssim_by_loops():
    image, noisy = IMAGES[1, :14, :16], NOISY[1, :14, :16]
    values = [
        luminance * contrast
        for channel in range(3)
        for luminance, contrast in windows(
            image[..., channel].astype(float), noisy[..., channel].astype(float)
        )
    ]
    assert ssim(image[None], noisy[None])[0] == pytest.approx(np.mean(values))


def test_ms_ssim_is_a_weighted_product_of_scales():
    """Between flat images, only the last scale's luminance differs."""
    flat, other = np.full((2, 1, 161, 161, 1), [[[[[100]]]], [[[[120]]]]])
    c1 = (0.01 * 255) ** 2
    luminance = (2 * 100 * 120 + c1) / (100**2 + 120**2 + c1)
    value = ms_ssim(flat.astype(np.uint8), other.astype(np.uint8))
    np.testing.assert_allclose(value, luminance**0.1333, rtol=1e-6)


def test_equal_images():
    large = GOLDEN["large"]
    np.testing.assert_array_equal(psnr(IMAGES, IMAGES), np.inf)
    np.testing.assert_allclose(ssim(IMAGES, IMAGES), 1, atol=1e-12)
    np.testing.assert_allclose(ms_ssim(large, large), 1, atol=1e-12)


def test_symmetric_and_worse_with_more_noise():
    for metric in (psnr, ssim):
        value = metric(IMAGES, NOISY)
        assert value[0] > value[1]
        np.testing.assert_allclose(value, metric(NOISY, IMAGES))


def test_opposite_images():
    large = GOLDEN["large"]
    assert ms_ssim(large[1:], 255 - large[1:])[0] < 0.1
    assert ssim(IMAGES[:1], 255 - IMAGES[:1])[0] < 0.1


@pytest.mark.parametrize("metric", [psnr, ssim, ms_ssim])
def test_border_is_left_out(metric):
    images = GOLDEN["large"][:1]
    noisy = images.copy()
    noisy[:, :4] = noisy[:, -4:] = noisy[:, :, :4] = noisy[:, :, -4:] = 9
    best = np.inf if metric is psnr else 1
    assert metric(images, noisy)[0] < best
    assert metric(images, noisy, crop_border=4)[0] == pytest.approx(best)
    inner = slice(None), slice(3, -3), slice(3, -3)
    np.testing.assert_allclose(
        metric(images, noisy, "y", crop_border=3),
        metric(images[inner], noisy[inner], "y"),
    )


def test_no_images():
    assert psnr(IMAGES[:0], NOISY[:0]).shape == (0,)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": IMAGES[0]}, r"shapes \(24, 30, 3\)"),
        ({"images": IMAGES[:1]}, r"\(1, 24, 30, 3\) and \(2, 24, 30, 3\)"),
        ({"images": IMAGES.astype(np.float32)}, "dtype=float32, values from"),
        ({"references": IMAGES.astype(np.int64)}, "dtype=int64, values from"),
        ({"images": IMAGES * np.nan}, "values from nan"),
        ({"images": IMAGES / 255 + 0.01}, r"to 1\.01"),
        ({"color": "ycbcr"}, "color='ycbcr'"),
        ({"crop_border": -1}, "crop_border=-1"),
        ({"crop_border": 1.5}, r"crop_border=1\.5"),
        ({"crop_border": 7}, "crop_border=7"),
    ],
)
def test_bad_arguments(change, message):
    with pytest.raises(ValueError, match=f"Received: .*{message}"):
        ssim(**{"images": IMAGES, "references": NOISY} | change)


def test_luma_of_grey_images_and_images_too_small():
    with pytest.raises(ValueError, match=r"Received: shape=\(2, 24, 30, 1\)"):
        psnr(IMAGES[..., :1], NOISY[..., :1], "y")
    with pytest.raises(ValueError, match="161 pixels wide and high"):
        ms_ssim(IMAGES, NOISY)
    with pytest.raises(ValueError, match="1 pixels wide and high"):
        psnr(IMAGES, NOISY, crop_border=12)
