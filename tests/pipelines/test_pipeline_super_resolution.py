"""Pairs of crops: equal to Pillow's, balanced, repeatable; clear errors."""

import numpy as np
import pytest
from PIL import Image

import pipelines
from pipelines import photos as packages
from pipelines.crops import CropOrder

SIZE, SCALE = 16, 4


@pytest.fixture
def folder(tmp_path, picture):
    """Three photos of different sizes; the red of each says which it is."""
    path = tmp_path / "photos"
    path.mkdir()
    for number, (height, width) in enumerate([(40, 56), (64, 32), (24, 90)]):
        pixels = np.array(picture(number, height, width))
        pixels[..., 0] = 60 * number
        Image.fromarray(pixels).save(path / f"{number}.png")
    return path


def pairs(source, batch_size=4, **options):
    options = {"crops": 4, "scale": SCALE} | options
    return pipelines.super_resolution(source, SIZE, batch_size, **options)


def levels(dataset):
    """All pairs of an epoch, as grey levels."""
    low, high = zip(*dataset, strict=True)
    return [
        np.rint((np.concatenate(images) + 1) * 127.5).astype(np.uint8)
        for images in (low, high)
    ]


def test_low_images_equal_pillows(tmp_path, picture):
    """A crop's low image is the middle of that of a larger crop.

    Of all places of the crop, those with room for the larger one are looked
    at; 12 pixels are more than the filter's 8.
    """
    photo = picture(0, 60, 72)
    pixels = np.array(photo)
    low, high = levels(
        pairs([_saved(pixels, tmp_path)], crops=40, augment=False)
    )
    places = {
        pixels[top : top + SIZE, left : left + SIZE].tobytes(): (left, top)
        for top, left in np.ndindex(60 - SIZE + 1, 72 - SIZE + 1)
    }
    compared = 0
    for small, large in zip(low, high, strict=True):
        left, top = places[large.tobytes()]
        box = (left - 12, top - 12, left + 28, top + 28)
        if min(box) >= 0 and box[2] <= 72 and box[3] <= 60:
            around = photo.crop(box).resize((10, 10), Image.BICUBIC)
            expected = np.asarray(around)[3:-3, 3:-3]
            np.testing.assert_array_equal(small, expected)
            compared += 1
    assert compared > 5


def test_low_resolution_is_pillows(picture):
    image = np.array(picture())
    expected = Image.fromarray(image).resize((14, 10), Image.BICUBIC)
    low = pipelines.low_resolution(image, 4)
    np.testing.assert_array_equal(low, np.asarray(expected))
    assert pipelines.low_resolution(image[..., :1], 4).shape == (10, 14, 1)
    with pytest.raises(ValueError, match=r"multiples of 3. Received"):
        pipelines.low_resolution(image, 3)


def test_each_photo_gives_as_many_crops(folder):
    _, high = levels(pairs(folder, crops=8))
    reds = high[:, 0, 0, 0]
    assert {n: int((reds == 60 * n).sum()) for n in range(3)} == {
        0: 8,
        1: 8,
        2: 8,
    }
    assert len(np.unique(reds[:8])) > 1  # Mixed.


def test_flips_and_turns_are_of_both(folder, tmp_path, picture):
    """One crop fits: the pair is one of the eight symmetries of a square."""
    image = np.array(picture(0, SIZE, SIZE))
    low, high = levels(pairs([_saved(image, tmp_path)], crops=64))
    small = pipelines.low_resolution(image, SCALE)
    seen = set()
    for got_low, got_high in zip(low, high, strict=True):
        for turn in range(8):
            expected = np.rot90(image, turn % 4)
            expected = expected[:, ::-1] if turn >= 4 else expected
            if np.array_equal(got_high, expected):
                break
        else:
            raise AssertionError("no symmetry of the photo")
        expected = np.rot90(small, turn % 4)
        expected = expected[:, ::-1] if turn >= 4 else expected
        np.testing.assert_array_equal(got_low, expected)
        seen.add(turn)
    assert seen == set(range(8))


def _saved(image, folder):
    file = folder / "only.png"
    Image.fromarray(image).save(file)
    return file


