"""Makes `golden.npz`: small inputs and what other libraries make of them.

    pip install torch-fidelity scikit-image tensorflow
    python tests/metrics/make_golden.py

FID, KID, IS, precision and recall are torch-fidelity's, PSNR and SSIM
scikit-image's, MS-SSIM TensorFlow's (in float32).
"""

import pathlib
import sys
import unittest.mock

import numpy as np
import skimage.color
import skimage.metrics
import tensorflow as tf
import torch

# torch-fidelity imports torchvision for its data sets and networks, and none
# of them is used here: where torchvision is missing, empty modules do.
try:
    import torchvision  # noqa: F401
except ImportError:
    for name in ("", ".datasets", ".transforms", ".transforms.functional"):
        sys.modules["torchvision" + name] = unittest.mock.MagicMock()
    for name in ("CIFAR10", "CIFAR100", "STL10"):
        setattr(sys.modules["torchvision.datasets"], name, object)

from torch_fidelity import metric_fid, metric_isc, metric_kid, metric_prc

KID = {"kid_subsets": 7, "kid_subset_size": 60, "rng_seed": 2020}


def features_and_values(random):
    """Features of two sets and torch-fidelity's numbers of them."""
    mix = random.normal(size=(16, 16))
    one = (random.normal(size=(220, 16)) @ mix + 1).astype(np.float32)
    two = 0.9 * random.normal(size=(180, 16)) @ mix + random.normal(size=16)
    two = two.astype(np.float32)
    logits = random.normal(size=(203, 10), scale=3).astype(np.float32)
    yield from {"one": one, "two": two, "logits": logits}.items()

    # In float64, since float32 features make torch-fidelity use float32.
    one, two, logits = (
        torch.from_numpy(x.astype(np.float64)) for x in (one, two, logits)
    )
    for name, count in {"fid": None, "fid_singular": 9}.items():
        statistics = (
            metric_fid.fid_features_to_statistics(x[:count]) for x in (one, two)
        )
        value = metric_fid.fid_statistics_to_metric(*statistics, False)
        yield name, list(value.values())
    value = metric_kid.kid_features_to_metric(one, two, verbose=False, **KID)
    yield "kid", list(value.values())
    for name, shuffle in {"isc": False, "isc_shuffled": True}.items():
        value = metric_isc.isc_features_to_metric(logits, 10, shuffle, 2020)
        yield name, list(value.values())
    # The first argument of torch-fidelity's is the generated set.
    value = metric_prc.prc_features_to_metric(two, one, verbose=False)
    yield "precision_recall", [value["precision"], value["recall"]]


def images_and_values(random):
    """Pairs of images, PSNR and SSIM on RGB and on Y, MS-SSIM."""
    coarse = random.integers(0, 256, (2, 6, 6, 3))
    images = np.kron(coarse, np.ones((1, 4, 5, 1))).astype(np.uint8)
    noise = random.normal(scale=[10, 40], size=(*images.shape[1:], 2))
    noisy = images + np.moveaxis(noise, -1, 0)
    noisy = noisy.clip(0, 255).round().astype(np.uint8)
    yield from {"images": images, "noisy": noisy}.items()
    kind = {"gaussian_weights": True, "sigma": 1.5}
    kind |= {"use_sample_covariance": False, "data_range": 255}
    kind |= {"channel_axis": -1}
    for color in ("rgb", "y"):
        psnr, ssim = [], []
        for pair in zip(images, noisy, strict=True):
            if color == "y":
                pair = [skimage.color.rgb2ycbcr(x)[..., :1] for x in pair]
            pair = [x.astype(np.float64) for x in pair]
            psnr.append(
                skimage.metrics.peak_signal_noise_ratio(*pair, data_range=255)
            )
            ssim.append(skimage.metrics.structural_similarity(*pair, **kind))
        yield f"psnr_{color}", psnr
        yield f"ssim_{color}", ssim
    # Of repeated pixels, to be packed well; odd at several scales.
    large = np.kron(random.integers(0, 200, (11, 11, 3)), np.ones((17, 18, 1)))
    texture = np.tile(random.integers(0, 56, (11, 9, 3)), (17, 22, 1))
    large = np.stack([large, large + texture]).astype(np.uint8)
    yield "large", large
    value = tf.image.ssim_multiscale(*tf.constant(large[:, None]), 255)
    yield "ms_ssim", value.numpy()


if __name__ == "__main__":
    random = np.random.default_rng(0)
    values = dict(features_and_values(random)) | dict(images_and_values(random))
    path = pathlib.Path(__file__).with_name("golden.npz")
    np.savez_compressed(path, **values)
    print({k: v for k, v in values.items() if np.size(v) < 5})
    print(path.stat().st_size, "bytes")
