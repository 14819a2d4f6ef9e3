import errno
import json
import logging
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import pipelines
from pipelines import packing

pytestmark = pytest.mark.backend_free


@pytest.fixture
def decodes(monkeypatch):
    """The indices decoded so far."""
    seen = []
    load = packing.Request.load

    def counted(self, index):
        seen.append(index)
        return load(self, index)

    monkeypatch.setattr(packing.Request, "load", counted)
    return seen


def test_packed_equals_streaming(tmp_path, picture, decodes):
    for number in range(5):
        picture(number).save(tmp_path / f"{number}.jpg")
    streams = pipelines.images(tmp_path, 16, 5, flip=True)
    filed = tmp_path / "c.npy"
    packed = pipelines.images(tmp_path, 16, 5, cache=True, flip=True)
    filed = pipelines.images(tmp_path, 16, 5, cache=filed, flip=True)
    decodes.clear()
    for _ in range(2):
        expected = next(iter(streams)).numpy()
        np.testing.assert_array_equal(next(iter(packed)), expected)
        np.testing.assert_array_equal(next(iter(filed)), expected)
    assert len(decodes) == 10  # the streaming one alone


def test_file_is_used_again(numbered, tmp_path, decodes, values):
    cache = tmp_path / "new folder" / "images.npy"
    make = {"shuffle": False, "cache": cache}
    first = values(pipelines.images(numbered, 4, 5, **make))
    assert first == list(range(10))
    assert sorted(decodes) == first
    content = cache.read_bytes()
    assert values(pipelines.images(numbered, 4, 5, **make)) == first
    assert len(decodes) == 10
    assert cache.read_bytes() == content
    assert os.listdir(cache.parent) == ["images.npy"]


def test_file_is_a_plain_npy(numbered, tmp_path):
    cache = tmp_path / "c.npy"
    pipelines.images(numbered, 4, 5, cache=str(cache), channels=1)
    array = np.load(cache, allow_pickle=False)
    assert array.dtype == np.uint8
    assert array.shape == (10, 4, 4, 1)
    np.testing.assert_array_equal(array[:, 0, 0, 0], np.arange(10) * 20)


def test_file_is_made_anew_when_anything_changes(
    numbered, tmp_path, decodes, values
):
    cache = tmp_path / "c.npy"
    make = {"shuffle": False, "cache": cache}
    pipelines.images(numbered, 4, 5, **make)
    changes = 1

    def made_anew(dataset):
        nonlocal changes
        changes += 1
        return len(decodes) >= changes * 10 and len(dataset) == 2

    assert made_anew(pipelines.images(numbered, 3, 5, **make))
    assert made_anew(pipelines.images(numbered, 3, 5, channels=1, **make))
    Image.new("L", (4, 4), 60).save(numbered / "0.png")
    os.utime(numbered / "0.png", ns=(1, 1))
    changed = pipelines.images(numbered, 3, 5, channels=1, **make)
    assert made_anew(changed)
    assert values(changed)[0] == 3
    (numbered / "9.png").rename(numbered / "99.png")
    assert made_anew(pipelines.images(numbered, 3, 5, channels=1, **make))
    count = len(decodes)
    pipelines.images(numbered, 3, 5, channels=1, **make)
    assert len(decodes) == count


def test_old_dataset_survives_a_new_file(numbered, tmp_path, values):
    cache = tmp_path / "c.npy"
    make = {"shuffle": False, "cache": cache}
    old = pipelines.images(numbered, 4, 5, **make)
    pipelines.images(numbered, 2, 5, **make)
    assert values(old) == list(range(10))


def test_interrupted_writing_leaves_the_old_file(
    numbered, tmp_path, monkeypatch
):
    cache = tmp_path / "c.npy"
    pipelines.images(numbered, 4, 5, cache=cache)
    content = cache.read_bytes()

    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(packing, "_close_gaps", interrupted)
    with pytest.raises(KeyboardInterrupt):
        pipelines.images(numbered, 2, 5, cache=cache)
    assert cache.read_bytes() == content
    assert sorted(os.listdir(tmp_path)) == ["c.npy", "numbered"]


