"""`pipelines.unpaired_images`: two domains, their order and their jitter."""

import numpy as np
import pytest
from PIL import Image

import pipelines


def numbered(count, size=4):
    """Returns images that are each one grey level: 0, 1, 2, ..."""
    values = np.arange(count, dtype=np.uint8)[:, None, None, None]
    return np.broadcast_to(values, (count, size, size, 3)).copy()


def epochs(dataset, count):
    """Returns the numbers of both domains' images in each epoch."""
    found = []
    for _ in range(count):
        batches = [
            [
                np.rint((images.numpy()[:, 0, 0, 0] + 1) * 127.5)
                for images in pair
            ]
            for pair in dataset
        ]
        found.append(np.concatenate(batches, axis=1).astype(int).tolist())
    return found


def test_the_smaller_domain_comes_again_and_again():
    data = pipelines.unpaired_images(numbered(7), numbered(3), 4, 2)
    assert data.cardinality() == 3
    assert [spec.shape for spec in data.element_spec] == [(2, 4, 4, 3)] * 2
    for a, b in epochs(data, 5):
        assert len(set(a)) == 6
        assert sorted(b[:3]) == sorted(b[3:]) == [0, 1, 2]
    whole = pipelines.unpaired_images(
        numbered(3), numbered(7), 4, 2, drop_remainder=False
    )
    ((a, b),) = epochs(whole, 1)
    assert sorted(b) == list(range(7))
    assert len(a) == 7


def test_order_is_a_function_of_seed_and_epoch():
    def of(seed=0, **options):
        return pipelines.unpaired_images(
            numbered(8), numbered(8), 4, 4, shuffle_seed=seed, **options
        )

    data = of()
    first = epochs(data, 3)
    assert first == epochs(of(), 3)
    assert first != epochs(of(seed=1), 3)
    assert all(a != b for a, b in first)
    assert first[0] != first[1] != first[2]
    pipelines.set_epoch(1)
    assert epochs(data, 1) == [first[1]]
    stream = epochs(of(repeat=True).take(6), 1)[0]
    assert stream == np.concatenate(first, axis=1).tolist()
    plain = epochs(of(shuffle=False), 1)[0]
    assert plain == [list(range(8))] * 2


def test_crops_and_flips_of_each_image():
    """Pixels that say where they were: every place and side comes."""
    rows, columns = np.mgrid[:6, :6].astype(np.uint8) * 10
    image = np.stack([rows, columns, rows + 100], axis=-1)
    images = np.broadcast_to(image, (256, 6, 6, 3))

    def pixels(**options):
        data = pipelines.unpaired_images(
            images, images[:16], 4, 256, load_size=6, **options
        )
        a, b = next(iter(data))
        return [np.rint((x.numpy() + 1) * 127.5).astype(int) for x in (a, b)]

    a, b = pixels()
    assert not np.array_equal(a, b)
    np.testing.assert_array_equal([a, b], pixels())
    corners = set()
    for found in a:
        flipped = found[0, 0, 1] > found[0, -1, 1]
        upright = found[:, ::-1] if flipped else found
        top, left = upright[0, 0, :2] // 10
        np.testing.assert_array_equal(
            upright, image[top : top + 4, left : left + 4]
        )
        corners.add((top, left, bool(flipped)))
    assert len(corners) == 18  # 3 x 3 corners, both sides.


def test_sources_of_two_kinds(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(3):
        Image.new("L", (9, 7), 40 * i).save(folder / f"{i}.png")
    data = pipelines.unpaired_images(
        folder, numbered(2, size=8), 6, 3, load_size=8, cache=True
    )
    a, b = next(iter(data))
    assert a.shape == b.shape == (3, 6, 6, 3)


def errors(tmp_path):
    (tmp_path / "empty").mkdir()
    good = numbered(3)
    return [
        ((tmp_path / "empty", good, 4, 1), {}, "Domain `a`.*holds no image"),
        ((good, good[:0], 4, 1), {}, "Domain `b`.*nothing empty"),
        ((good, good, 8, 1), {"load_size": 6}, "`load_size`.*Received"),
        ((good, good[..., :1], 4, 1), {}, "`channels`.*Received: 3 and 1"),
        ((good, good[:1], 4, 5), {}, "`batch_size`.*Received"),
        ((good, good, 4, 1), {"cache": "x.npy"}, "`cache`.*Received"),
        ((good, good, 4, 1), {"shuffle_seed": -1}, "`shuffle_seed`.*Received"),
        ((good, good, 4, 1), {"split": ("train",)}, "`split`.*Received"),
        ((good, good, 4, 1), {"split": ("train", "x")}, "`b`.*`split`"),
    ]


@pytest.mark.parametrize("number", range(9))
def test_errors(tmp_path, number):
    arguments, options, message = errors(tmp_path)[number]
    with pytest.raises(ValueError, match=message):
        pipelines.unpaired_images(*arguments, **options)
