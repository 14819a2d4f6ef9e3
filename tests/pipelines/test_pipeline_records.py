import gzip
import io

import pytest
import tensorflow as tf
from PIL import Image

import pipelines
from pipelines.tfds_sets import TFDSSource

pytestmark = pytest.mark.backend_free


def encoded(number):
    stream = io.BytesIO()
    Image.new("L", (4, 4), number * 20).save(stream, "PNG")
    return stream.getvalue()


def write(path, numbers, key="image/encoded"):
    with tf.io.TFRecordWriter(str(path)) as writer:
        for number in numbers:
            value = tf.train.BytesList(value=[encoded(number)])
            label = tf.train.Int64List(value=[number])
            feature = {
                key: tf.train.Feature(bytes_list=value),
                "label": tf.train.Feature(int64_list=label),
            }
            features = tf.train.Features(feature=feature)
            example = tf.train.Example(features=features)
            writer.write(example.SerializeToString())
    return path


def make(source, batch_size=2, **options):
    return pipelines.images(source, 4, batch_size, shuffle=False, **options)


@pytest.mark.parametrize("key", ["image", "image/encoded"])
@pytest.mark.parametrize(
    "name", ["x.tfrecord", "x.TFRecords", "x.tfrecord-00000-of-00002"]
)
def test_one_file(tmp_path, name, key, values):
    path = write(tmp_path / name, range(4), key)
    assert values(make(path)) == values(make(str(path))) == [0, 1, 2, 3]
    assert make(path).cardinality() == 2


def test_list_and_glob(tmp_path, values):
    paths = [
        write(tmp_path / f"x.tfrecord-0000{part}-of-00002", numbers)
        for part, numbers in enumerate([[0, 1, 2], [3, 4]])
    ]
    assert values(make(paths, 5)) == [0, 1, 2, 3, 4]
    assert values(make(str(tmp_path / "x.tf*"), 5)) == [0, 1, 2, 3, 4]
    assert values(make(tuple(paths[::-1]), 5)) == [3, 4, 0, 1, 2]


def test_shuffling_spans_all_files_and_resumes(tmp_path, values):
    paths = [
        write(tmp_path / f"{first}.tfrecord", range(first, first + 3))
        for first in (0, 3, 6)
    ]
    dataset = pipelines.images(paths, 4, 3)
    epochs = [values(dataset) for _ in range(3)]
    assert all(sorted(epoch) == list(range(9)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]
    endless = pipelines.images(paths, 4, 3, repeat=True)
    pipelines.set_epoch(2, steps_per_epoch=2)
    assert values(endless.take(5)) == (epochs[1] + epochs[2])[3:]


def test_cache(tmp_path, values):
    path = write(tmp_path / "x.tfrecord", range(4))
    cache = tmp_path / "c.npy"
    for _ in range(2):
        assert values(make(path, cache=cache)) == [0, 1, 2, 3]
    write(path, range(5))
    assert values(make(path, 5, cache=cache)) == [0, 1, 2, 3, 4]
    assert values(make(path, cache=True)) == [0, 1, 2, 3]


@pytest.mark.parametrize("change", [-3, -30, 5])
def test_truncated_file(tmp_path, change):
    path = write(tmp_path / "x.tfrecord", range(4))
    data = path.read_bytes()
    path.write_bytes(data[:change] if change < 0 else data + b"12345")
    with pytest.raises(ValueError, match=r"x\.tfrecord is trunc.*Received: "):
        make(path)


def test_compressed_file(tmp_path):
    path = write(tmp_path / "x.tfrecord", range(4))
    path.write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(ValueError, match=r"compressed.*Received: "):
        make(path)


def test_empty_file(tmp_path):
    (tmp_path / "x.tfrecord").write_bytes(b"")
    with pytest.raises(ValueError, match=r"no record.*Received: .*x\.tfr"):
        make(tmp_path / "x.tfrecord")


def test_no_image_in_record(tmp_path):
    path = write(tmp_path / "x.tfrecord", range(4), key="picture")
    message = r"record 0 of .*x\.tfrecord: .*'image'.*'label', 'picture'"
    with pytest.raises(ValueError, match=message):
        make(path)


def test_no_example_in_record(tmp_path):
    path = tmp_path / "x.tfrecord"
    with tf.io.TFRecordWriter(str(path)) as writer:
        writer.write(b"not an example")
    with pytest.raises(ValueError, match=r"record 0 of .*x\.tfrecord"):
        make(path, 1)


def test_lists_are_checked(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no such.*Received: .*y"):
        make([write(tmp_path / "x.tfrecord", range(2)), tmp_path / "y"])
    with pytest.raises(ValueError, match=r"must not be empty.*Received"):
        make([])


# TFDS


def test_tfds(prepared, values):
    options = {"data_dir": prepared, "batch_size": 1}
    everything = values(make("tfds:tiny_shades", **options))
    assert sorted(everything) == list(range(6))
    parts = [
        values(make("tfds:tiny_shades:1.0.0", split=split, **options))
        for split in ("train[:4]", "train[4:]", "test")
    ]
    assert parts[:2] == [everything[:4], everything[4:]]
    assert sorted(parts[2]) == [7, 8]
    both = values(make("tfds:tiny_shades", split="test+train", **options))
    assert both == parts[2] + everything


def test_tfds_cache(prepared, values, tmp_path):
    options = {"data_dir": prepared, "cache": tmp_path / "c.npy"}
    first = values(make("tfds:tiny_shades", **options))
    assert values(make("tfds:tiny_shades", **options)) == first
    options["split"] = "train[2:]"
    assert values(make("tfds:tiny_shades", **options)) == first[2:]


@pytest.mark.parametrize("split", ["validation", "train[", "", "train[90:]"])
def test_tfds_split(prepared, split):
    with pytest.raises(ValueError, match=r"Received: "):
        make("tfds:tiny_shades", split=split, data_dir=prepared)


def test_tfds_not_prepared(tmp_path):
    message = r"'mnist' is not prepared in .*download_and_prepare.*Received: "
    with pytest.raises(FileNotFoundError, match=message):
        make("tfds:mnist", data_dir=tmp_path)


def test_tfds_unknown(tmp_path):
    with pytest.raises(ValueError, match=r"catalog.*'tfds:mnisst'$") as error:
        make("tfds:mnisst", data_dir=tmp_path)
    assert len(str(error.value)) < 300


def test_random_access_formats(values):
    data = [{"image": encoded(number)} for number in range(4)]
    source = TFDSSource("tiny:1.0.0:train", data, "image")
    assert len(source) == 4
    assert (source.load(3, 4, 1) == 60).all()
    data[2]["image"] = b""
    with pytest.raises(ValueError, match="example 2 of tiny"):
        source.load(2, 4, 1)