@pytest.mark.parametrize("keep", [0, 10, 200, -1])
def test_damaged_file_is_refused(numbered, tmp_path, keep):
    cache = tmp_path / "c.npy"
    pipelines.images(numbered, 4, 5, cache=cache)
    cache.write_bytes(cache.read_bytes()[:keep])
    with pytest.raises(ValueError, match=r"damaged.*Received: cache=.*c\.npy"):
        pipelines.images(numbered, 4, 5, cache=cache)


def test_users_own_array_is_not_overwritten(numbered, tmp_path):
    cache = tmp_path / "precious.npy"
    np.save(cache, np.arange(5))
    with pytest.raises(ValueError, match="left alone"):
        pipelines.images(numbered, 4, 5, cache=cache)
    np.testing.assert_array_equal(np.load(cache), np.arange(5))


def test_skipped_images_are_remembered(broken, tmp_path, values):
    cache = tmp_path / "c.npy"
    make = {"shuffle": False, "on_error": "skip", "cache": cache}
    for _ in range(2):
        with pytest.warns(UserWarning, match="3 of 10 images") as record:
            dataset = pipelines.images(broken, 4, 7, **make)
        assert values(dataset) == [0, 1, 3, 4, 6, 8, 9]
        assert Path(record[0].filename).name == "test_pipeline_packing.py"
    assert np.load(cache).shape == (7, 4, 4, 3)
    with pytest.raises(ValueError, match=r"2\.png"):
        pipelines.images(broken, 4, 7, cache=cache)


def test_key_is_independent_of_the_place(numbered, tmp_path, decodes):
    cache = tmp_path / "c.npy"
    pipelines.images(numbered, 4, 5, cache=cache)
    moved = numbered.rename(tmp_path / "moved")
    pipelines.images(moved, 4, 5, cache=cache)
    assert len(decodes) == 10


def test_arrays_are_not_copied_unless_they_must_be():
    images = np.zeros((4, 8, 8, 3), np.uint8)
    source = pipelines.sources.ArraySource(images)
    assert np.shares_memory(source.ready(8, 3), images)
    assert source.ready(4, 3) is None
    assert source.ready(8, 1) is None


def test_array_with_cache_file(tmp_path, decodes):
    images = np.random.default_rng(0).integers(0, 256, (6, 8, 8), np.uint8)
    cache = tmp_path / "c.npy"
    for _ in range(2):
        pipelines.images(images, 4, 2, cache=cache)
    assert len(decodes) == 6
    pipelines.images(images + 1, 4, 2, cache=cache)
    assert len(decodes) == 12


def test_decoding_is_logged(numbered, caplog, capsys):
    with caplog.at_level(logging.INFO, "pipelines"):
        pipelines.images(numbered, 4, 5, cache=True)
    assert "Decoding 10 images to 4 x 4 pixels" in caplog.text
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("cache", [1, None, "images.npz", "folder/", b"x.npy"])
def test_cache_is_checked(numbered, cache):
    with pytest.raises(ValueError, match=r"`cache` must .*Received: cache="):
        pipelines.images(numbered, 4, 5, cache=cache)


def test_details_survive_odd_names(tmp_path, picture):
    picture().save(tmp_path / 'ünï "code".png')
    (tmp_path / "bad é.png").write_bytes(b"")
    with pytest.warns(UserWarning, match="bad é"):
        pipelines.images(
            tmp_path, 4, 1, on_error="skip", cache=tmp_path / "c.npy"
        )
    tail = (tmp_path / "c.npy").read_bytes()[128 + 48 :]
    details = json.loads(tail[:-16])
    assert [os.path.basename(name) for name in details["skipped"]] == [
        "bad é.png"
    ]


def test_full_disk_is_an_error(numbered, tmp_path, monkeypatch):
    if not hasattr(os, "posix_fallocate"):
        pytest.skip("cannot reserve space on this system")

    def full(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OSError, match="No space left"):
        pipelines.images(numbered, 4, 5, cache=tmp_path / "c.npy")
    assert os.listdir(tmp_path) == ["numbered"]
