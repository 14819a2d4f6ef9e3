import io
import os
import zipfile

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import pipelines

pytestmark = pytest.mark.backend_free


def first(dataset):
    return next(iter(dataset)).numpy()


def make(source, image_size=4, batch_size=2, **options):
    return pipelines.images(
        source, image_size, batch_size, shuffle=False, **options
    )


# Arrays


def test_float_array_is_kept_exactly():
    images = np.random.default_rng(0).uniform(-1, 1, (2, 4, 4, 3))
    np.testing.assert_array_equal(
        first(make(images.astype(np.float32))), images.astype(np.float32)
    )
    np.testing.assert_array_equal(first(make(images)), images.astype("f4"))
    grey = images[..., 0].astype(np.float32)
    expected = np.repeat(grey[..., None], 3, axis=-1)
    np.testing.assert_array_equal(first(make(grey, channels=3)), expected)


def test_float_array_is_rounded_to_be_resized():
    values = np.array([-1, 1, 0.501 * 2 / 255 - 1, 10.4 * 2 / 255 - 1])
    images = np.broadcast_to(values[:, None, None], (4, 8, 8))
    got = np.rint((first(make(images, batch_size=4)) + 1) * 127.5)
    assert got[:, 1, 1, 0].tolist() == [0, 255, 1, 10]


def test_array_is_cropped_without_rounding():
    images = np.zeros((2, 4, 10), np.float32)
    images[:, :, 3:7] = 0.123
    assert (first(make(images)) == np.float32(0.123)).all()


def test_array_equals_file(tmp_path, picture):
    for number in range(3):
        picture(number).save(tmp_path / f"{number}.png")
    array = np.stack([np.asarray(picture(number)) for number in range(3)])
    for channels in (1, 3, 4):
        options = {"batch_size": 3, "channels": channels, "image_size": 16}
        np.testing.assert_array_equal(
            first(make(array, **options)), first(make(tmp_path, **options))
        )


def test_two_channels_are_resized_apart(picture):
    grey = [np.asarray(picture(seed).convert("L")) for seed in (0, 1)]
    got = first(make(np.stack(grey, -1)[None], 8, 1))
    for plane in range(2):
        alone = first(make(grey[plane][None], 8, 1))
        np.testing.assert_array_equal(got[..., plane], alone[..., 0])


def test_what_converts_to_numpy_is_an_array():
    images = tf.zeros((2, 4, 4, 3), tf.uint8)
    assert (first(make(images)) == -1).all()


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.full((2, 4, 4), 255.0), r"\[-1, 1\].*from 255.0 to 255.0"),
        (np.full((2, 4, 4), -1.1), r"\[-1, 1\].*from -1.1 to -1.1"),
        (np.full((2, 4, 4), np.nan), r"\[-1, 1\].*from nan"),
        (np.zeros((2, 4, 4), np.int64), "uint8 .*dtype int64"),
        (np.zeros((2, 4, 4), bool), "uint8 .*dtype bool"),
        (np.zeros((4, 4), np.uint8), r"shape \(4, 4\)"),
        (np.zeros((0, 4, 4), np.uint8), r"shape \(0, 4, 4\)"),
        (np.zeros((2, 4, 0, 3), np.uint8), r"shape \(2, 4, 0, 3\)"),
        (np.zeros((2, 3, 64, 64), np.uint8), "1 to 4 channels"),
    ],
)
def test_wrong_arrays(images, message):
    with pytest.raises(ValueError, match=f"(?s){message}") as error:
        make(images)
    assert "Received: " in str(error.value)


# Folders and zip files


@pytest.fixture
def tree(tmp_path):
    """Images of brightness 0 to 4, among what is to be passed over."""
    folder = tmp_path / "tree"
    names = ["B.JPEG", "a/10.png", "a/9.WebP", "a/c/x.BMP", "b.gif"]
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        kind = ["jpeg", "png", "webp", "bmp", "gif"][number]
        Image.new("L", (4, 4), number * 20).convert("RGB").save(path, kind)
    for name in [".hidden.png", ".git/x.png", "__MACOSX/._a.png", "a/n.txt"]:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("not an image")
    (folder / "y.png").mkdir()
    return folder


def test_folder_in_order(tree, values):
    assert values(make(tree, batch_size=5)) == [0, 1, 2, 3, 4]
    assert values(make(str(tree), batch_size=5)) == [0, 1, 2, 3, 4]


