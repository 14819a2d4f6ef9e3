"""`pipelines.paired_images`: pairing, jitter, order, errors."""

import numpy as np
import pytest
from PIL import Image

import pipelines

pytestmark = pytest.mark.backend_free


def numbers(count=10, size=12):
    """Images whose pixels tell image, row and column; targets are negative."""
    rows, columns = np.mgrid[:size, :size]
    images = np.arange(count)[:, None, None] * 20 + rows + columns / 100
    images = images[..., None].astype("float32") / 256
    return images, -images


@pytest.fixture
def folders(tmp_path, picture):
    """Two folders of 4 pairs: targets are sources with colours inverted."""
    paths = tmp_path / "a", tmp_path / "b"
    for path in paths:
        path.mkdir()
    for i in range(4):
        image = picture(i, 20, 20)
        image.save(paths[0] / f"{i}.png")
        inverted = Image.fromarray(255 - np.asarray(image))
        inverted.save(paths[1] / f"{i}.bmp")
    return paths


def read(dataset):
    return [[side.numpy() for side in pair] for pair in dataset]


def whole(source, **options):
    options = {"load_size": 20, "flip": False, "shuffle": False} | options
    return read(pipelines.paired_images(source, 20, 4, **options))


def jitter_of(image):
    """Returns number, top, left and whether mirrored of one of `numbers`."""
    first, last = image[0, 0, 0], image[0, -1, 0]
    number, place = divmod(round(min(first, last) * 25600), 2000)
    return number, *divmod(place, 100), bool(first > last)


def test_both_are_jittered_alike():
    dataset = pipelines.paired_images(numbers(), 8, 5, load_size=12)
    seen = []
    for source, target in read(dataset):
        assert source.shape == (5, 8, 8, 1)
        np.testing.assert_array_equal(source, -target)
        seen += map(jitter_of, source)
    assert sorted(number for number, *_ in seen) == list(range(10))
    assert {mirrored for *_, mirrored in seen} == {False, True}


def test_crops_reach_all_places():
    images = [x.repeat(64, axis=0) for x in numbers(1)]
    ((source, _),) = read(
        pipelines.paired_images(images, 10, 64, load_size=12, flip=False)
    )
    places = {jitter_of(image)[1:3] for image in source}
    assert places == {(i, j) for i in range(3) for j in range(3)}


def test_epochs_are_a_function_of_seed_and_number():
    def make(seed=3):
        return pipelines.paired_images(numbers(), 8, 5, shuffle_seed=seed)

    first, again = make(), make()
    epochs = [read(first) for _ in range(3)]
    assert not np.array_equal(epochs[0], epochs[1])
    pipelines.set_epoch(2)
    np.testing.assert_array_equal(read(again), epochs[2])
    assert not np.array_equal(read(make(4)), epochs[0])


def test_default_sizes_are_the_papers():
    images = np.zeros((1, 256, 256, 3), "uint8")
    dataset = pipelines.paired_images((images, images), cache=True)
    assert [s.shape for s in dataset.element_spec] == [(1, 256, 256, 3)] * 2
    assert len(dataset) == 1


def test_two_folders(folders):
    ((source, target),) = whole(folders)
    assert source.shape == (4, 20, 20, 3)
    np.testing.assert_allclose(source, -target, atol=1e-6)
    ((second, first),) = whole(folders, reverse=True)
    np.testing.assert_array_equal(first, source)
    np.testing.assert_array_equal(second, target)


def test_pairs_are_by_names_without_endings(folders):
    """`1.flip.png` comes before `1.png`, but `1.JPG` before `1.flip.JPG`."""
    a, b = folders
    (a / "1.png").rename(a / "1.PNG")
    (a / "2.png").rename(a / "1.flip.PNG")
    (b / "2.bmp").rename(b / "1.flip.bmp")
    for folder in folders:
        (folder / "__MACOSX").mkdir()
        (folder / "__MACOSX" / "0.png").write_bytes(b"")
        (folder / "._0.png").write_bytes(b"")
        (folder / "y.png").mkdir()
    ((source, target),) = whole(folders)
    np.testing.assert_allclose(source, -target, atol=1e-6)
    ((second, first),) = whole(folders, reverse=True)
    np.testing.assert_allclose(second, -first, atol=1e-6)


def test_two_files_of_one_name_are_named(folders):
    (folders[0] / "1.jpg").write_bytes(b"")
    with pytest.raises(ValueError, match=r"Received: 5 and 4 .*twice: 1$"):
        whole(folders)


def test_cache_files(folders, tmp_path):
    expected = whole(folders)
    for _ in range(2):
        got = whole(folders, cache=tmp_path / "pairs.npy")
        np.testing.assert_array_equal(got, expected)
    names = {path.name for path in tmp_path.glob("*.npy")}
    assert names == {"pairs-first.npy", "pairs-second.npy"}