def test_epochs_depend_on_the_seed_alone(folder):
    def epochs(seed, **options):
        dataset = pairs(folder, shuffle_seed=seed, **options)
        return [levels(dataset)[1] for _ in range(2)]

    first, again = epochs(1), epochs(1, cache=True)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first[0], first[1])
    assert not np.array_equal(first, epochs(2))


def test_set_epoch_goes_back(folder):
    dataset = pairs(folder)
    first = levels(dataset)[1]
    levels(dataset)
    pipelines.set_epoch(0)
    np.testing.assert_array_equal(levels(dataset)[1], first)


def test_repeat_goes_on(folder):
    endless = pairs(folder, repeat=True).take(6)
    finite = pairs(folder)
    expected = np.concatenate([levels(finite)[1] for _ in range(2)])
    np.testing.assert_array_equal(levels(endless)[1], expected)


def test_crops_of_a_group_are_mixed_and_groups_are_not():
    order = CropOrder(
        np.arange(6), 5, 4, group=2, seed=0, repeat=False, drop_remainder=True
    )
    photos, seeds = order.epoch(0)
    assert [len(set(photos[i : i + 10])) for i in (0, 10, 20)] == [2, 2, 2]
    assert len(set(seeds)) == 30


def test_shapes_ranges_and_arrays(picture):
    array = np.stack([np.array(picture(n)) for n in range(2)])
    dataset = pairs(array, channels=1, drop_remainder=False, batch_size=3)
    low, high = dataset.element_spec
    assert low.shape == (None, 4, 4, 1)
    assert high.shape == (None, 16, 16, 1)
    assert [len(batch[0]) for batch in dataset] == [3, 3, 2]
    low, high = pairs(array).element_spec
    assert (low.shape, high.shape) == ((4, 4, 4, 3), (4, 16, 16, 3))
    assert low.dtype == high.dtype == "float32"
    for images in next(iter(pairs(array))):
        assert -1 <= float(images.numpy().min()) < images.numpy().max() <= 1


def test_shrink(folder, tmp_path, picture):
    image = np.array(picture(0, 2 * SIZE, 2 * SIZE))
    file = _saved(image, tmp_path)
    _, high = levels(pairs([file], shrink=2, augment=False))
    blocks = image.reshape(SIZE, 2, SIZE, 2, 3).mean(axis=(1, 3))
    assert np.abs(high[0] - blocks).max() <= 0.5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"crop_size": 18}, r"`crop_size` must be a multiple.*Received"),
        ({"crop_size": 48}, r"smaller than a crop of 48 pixels.*Received: \d"),
        ({"shrink": 3}, r"made 3 times smaller, is smaller.*Received"),
        ({"channels": 2}, r"`channels`.*Received: channels=2"),
        ({"crops": 0}, r"`crops`.*Received"),
        ({"scale": 1}, r"`scale`.*Received"),
        ({"batch_size": 99}, r"`batch_size`.*Received"),
        ({"on_error": "no"}, r"`on_error`.*Received"),
    ],
    ids=str,
)
def test_bad_arguments(folder, change, message):
    with pytest.raises(ValueError, match=message):
        pipelines.super_resolution(
            folder, **{"crop_size": SIZE, "batch_size": 4} | change
        )


def test_bad_folders(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"holds no image.*Received"):
        pairs(tmp_path / "empty")
    with pytest.raises(FileNotFoundError, match=r"missing\.png"):
        pairs([tmp_path / "missing.png"])
    whole = (folder / "1.png").read_bytes()
    (folder / "1.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"Cannot read .*1\.png.*Received"):
        pairs(folder)
    with pytest.warns(UserWarning, match=r"1 of 3 photos are left out.*1\.png"):
        dataset = pairs(folder, on_error="skip")
    assert len(dataset) == 2


def test_packages_that_are_missing(monkeypatch, tmp_path):
    folders = {tmp_path / "a": ("x",), tmp_path / "b": ("y",)}
    monkeypatch.setattr(packages, "DESKTOP_FOLDERS", folders)
    with pytest.raises(FileNotFoundError, match=r"apt-get install.*Received"):
        pairs("desktop_photos")
    monkeypatch.setattr(packages, "TEST_FILES", {"no_such": ("x.png",)})
    monkeypatch.setitem(packages._PACKAGES, "no_such", "no-such")
    with pytest.raises(ImportError, match=r"pip install --no-deps no-such"):
        pipelines.held_out_photos()