def test_folder_with_links(tree, values):
    (tree / "a" / "loop").symlink_to(tree)
    assert values(make(tree, batch_size=5)) == [0, 1, 2, 3, 4]
    (tree / "a" / "c" / "up").symlink_to(tree / "a")
    assert values(make(tree, batch_size=5)) == [0, 1, 2, 3, 4]
    (tree.parent / "other").mkdir()
    (tree.parent / "other" / "in").symlink_to(tree / "a")
    assert values(make(tree.parent / "other", batch_size=3)) == [1, 2, 3]


def test_home_folder(tree, monkeypatch, values):
    monkeypatch.setenv("HOME", str(tree.parent))
    assert len(values(make("~/tree", batch_size=5))) == 5


def pack(folder, path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*"), reverse=True):
            archive.write(file, file.relative_to(folder))
    return path


def test_zip_equals_folder(tree, values):
    path = pack(tree, tree.parent / "images.ZIP")
    assert values(make(path, batch_size=5)) == [0, 1, 2, 3, 4]
    assert values(make(path, batch_size=5, cache=True)) == [0, 1, 2, 3, 4]


def test_damaged_zip(tree):
    path = pack(tree, tree.parent / "images.zip")
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ValueError, match=r"images\.zip is damaged.*Received:"):
        make(path)


def test_damaged_member_of_zip(tmp_path):
    stream = io.BytesIO()
    Image.new("L", (4, 4)).save(stream, "PNG")
    path = tmp_path / "images.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.png", stream.getvalue())
    data = path.read_bytes()
    path.write_bytes(data.replace(b"IDAT", b"IDAX", 1))
    with pytest.raises(ValueError, match=r"images\.zip/a\.png: Bad CRC"):
        make(path, batch_size=1)


def test_nothing_in_folder_or_zip(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"empty holds no image.*\.webp.*Rece"):
        make(tmp_path / "empty")
    path = pack(tmp_path / "empty", tmp_path / "empty.zip")
    with pytest.raises(ValueError, match=r"zip holds no image.*\.webp.*Recei"):
        make(path)


def test_images_of_other_formats_are_named(tree, values):
    for name in ("a.HEIC", "a/b.psd", ".c.heic"):
        (tree / name).write_bytes(b"")
    message = r"left out of the folder .*PNG or JPEG: 2 of them, a\.HEIC, a/b"
    with pytest.warns(UserWarning, match=message):
        assert values(make(tree, batch_size=5)) == [0, 1, 2, 3, 4]


# Lists and globs


def test_lists_and_globs(tree, values):
    """They were taken for TFRecord files."""
    names = ["b.gif", "a/9.WebP", "B.JPEG"]
    files = [tree / name for name in names]
    assert values(make(files, batch_size=3)) == [4, 2, 0]
    assert values(make([str(file) for file in files], batch_size=3)) == [
        *(4, 2, 0)
    ]
    assert values(make(f"{tree}/*", batch_size=2)) == [0, 4]
    assert values(make(f"{tree}/**/*.*", batch_size=5)) == [0, 1, 2, 3, 4]
    assert values(make(f"{tree}/a/*.png", batch_size=1)) == [1]


def test_labels_of_a_glob(tmp_path, picture):
    for name in ("cat/1.png", "cat/2.png", "dog/1.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        picture().save(tmp_path / name)
    data = pipelines.labelled_images(f"{tmp_path}/*/*.png", 4, 3, shuffle=False)
    assert next(iter(data))[1].numpy().tolist() == [0, 0, 1]


def test_wrong_lists(tree):
    for items, message in [
        ([tree / "b.gif", tree / "a/n.txt"], r"image files alone.*n\.txt"),
        ([tree], r"give one folder alone"),
        ([tree / "no.png"], r"no such image file"),
        ([tree / "no.tfrecord"], r"no such TFRecord file"),
    ]:
        error = FileNotFoundError if "no such" in message else ValueError
        with pytest.raises(error, match=message):
            make(items)


# Damaged images


@pytest.mark.parametrize("cache", [False, True])
@pytest.mark.parametrize("content", [b"", b"this is text", b"\xff\xd8\xff\xe0"])
def test_first_image_is_checked(tmp_path, content, cache):
    (tmp_path / "x.jpg").write_bytes(content)
    size = len(content)
    with pytest.raises(ValueError, match=rf"x\.jpg: .*Received: {size} bytes"):
        make(tmp_path, batch_size=1, cache=cache)


def test_truncated_jpeg(tmp_path, picture):
    path = tmp_path / "x.jpg"
    picture(height=200, width=200).save(path)
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(ValueError, match=r"x\.jpg: .*truncated"):
        make(tmp_path, batch_size=1)


def test_cached_images_are_all_checked(broken):
    with pytest.raises(ValueError, match=r"/2\.png: .*truncated.*Received:"):
        make(broken, cache=True)


def test_streaming_names_the_file(broken, values):
    dataset = make(broken)
    message = r"2\.png: image file is truncated"
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        values(dataset)


@pytest.mark.parametrize("cache", [False, True])
def test_skip(broken, values, cache):
    with pytest.warns(UserWarning, match=r"3 of 10.*2\.png.*5\.png.*7\.png$"):
        dataset = make(broken, batch_size=7, on_error="skip", cache=cache)
    assert dataset.cardinality() == 1
    assert values(dataset) == [0, 1, 3, 4, 6, 8, 9]


def test_skip_without_damage_is_silent(numbered, values):
    assert values(make(numbered, on_error="skip")) == list(range(10))


def test_skip_of_everything(tmp_path):
    (tmp_path / "x.jpg").write_bytes(b"")
    with pytest.raises(ValueError, match=r"None of the 1 .*Received: .*x\.jpg"):
        make(tmp_path, on_error="skip")


def test_skip_leaving_too_few(broken):
    message = "number of images, 7,.*Received: batch_size=8"
    with (
        pytest.warns(UserWarning, match="3 of 10"),
        pytest.raises(ValueError, match=message),
    ):
        make(broken, batch_size=8, on_error="skip")


def test_decompression_bomb_is_named(numbered, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 7)
    with pytest.raises(ValueError, match=r"0\.png: .*decompression bomb"):
        make(numbered)


def test_vanished_file_is_named(numbered, values):
    dataset = make(numbered)
    os.remove(numbered / "3.png")
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"3\.png"):
        values(dataset)


