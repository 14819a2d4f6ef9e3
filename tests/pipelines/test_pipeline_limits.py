"""Small files that unpack to gigabytes: refused before memory is taken."""

import io
import os
import resource
import struct
import time
import zipfile
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from support.harness import invoke

import pipelines
from pipelines import limits
from pipelines.tfds_sets import tfds_source
from zoo.metrics.moments import Moments
from zoo.utils import images

pytestmark = pytest.mark.backend_free


@pytest.fixture(autouse=True)
def usual(monkeypatch):
    """Puts limits back, and lets a test take no more than 300 MiB."""
    monkeypatch.setattr(limits, "_limits", dict(limits._limits))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert after - before < 300 * 1024


def png(width, height):
    """Returns a PNG of a few bytes that claims any size."""

    def chunk(kind, data):
        body = kind + data
        return (
            struct.pack(">I", len(data))
            + body
            + struct.pack(">I", zlib.crc32(body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(9)))
    )


def npz(path, shape, dtype="u1"):
    """Writes an .npz file of zeros without ever holding them."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": dtype, "fortran_order": False, "shape": shape}
    )
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("voxels.npy", "w") as member,
    ):
        member.write(header.getvalue())
        for _ in range(int(np.prod(shape)) >> 20):
            member.write(bytes(1 << 20))
    return path


def test_an_image_of_many_pixels(tmp_path):
    (tmp_path / "a.png").write_bytes(png(9000, 9900))
    message = r"a\.png.*89099999 pixels, 9000 x 9900.*max_pixels"
    pipelines.set_limits(max_pixels=9000 * 9900 - 1)
    for read in (
        lambda: pipelines.images(tmp_path, 4, 1),
        lambda: images.open_image(tmp_path / "a.png"),
    ):
        with pytest.raises(ValueError, match=message):
            read()


def test_the_limit_is_below_where_pillow_fails(tmp_path):
    (tmp_path / "a.png").write_bytes(png(9500, 9500))
    with pytest.raises(ValueError, match="pixels"):
        images.open_image(tmp_path / "a.png")


def test_a_limit_can_be_raised_on_the_command_line_too(tmp_path):
    path = tmp_path / "a.png"
    Image.new("L", (60, 60)).save(path)
    pipelines.set_limits(max_pixels=100)
    with pytest.raises(ValueError, match="--max-pixels"):
        images.open_image(path)
    for command in ("train", "translate", "upscale", "evaluate"):
        invoke(command, "--max-pixels", 3600, "--backend", "none")
        assert "--max-pixels" in invoke(command, "--help")[1]
    pipelines.set_limits(max_pixels=3600)
    assert images.open_image(path).size == (60, 60)
    pipelines.set_limits(max_pixels=400_000_000)
    assert Image.MAX_IMAGE_PIXELS == 400_000_000
    for wrong in (0, -1, 1.5, "1"):
        with pytest.raises(ValueError, match="max_pixels"):
            pipelines.set_limits(max_pixels=wrong)


def test_members_of_a_zip_file(tmp_path):
    path = tmp_path / "bomb.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.png", "w") as member,
    ):
        for _ in range(65):
            member.write(bytes(1 << 20))
    assert path.stat().st_size < 100_000
    pipelines.set_limits(max_bytes=1 << 26)
    with pytest.raises(ValueError, match=r"bomb\.zip/a\.png.*max_bytes"):
        pipelines.images(path, 4, 1)


def test_arrays_of_voxels_and_of_statistics(tmp_path):
    path = npz(tmp_path / "bomb.npz", (65, 64, 128, 128))
    pipelines.set_limits(max_bytes=1 << 26)
    with pytest.raises(ValueError, match=r"bomb\.npz.*max_bytes"):
        pipelines.voxels(path, 64, 1)
    with pytest.raises(ValueError, match=r"max_bytes.*bomb\.npz"):
        Moments.load(path)
    folder = tmp_path / "shapes"
    folder.mkdir()
    npz(folder / "a.npz", (64, 128, 128))
    with pytest.raises(ValueError, match=r"a\.npz.*bytes"):
        pipelines.voxels(folder, 16, 1)


def test_an_array_that_claims_more_than_it_holds(tmp_path):
    path = npz(tmp_path / "a.npz", (1 << 19,))
    with pytest.raises(ValueError, match="more than it holds"):
        limits.read_npz(path)
    np.savez(path, voxels=np.array([None]))
    with pytest.raises(ValueError, match="numbers"):
        limits.read_npz(path)


@pytest.mark.parametrize(
    ("sizes", "runs"),
    [(b"9999 9999 9999", b"\0\xff"), (b"8 8 8", b"\1\xff" * 9999)],
)
def test_binvox_files(tmp_path, sizes, runs):
    pytest.importorskip("trimesh")
    data = b"#binvox 1\ndim " + sizes + b"\ntranslate 0 0 0\nscale 1\ndata\n"
    (tmp_path / "a.binvox").write_bytes(data + runs)
    with pytest.raises(ValueError, match=r"a\.binvox.*(8|512)"):
        pipelines.voxels(tmp_path, 8, 1)


def test_files_that_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "a.png")  # To open it would wait for ever.
    with pytest.raises(ValueError, match="no regular file"):
        pipelines.images(tmp_path, 4, 1)
    with pytest.raises(ValueError, match="no regular file"):
        images.open_image(tmp_path / "a.png")


def test_records_that_are_none(tmp_path):
    """Zeros are not millions of empty records, nor is noise an example."""
    path = tmp_path / "a.tfrecord"
    path.write_bytes(bytes(1 << 20))
    with pytest.raises(ValueError, match=r"a\.tfrecord.*record 0.*checksum"):
        pipelines.images(path, 4, 1)
    with tf.io.TFRecordWriter(str(path)) as writer:
        writer.write(b"\xff" * 20)
    for pipeline in (pipelines.images, pipelines.labelled_images):
        with pytest.raises(ValueError, match=r"record 0 of .*a\.tfrecord"):
            pipeline(path, 4, 1)


@pytest.mark.parametrize(
    "name",
    ["huggingface:mnist", "kubric:movi_a", "a b", "../x", "https://x/y", ""],
)
def test_names_that_are_none_of_tfds_ask_no_network(name):
    start = time.monotonic()
    with pytest.raises(ValueError, match="NAME/CONFIG:VERSION"):
        tfds_source(name, "train", None)
    assert time.monotonic() - start < 1
