"""The network of FID against torch-fidelity, and where its weights are from."""

import contextlib
import functools
import http.server
import pathlib
import threading

import keras
import numpy as np
import pytest
from support.drawn_weights import draw_weights
from support.pytorch_files import write_state_dict

from zoo.converters import CheckpointError
from zoo.converters.mapping import Entry
from zoo.metrics.features import get_extractor, inception
from zoo.metrics.features.weights import PublicWeights, file_sha256

GOLDEN = np.load(pathlib.Path(__file__).with_name("inception_golden.npz"))
SHAPES = {
    str(name): tuple(map(int, str(shape).split()))
    for name, shape in zip(GOLDEN["names"], GOLDEN["shapes"], strict=True)
}


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    """The drawn weights in a file as the public one is written."""
    path = tmp_path_factory.mktemp("inception") / "weights.pth"
    write_state_dict(path, draw_weights(SHAPES), legacy=True)
    yield path
    path.unlink()


@pytest.fixture(scope="session")
def extractor(checkpoint):
    return get_extractor("inception", weights=checkpoint, batch_size=2)


@pytest.mark.parametrize("size", ["small", "large"])
def test_agrees_with_torch_fidelity(extractor, size):
    images = GOLDEN[size]
    features = extractor(images)
    worst = np.abs(features.pool - GOLDEN[f"{size}_pool"]).max()
    assert worst < 1e-4, worst
    worst = np.abs(features.logits - GOLDEN[f"{size}_logits"]).max()
    assert worst < 1e-4, worst
    assert features.pool.dtype == features.logits.dtype == np.float32
    assert features.pool.shape == (len(images), 2048)
    assert features.logits.shape == (len(images), 1008)


def test_logits_with_bias(extractor):
    inputs = inception.prepare(keras.ops.convert_to_tensor(GOLDEN["small"]))
    outputs = extractor.network.predict(inputs, verbose=0)
    worst = outputs["logits_biased"] - GOLDEN["small_logits_biased"]
    assert np.abs(worst).max() < 1e-4


def test_names_the_weights(extractor, checkpoint):
    assert extractor.name == "inception"
    assert extractor.version == f"2015-12-05-{file_sha256(checkpoint)[:8]}"
    assert extractor.network.count_params() == sum(
        np.prod(shape)
        for name, shape in SHAPES.items()
        # Four vectors of a batch normalization fold into one bias.
        if name.endswith(("conv.weight", "bn.bias", "fc.weight", "fc.bias"))
    )


@pytest.mark.parametrize("size", [4, 299, 400])
def test_resizes_as_tensorflow_1(size):
    """By hand, pixel by pixel, from the definition."""
    rng = np.random.default_rng(0)
    images = rng.uniform(0, 255, (1, size, 3, 1)).astype("float32")
    resized = keras.ops.convert_to_numpy(
        inception.resize_like_tensorflow_1(images, 299)
    )
    for y, x in ((0, 0), (100, 150), (298, 298), (297, 1)):
        at_y, at_x = y * size / 299, x * 3 / 299
        y0, x0 = int(at_y + 1e-6), int(at_x)
        y1, x1 = min(y0 + 1, size - 1), min(x0 + 1, 2)
        dy, dx = at_y - y0, at_x - x0
        one = images[0, :, :, 0]
        expected = (
            one[y0, x0] * (1 - dy) * (1 - dx)
            + one[y0, x1] * (1 - dy) * dx
            + one[y1, x0] * dy * (1 - dx)
            + one[y1, x1] * dy * dx
        )
        assert resized[0, y, x, 0] == pytest.approx(expected, abs=1e-2)


def test_other_checkpoints_are_refused(checkpoint, tmp_path):
    path = tmp_path / "other.pth"
    arrays = {"conv.weight": np.zeros((2, 2), "float32")}
    write_state_dict(path, arrays)
    with pytest.raises(CheckpointError, match=r"missing: 'Conv2d_1a_3x3\.conv"):
        inception.inception(path)
    with pytest.raises(FileNotFoundError):
        inception.inception(tmp_path / "none.pth")