# Names


@pytest.mark.parametrize(
    "source", ["no/such", "x.zip", "./data", "~/nothing-here", "*.tfrecord"]
)
def test_missing_path(source):
    with pytest.raises(FileNotFoundError, match=r"no such .*Received: "):
        make(source)


@pytest.mark.parametrize(
    ("source", "near"),
    [
        ("fashion_mnis", "Did you mean 'fashion_mnist'"),
        ("fashion-mnist-10k", "Did you mean 'fashion_mnist_10k'"),
        ("celeba", "neither"),
        ("", "neither"),
    ],
)
def test_unknown_name(source, near):
    with pytest.raises(ValueError, match=near) as error:
        make(source)
    text = str(error.value)
    assert "'twemoji', 'tfds:NAME'" in text
    assert text.endswith(f"Received: source={source!r}")
    assert ("Did you mean" in text) == ("Did" in near)


@pytest.mark.parametrize("source", [None, 3, [np.zeros((4, 4))], [], {}])
def test_wrong_type(source):
    with pytest.raises(ValueError, match="Received: "):
        make(source)


def test_other_file(tmp_path):
    path = tmp_path / "x.png"
    Image.new("L", (4, 4)).save(path)
    with pytest.raises(ValueError, match=r"zip.*tfrecord.*Received:.*x\.png"):
        make(path)


# Arguments


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"image_size": 0}, "image_size"),
        ({"image_size": 4.0}, "image_size"),
        ({"image_size": (4, 4)}, "image_size"),
        ({"image_size": True}, "image_size"),
        ({"batch_size": 0}, "batch_size"),
        ({"batch_size": None}, "batch_size"),
        ({"batch_size": 11}, "batch_size"),
        ({"channels": 0}, "channels"),
        ({"channels": 5}, "channels"),
        ({"channels": 2}, "channels"),
        ({"channels": "3"}, "channels"),
        ({"shuffle_seed": -1}, "shuffle_seed"),
        ({"shuffle_seed": None}, "shuffle_seed"),
        ({"on_error": "ignore"}, "on_error"),
        ({"split": "test"}, "split"),
    ],
)
def test_wrong_arguments(numbered, options, name):
    arguments = {"source": numbered, "image_size": 4, "batch_size": 2}
    with pytest.raises(ValueError, match=rf"Received: {name}="):
        pipelines.images(**(arguments | options))


def test_two_channels_do_not_convert():
    images = np.zeros((2, 4, 4, 2), np.uint8)
    assert first(make(images)).shape == (2, 4, 4, 2)
    with pytest.raises(ValueError, match="Received: channels=3 for images wi"):
        make(images, channels=3)


def test_builtin_splits():
    with pytest.raises(ValueError, match=r"`split`.*Received: split='test'"):
        make("fashion_mnist_10k", split="test")
    with pytest.raises(ValueError, match=r"'train', 'test'.*split='all'"):
        make("fashion_mnist", split="all")


def test_numpy_integers_are_integers(numbered):
    size = np.int64(4)
    dataset = pipelines.images(numbered, size, np.int32(2), shuffle_seed=size)
    assert dataset.element_spec.shape == (2, 4, 4, 3)
    assert len(list(dataset)) == 5
