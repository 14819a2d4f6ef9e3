"""Labelled images: each image keeps its own label, whatever the source."""

import zipfile

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from test_pipeline_records import encoded, write

import pipelines
from pipelines.tfds_sets import TFDSSource

pytestmark = pytest.mark.backend_free


def numbers_and_labels(dataset):
    """The grey level of each image over 20, and its label."""
    pairs = []
    for images, labels in dataset:
        numbers = np.rint((images.numpy()[:, 0, 0, 0] + 1) * 127.5 / 20)
        pairs += zip(numbers.astype(int).tolist(), labels.numpy(), strict=True)
    return [(number, int(label)) for number, label in pairs]


def make(source, batch_size=2, **options):
    options = {"shuffle": False, "drop_remainder": False} | options
    return pipelines.labelled_images(source, 4, batch_size, **options)


def shades(count):
    """Image k is k * 20 everywhere."""
    return np.arange(count, dtype=np.uint8)[:, None, None] * np.full(
        (4, 4), 20, np.uint8
    )


@pytest.fixture
def folder(tmp_path):
    """Image k is k * 20; in folders whose sorted order is not that of k."""
    names = ["b/0", "c/1", "a/x/2", "c/3", "a/4", "b/5", "c/6"]
    for number, name in enumerate(names):
        path = tmp_path / "data" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4), number * 20).save(path)
    return tmp_path / "data"


IN_FOLDERS = {0: 1, 1: 2, 2: 0, 3: 2, 4: 0, 5: 1, 6: 2}


@pytest.fixture
def broken(folder):
    """The same, images 3 and 4 of it damaged."""
    for name in ("c/3", "a/4"):
        (folder / f"{name}.png").write_bytes(b"no image")
    return folder


# Sources


@pytest.mark.parametrize("kind", [tuple, list])
@pytest.mark.parametrize("dtype", ["uint8", "int64"])
def test_arrays(kind, dtype):
    labels = np.array([2, 0, 1, 2, 0], dtype)
    source = kind([shades(5), labels])
    assert numbers_and_labels(make(source)) == list(enumerate(labels.tolist()))
    assert pipelines.class_names(source) == ["0", "1", "2"]
    assert make(source, drop_remainder=True).element_spec == (
        tf.TensorSpec((2, 4, 4, 1), tf.float32),
        tf.TensorSpec((2,), tf.int32),
    )


def test_folder(folder):
    assert dict(numbers_and_labels(make(folder))) == IN_FOLDERS
    assert pipelines.class_names(str(folder)) == ["a", "b", "c"]


def test_an_empty_folder_is_a_class(folder):
    """So that it numbers the others as where it has images."""
    (folder / "bb").mkdir()
    (folder / ".hidden").mkdir()
    assert pipelines.class_names(folder) == ["a", "b", "bb", "c"]
    shifted = {0: 0, 1: 1, 2: 3}
    expected = {image: shifted[label] for image, label in IN_FOLDERS.items()}
    assert dict(numbers_and_labels(make(folder))) == expected


def test_names_of_classes_number_them(folder):
    names = ["c", "b", "z", "a"]
    expected = {0: 1, 1: 0, 2: 3, 3: 0, 4: 3, 5: 1, 6: 0}
    dataset = make(folder, class_names=names)
    assert dict(numbers_and_labels(dataset)) == expected


@pytest.mark.parametrize("names", [["a", "b"], ["a", "b", "c", "c"]])
def test_wrong_names_of_classes(folder, names):
    with pytest.raises(ValueError, match=r"`class_names` must name.*Received"):
        make(folder, class_names=names)


def test_names_of_classes_are_those_of_folders():
    source = shades(3), np.arange(3)
    with pytest.raises(ValueError, match=r"of folders.*Received: tuple"):
        make(source, class_names=["a", "b", "c"])


@pytest.mark.parametrize("around", ["", "flowers/", "one/two/"])
def test_zip(folder, tmp_path, around):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in folder.rglob("*.png"):
            archive.write(file, f"{around}{file.relative_to(folder)}")
    assert dict(numbers_and_labels(make(path))) == IN_FOLDERS
    assert pipelines.class_names(path) == ["a", "b", "c"]