@contextlib.contextmanager
def serving(directory):
    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Handler, directory=str(directory))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_downloads_once(checkpoint, extractor, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with serving(checkpoint.parent) as url:
        public = PublicWeights(f"{url}/weights.pth", file_sha256(checkpoint))
        monkeypatch.setattr(inception, "PUBLIC_WEIGHTS", public)
        first = inception.inception()
    cached = sorted(x.name for x in (tmp_path / "zoo").iterdir())
    assert cached == [
        f"weights-{public.sha256[:8]}.weights.h5",
        "weights.pth",
    ]
    (tmp_path / "zoo" / "weights.pth").unlink()
    second = inception.inception()  # No server, no checkpoint.
    assert first.version == second.version == extractor.version
    for one, other in zip(
        second.network.weights, extractor.network.weights, strict=True
    ):
        np.testing.assert_array_equal(
            keras.ops.convert_to_numpy(one), keras.ops.convert_to_numpy(other)
        )


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A layer, its plan, and a directory with its checkpoint."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    plan = [Entry(network.layers[0], ("w", "b"), lambda w, b: [w.T, b])]
    (tmp_path / "served").mkdir()
    path = tmp_path / "served" / "tiny.pth"
    rng = np.random.default_rng(0)
    shapes = {"w": (3, 2), "b": (3,)}
    drawn = {k: rng.normal(size=v).astype("float32") for k, v in shapes.items()}
    write_state_dict(path, drawn)
    return network, plan, path, drawn["b"]


def cached(path):
    return [x.name for x in (path.parents[1] / "home" / "zoo").iterdir()]


def test_wrong_hash_leaves_nothing(tiny):
    network, plan, path, _ = tiny
    with serving(path.parent) as url:
        public = PublicWeights(f"{url}/tiny.pth", "0" * 64)
        with pytest.raises(CheckpointError, match=r"SHA-256 000.*Received: "):
            public.load_into(network, plan)
    assert cached(path) == []


def test_failed_download_leaves_nothing(tiny):
    network, plan, path, _ = tiny
    with serving(path.parent) as url:
        public = PublicWeights(f"{url}/none.pth", "0" * 64)
        with pytest.raises(OSError, match=r"path in `weights`.*404"):
            public.load_into(network, plan)
    assert cached(path) == []


def test_damaged_cache_is_made_again(tiny):
    network, plan, path, bias = tiny
    with serving(path.parent) as url:
        public = PublicWeights(f"{url}/tiny.pth", file_sha256(path))
        public.load_into(network, plan)
    names = cached(path)
    home = path.parents[1] / "home" / "zoo"
    for name in names:
        if name.endswith(".h5"):
            (home / name).write_bytes(b"damaged")
    network.layers[0].set_weights([np.zeros((2, 3)), np.zeros(3)])
    public.load_into(network, plan)  # From the checkpoint, which is whole.
    np.testing.assert_array_equal(network.layers[0].get_weights()[1], bias)
    assert sorted(cached(path)) == sorted(names)


@pytest.mark.parametrize(
    ("arrays", "match"),
    [
        ({"w": (3, 2)}, "missing: 'b'"),
        ({"w": (3, 2), "b": (3,), "x": ()}, "left over: 'x'"),
        ({"w": (3, 3), "b": (3,)}, r"wrong shapes: .*\(3, 3\)"),
    ],
)
def test_every_tensor_is_accounted_for(tiny, arrays, match):
    network, plan, path, _ = tiny
    arrays = {k: np.zeros(v, "float32") for k, v in arrays.items()}
    write_state_dict(path, arrays)
    with serving(path.parent) as url:
        public = PublicWeights(f"{url}/tiny.pth", file_sha256(path))
        with pytest.raises(CheckpointError, match=match):
            public.load_into(network, plan)
    assert [x for x in cached(path) if x.endswith(".h5")] == []
