import functools
import gzip
import hashlib
import http.server
import importlib.util
import shutil
import struct
import threading
from pathlib import Path

import numpy as np
import pytest

import pipelines
from pipelines import fashion

pytestmark = pytest.mark.backend_free

SYSTEM = fashion.SYSTEM_FOLDER
needs_debian = pytest.mark.skipif(
    not SYSTEM.is_dir(), reason="needs the package dataset-fashion-mnist"
)


def idx(array):
    """The array as a packed IDX file."""
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    header = bytes([0, 0, 8, array.ndim]) + sizes
    return gzip.compress(header + array.tobytes())


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Stand-ins for the four files, and empty places to look for them."""
    random = np.random.default_rng(0)
    arrays, files = {}, {}
    for names in fashion.SPLITS.values():
        arrays[names[0]] = random.integers(0, 256, (3, 28, 28), np.uint8)
        arrays[names[1]] = random.integers(0, 10, 3, np.uint8)
    for name, array in arrays.items():
        files[name] = idx(array)
        digest = hashlib.sha256(gzip.decompress(files[name])).hexdigest()
        monkeypatch.setitem(fashion.SHA256, name, digest)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(fashion, "SYSTEM_FOLDER", tmp_path / "system")
    monkeypatch.setattr(fashion, "BASE_URL", "http://127.0.0.1:1/")
    return arrays, files


@pytest.fixture
def server(tmp_path, monkeypatch, small):
    """A local server of the four files; the folder it serves."""
    folder = tmp_path / "served"
    folder.mkdir()
    for name, content in small[1].items():
        (folder / name).write_bytes(content)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    handler = functools.partial(Quiet, directory=folder)
    with http.server.HTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{running.server_port}/"
        monkeypatch.setattr(fashion, "BASE_URL", url)
        yield folder
        running.shutdown()
        thread.join()


def put(files, folder):
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


@pytest.mark.parametrize("split", ["train", "test"])
def test_download(small, server, tmp_path, split):
    arrays, _ = small
    images, labels = fashion.fashion_mnist(split)
    names = fashion.SPLITS[split]
    np.testing.assert_array_equal(images, arrays[names[0]])
    np.testing.assert_array_equal(labels, arrays[names[1]])
    cache = tmp_path / "keras" / "datasets" / "fashion-mnist"
    assert sorted(path.name for path in cache.iterdir()) == sorted(names)
    shutil.rmtree(server)  # the second time, no network is needed
    np.testing.assert_array_equal(fashion.fashion_mnist(split)[0], images)


@pytest.mark.parametrize(
    "content",
    [b"<html>", idx(np.zeros(3, np.uint8))],
    ids=["a page", "another file"],
)
def test_wrong_download_is_refused_and_removed(
    small, server, tmp_path, content
):
    (server / "train-images-idx3-ubyte.gz").write_bytes(content)
    with pytest.raises(ValueError, match=r"train-images.*Received: "):
        fashion.fashion_mnist()
    cache = tmp_path / "keras" / "datasets" / "fashion-mnist"
    assert list(cache.iterdir()) == []


def test_no_network(small):
    message = r"dataset-fashion-mnist.*fashion_mnist_10k.*Received: "
    with pytest.raises(ConnectionError, match=message):
        fashion.fashion_mnist()


def test_keras_cache_comes_first_then_the_system(small, tmp_path):
    arrays, files = small
    put(files, tmp_path / "system")
    images, _ = fashion.fashion_mnist()
    np.testing.assert_array_equal(images, arrays["train-images-idx3-ubyte.gz"])
    cache = tmp_path / "keras" / "datasets" / "fashion-mnist"
    put(dict.fromkeys(files, b"damaged"), cache)
    with pytest.raises(ValueError, match=r"keras.*Delete it.*Received: "):
        fashion.fashion_mnist()
    # What the user put there is the user's to delete.
    assert len(list(cache.iterdir())) == 4


def test_truncated_file_is_named(small, tmp_path):
    _, files = small
    cut = {name: content[:-30] for name, content in files.items()}
    put(cut, tmp_path / "system")
    with pytest.raises(ValueError, match=r"ubyte\.gz is truncated"):
        fashion.fashion_mnist()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not an IDX file"),
        (b"\0\0\x09\x01\0\0\0\0", "not an IDX file"),
        (b"\1\0\x08\x01\0\0\0\0", "not an IDX file"),
        (b"\0\0\x08\x03\0\0\0\1", "not an IDX file"),
        (b"\0\0\x08\x01\0\0\0\2x", "10 bytes.*Received: 9 bytes"),
        (b"\0\0\x08\x01\0\0\0\1xx", "9 bytes.*Received: 10 bytes"),
        (b"\0\0\x08\x02\xff\xff\xff\xff\xff\xff\xff\xff", "must hold 184467"),
    ],
)
def test_idx_is_checked(content, message):
    with pytest.raises(ValueError, match=f"^some file .*{message}"):
        fashion.read_idx(content, "some file")


def test_split_is_checked():
    with pytest.raises(ValueError, match=r"'train', 'test'.*Received: split="):
        fashion.fashion_mnist("validation")


@needs_debian
def test_real_files():
    images, labels = pipelines.fashion_mnist("test")
    assert images.shape == (10_000, 28, 28)
    assert np.bincount(labels).tolist() == [1000] * 10
    assert labels[:5].tolist() == [9, 2, 1, 1, 6]
    assert images.mean() == pytest.approx(73.1466, abs=1e-3)


def test_embedded_set():
    images, labels = pipelines.fashion_mnist_10k()
    assert images.shape == (10_000, 28, 28)
    assert images.dtype == labels.dtype == np.uint8
    assert np.bincount(labels).tolist() == [1000] * 10
    # The training set's published mean is 0.2860.
    assert images.mean() / 255 == pytest.approx(0.286, abs=0.003)
    # No class comes in one run, so that unshuffled batches are mixed.
    assert len(set(labels[:64].tolist())) == 10


@needs_debian
def test_embedded_set_is_what_the_script_makes(tmp_path):
    folder = Path(__file__).parents[2] / "pipelines" / "data"
    script = folder / "make_fashion_mnist_10k.py"
    spec = importlib.util.spec_from_file_location("make", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.__file__ = str(tmp_path / "script.py")
    module.main()
    with np.load(tmp_path / "fashion_mnist_10k.npz") as made:
        images, labels = pipelines.fashion_mnist_10k()
        np.testing.assert_array_equal(made["images"], images)
        np.testing.assert_array_equal(made["labels"], labels)


def test_pipeline_of_the_embedded_set():
    dataset = pipelines.images("fashion_mnist_10k", 28, 50, shuffle=False)
    assert dataset.cardinality() == 200
    got = next(iter(dataset)).numpy()[..., 0]
    expected = pipelines.fashion_mnist_10k()[0][:50]
    np.testing.assert_array_equal(np.rint((got + 1) * 127.5), expected)


@needs_debian
def test_pipeline_of_the_test_split():
    dataset = pipelines.images("fashion_mnist", 28, 100, split="test")
    assert dataset.cardinality() == 100