def test_zip_of_one_class(folder, tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(folder / "c/1.png", "only/1.png")
    assert numbers_and_labels(make(path, 1)) == [(1, 0)]
    assert pipelines.class_names(path) == ["only"]


def test_records(tmp_path):
    paths = [
        write(tmp_path / "x.tfrecord", [3, 1]),
        write(tmp_path / "y.tfrecord", [0, 2]),
    ]
    expected = [(n, n) for n in (3, 1, 0, 2)]
    assert numbers_and_labels(make(paths)) == expected
    assert pipelines.class_names(paths) == ["0", "1", "2", "3"]


def test_tfds(prepared):
    options = {"data_dir": prepared, "split": "train[1:]+test"}
    pairs = numbers_and_labels(make("tfds:tiny_shades", **options))
    assert len(pairs) == 7
    assert all(number == label for number, label in pairs)
    names = pipelines.class_names("tfds:tiny_shades", **options)
    assert names == [str(number) for number in range(10)]


def test_tfds_in_random_access_formats(monkeypatch):
    data = [{"image": encoded(n), "kind": n + 1} for n in range(3)]
    source = TFDSSource("tiny:1.0.0:train", data, "image", "kind", list("abcd"))
    monkeypatch.setattr("pipelines.labels.resolve", lambda *_: source)
    assert numbers_and_labels(make("tfds:tiny")) == [(0, 1), (1, 2), (2, 3)]
    assert pipelines.class_names("tfds:tiny") == list("abcd")
    source.label_key = None
    with pytest.raises(ValueError, match=r"class label.*Received: tiny"):
        make("tfds:tiny")


def test_fashion_mnist_10k():
    names = pipelines.class_names("fashion_mnist_10k")
    assert len(names) == 10
    assert (names[1], names[9]) == ("Trouser", "Ankle boot")
    dataset = make("fashion_mnist_10k", 10_000)
    ((images, labels),) = pipelines.labelled_images(
        "fashion_mnist_10k", 28, 10_000, shuffle=False
    )
    expected, expected_labels = pipelines.fashion_mnist_10k()
    np.testing.assert_array_equal(labels, expected_labels)
    images = np.rint((images.numpy()[..., 0] + 1) * 127.5)
    np.testing.assert_array_equal(images, expected)
    assert dataset.cardinality() == 1


# Options


def test_images_and_order_are_those_of_images(folder):
    options = {"shuffle_seed": 3, "flip": True}
    labelled = pipelines.labelled_images(folder, 4, 3, **options)
    alone = pipelines.images(folder, 4, 3, **options)
    orders = []
    for _ in range(3):
        got = [images.numpy() for images, _ in labelled]
        expected = [images.numpy() for images in alone]
        np.testing.assert_array_equal(got, expected)
        orders.append([image.max() for image in np.concatenate(got)])
    assert orders[0] != orders[1] != orders[2]


def test_labels_follow_the_order_and_a_resume(folder):
    dataset = make(folder, shuffle=True)
    epochs = [numbers_and_labels(dataset) for _ in range(3)]
    assert all(dict(epoch) == IN_FOLDERS for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]
    pipelines.set_epoch(1)
    assert numbers_and_labels(dataset) == epochs[1]


@pytest.mark.parametrize("cache", [False, True, "file"])
def test_labels_of_images_that_are_left_out(broken, tmp_path, cache):
    cache = tmp_path / "c.npy" if cache == "file" else cache
    expected = {n: c for n, c in IN_FOLDERS.items() if n not in (3, 4)}
    for _ in range(2):  # The second time from the file, where there is one.
        with pytest.warns(UserWarning, match="2 of 7 images") as warned:
            dataset = pipelines.labelled_images(
                broken, 4, 2, cache=cache, on_error="skip", drop_remainder=False
            )
        assert dict(numbers_and_labels(dataset)) == expected
        assert warned[0].filename == __file__


# Errors


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1, 2], r"\(4,\).*shape \(3,\)"),
        ([[0], [1], [2], [3]], r"\(4,\).*shape \(4, 1\)"),
        ([0.0, 1, 2, 3], "integer.*float64"),
        ([True, False, True, True], "integer.*bool"),
        ([0, 1, -1, 0], "negative.*-1"),
    ],
)
def test_wrong_arrays(labels, message):
    with pytest.raises(ValueError, match=message) as error:
        make((shades(4), np.array(labels)))
    assert "Received: " in str(error.value)


def test_images_without_labels(folder, tmp_path):
    with pytest.raises(ValueError, match=r"pair \(images, labels\).*Received"):
        make(shades(4))
    Image.new("L", (4, 4)).save(folder / "loose.png")
    with pytest.raises(ValueError, match=r"per class.*Received: 'loose\.png'"):
        make(folder)
    path = tmp_path / "x.tfrecord"
    with tf.io.TFRecordWriter(str(path)) as writer:
        writer.write(tf.train.Example().SerializeToString())
    with pytest.raises(ValueError, match=r"integer.*Received: record 0 of .*x"):
        make(path)


def test_other_arguments_are_checked_as_by_images(folder):
    with pytest.raises(ValueError, match=r"`batch_size`.*Received"):
        make(folder, 0)
    with pytest.raises(ValueError, match=r"`split`.*Received"):
        make(folder, split="test")
    with pytest.raises(TypeError, match="chanels"):
        make(folder, chanels=1)