def test_side_by_side(folders, tmp_path):
    expected = whole(folders)
    joined = tmp_path / "joined"
    joined.mkdir()
    sides = []
    for i in range(4):
        pair = [
            Image.open(f)
            for f in (folders[0] / f"{i}.png", folders[1] / f"{i}.bmp")
        ]
        sides.append(np.concatenate([np.asarray(x) for x in pair], axis=1))
        Image.fromarray(sides[-1]).save(joined / f"{i}.png")
    np.testing.assert_array_equal(whole(joined), expected)
    np.testing.assert_array_equal(whole(np.stack(sides)), expected)


def test_channels_of_each_side(folders):
    dataset = pipelines.paired_images(folders, 16, 2, channels=(1, 3))
    shapes = [tuple(spec.shape) for spec in dataset.element_spec]
    assert shapes == [(2, 16, 16, 1), (2, 16, 16, 3)]


def test_tfds(tmp_path):
    tfds = pytest.importorskip("tensorflow_datasets")
    image = tfds.features.Image(shape=(4, 4, 3))
    features = {"drawing": image, "photo": image}

    class Drawings(tfds.core.GeneratorBasedBuilder):
        VERSION = tfds.core.Version("1.0.0")

        def _info(self):
            return tfds.core.DatasetInfo(
                builder=self, features=tfds.features.FeaturesDict(features)
            )

        def _split_generators(self, manager):
            return {"train": self._generate_examples()}

        def _generate_examples(self):
            for i in range(4):
                pixels = np.full((4, 4, 3), 20 * i, "uint8")
                yield i, {"drawing": pixels, "photo": 255 - pixels}

    Drawings(data_dir=tmp_path).download_and_prepare()
    options = {"load_size": 4, "data_dir": tmp_path}
    keys = ("drawing", "photo")
    dataset = pipelines.paired_images(
        "tfds:drawings", 4, 4, keys=keys, **options
    )
    ((source, target),) = read(dataset)
    np.testing.assert_allclose(source, -target, atol=1e-6)
    with pytest.raises(ValueError, match=r"`keys`.*drawing.*Received"):
        pipelines.paired_images("tfds:drawings", 4, 4, **options)


# Errors


def test_files_without_a_namesake(folders):
    for name in ("x", "y", "z", "q"):
        (folders[0] / f"{name}.png").write_bytes(
            (folders[0] / "1.png").read_bytes()
        )
    (folders[1] / "2.bmp").unlink()
    only = r"5 only in the first \(2, q, x, \.\.\.\), 0 only in the second"
    with pytest.raises(ValueError, match=only):
        whole(folders)


def test_one_empty_folder(folders, tmp_path):
    (tmp_path / "none").mkdir()
    with pytest.raises(ValueError, match=r"none holds no image.*Received"):
        whole((folders[0], tmp_path / "none"))


def test_images_of_two_sizes(folders, picture):
    picture(1, 20, 24).save(folders[1] / "1.bmp")
    with pytest.raises(
        ValueError, match=r"one size.*1\.png and .*1\.bmp of 20 x 20 and 24 x"
    ):
        whole(folders)


def test_image_smaller_than_the_crop(folders):
    with pytest.raises(ValueError, match=r"crop of 32.*0\.png.* of 20 x 20"):
        pipelines.paired_images(folders, 32, 1)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"load_size": 7}, "`load_size`"),
        ({"image_size": 0}, "`image_size`"),
        ({"batch_size": 11}, "`batch_size`"),
        ({"source": numbers() * 2}, "two folders"),
        ({"source": (numbers()[0], numbers(9)[1])}, "as many images"),
        ({"source": np.zeros((2, 8, 15, 1), "uint8")}, "even width"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_argument_errors(arguments, match):
    arguments = {"source": numbers(), "image_size": 8, "batch_size": 5} | (
        arguments
    )
    with pytest.raises(ValueError, match=f"{match}.*Received"):
        pipelines.paired_images(**arguments)


@pytest.mark.parametrize("cache", [True, False])
def test_pairs_with_a_broken_image_are_left_out(folders, cache):
    """Whichever of the two it is: what is left pairs as before."""
    ((source, target),) = whole(folders)
    (folders[0] / "0.png").write_bytes(b"no image")
    (folders[1] / "2.bmp").write_bytes((folders[1] / "2.bmp").read_bytes()[:99])
    with pytest.raises(ValueError, match=r"Cannot read the image .*0\.png"):
        whole(folders, cache=cache)
    with pytest.warns(
        UserWarning, match=r"1 of 4 .* left out: .*/[02]\."
    ) as said:
        pairs = pipelines.paired_images(
            folders, 20, 2, load_size=20, flip=False, shuffle=False,
            cache=cache, on_error="skip",
        )  # fmt: skip
    assert len(said) == 2
    ((left, right),) = read(pairs)
    np.testing.assert_array_equal(left, source[[1, 3]])
    np.testing.assert_array_equal(right, target[[1, 3]])


def test_no_pair_is_whole(folders):
    for name in ("a/0.png", "a/1.png", "b/2.bmp", "b/3.bmp"):
        (folders[0].parent / name).write_bytes(b"no image")
    with (
        pytest.warns(UserWarning, match="left out"),
        pytest.raises(ValueError, match="batch"),
    ):
        pipelines.paired_images(folders, 20, 1, load_size=20, on_error="skip")
