import io
import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageCms

import pipelines
from pipelines import decode

pytestmark = pytest.mark.backend_free


def encoded(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def png16(rows):
    """A 16-bit grey PNG, written by hand: Pillow takes no part in it."""
    rows = np.asarray(rows, ">u2")
    height, width = rows.shape

    def chunk(kind, data):
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + check.to_bytes(4)

    header = struct.pack(">IIBBBBB", width, height, 16, 0, 0, 0, 0)
    body = b"".join(b"\0" + row.tobytes() for row in rows)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(body))
        + chunk(b"IEND", b"")
    )


def test_equals_pillow_antialiased_bicubic(tmp_path, picture):
    random = np.random.default_rng(0)
    noise = random.integers(0, 256, (90, 120, 3), dtype=np.uint8)
    image = Image.fromarray(noise)
    image.save(tmp_path / "a.png")
    got = next(iter(pipelines.images(tmp_path, 32, 1))).numpy()[0]
    square = image.crop((15, 0, 105, 90))
    expected = np.asarray(square.resize((32, 32), Image.Resampling.BICUBIC))
    np.testing.assert_array_equal(np.rint((got + 1) * 127.5), expected)

    plain = tf.image.resize(np.asarray(square), (32, 32), "bicubic")
    assert np.abs(plain - expected.astype(np.float32)).max() > 50


def test_range_is_exact():
    ramp = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    got = next(iter(pipelines.images(ramp, 16, 1))).numpy().ravel()
    expected = np.arange(256, dtype=np.float32) / np.float32(127.5) - 1
    np.testing.assert_array_equal(got, expected)
    assert (got[0], got[-1]) == (-1, 1)


@pytest.mark.parametrize(
    ("kind", "options", "close"),
    [
        ("JPEG", {"quality": 100, "subsampling": 0}, 4),
        ("PNG", {}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("BMP", {}, 0),
    ],
)
def test_formats(picture, kind, options, close):
    image = picture(height=32, width=32)
    got = decode.prepare_encoded(encoded(image, kind, **options), 32, 3)
    difference = got.astype(int) - np.asarray(image)
    assert np.abs(difference).max() <= close


def test_16_bit_grey_is_scaled_and_not_clipped():
    data = png16([[0, 257], [32768, 65535]])
    got = decode.prepare_encoded(data, 2, 1)[..., 0]
    np.testing.assert_array_equal(got, [[0, 1], [128, 255]])
    colour = decode.prepare_encoded(data, 2, 3)
    np.testing.assert_array_equal(colour, np.repeat(got[..., None], 3, -1))


def test_palette_image():
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putdata([0, 1])
    image = image.resize((2, 2), Image.Resampling.NEAREST)
    got = decode.prepare_encoded(encoded(image, "PNG"), 2, 3)
    np.testing.assert_array_equal(got[0], [[255, 0, 0], [0, 0, 255]])


def test_transparent_palette_is_laid_on_white():
    image = Image.new("P", (2, 2), 0)
    image.putpalette([255, 0, 0, 0, 0, 255])
    data = encoded(image, "PNG", transparency=0)
    assert (decode.prepare_encoded(data, 2, 3) == 255).all()
    assert (decode.prepare_encoded(data, 2, 1) == 255).all()
    assert (decode.prepare_encoded(data, 2, 4)[..., 3] == 0).all()


def test_rgba_is_composited_on_white():
    image = Image.new("RGBA", (2, 2), (255, 0, 0, 51))  # one fifth red
    data = encoded(image, "PNG")
    got = decode.prepare_encoded(data, 2, 3)
    np.testing.assert_array_equal(got[0, 0], [255, 204, 204])
    got = decode.prepare_encoded(data, 2, 4)
    np.testing.assert_array_equal(got[0, 0], [255, 0, 0, 51])


def test_cmyk_jpeg():
    image = Image.new("CMYK", (16, 16), (0, 255, 255, 0))  # red
    data = encoded(image, "JPEG", quality=100)
    got = decode.prepare_encoded(data, 16, 3)
    assert np.abs(got.astype(int) - [255, 0, 0]).max() <= 4
    grey = decode.prepare_encoded(data, 16, 1)
    assert np.abs(grey.astype(int) - 0.299 * 255).max() <= 4


def test_grey_jpeg_to_rgb():
    data = encoded(Image.new("L", (16, 16), 77), "JPEG", quality=100)
    assert (decode.prepare_encoded(data, 16, 3) == 77).all()
    assert (decode.prepare_encoded(data, 16, 1) == 77).all()


def test_first_frame_of_animation():
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    got = decode.prepare_encoded(data, 8, 3)
    assert (got == [255, 0, 0]).all()


def test_exif_orientation():
    image = Image.new("RGB", (16, 16), "black")
    image.paste("white", (0, 0, 16, 8))  # white above
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    data = encoded(image, "JPEG", exif=exif, quality=100)
    got = decode.prepare_encoded(data, 16, 1)[..., 0]
    assert (got[:8] < 5).all()
    assert (got[8:] > 250).all()


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_damaged_exif_does_not_spoil_a_photo(picture):
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "a description that is long enough to be cut"
    image = picture(height=16, width=16)
    data = encoded(image, "JPEG", exif=exif)
    plain = decode.prepare_encoded(encoded(image, "JPEG"), 16, 3)
    turned = np.rot90(plain, -1)
    at = data.index(b"Exif")
    seen = set()
    for position in range(at, at + 80):
        damaged = data[:position] + b"\xf1" + data[position + 1 :]
        got = decode.prepare_encoded(damaged, 16, 3)
        is_turned = (got == turned).all()
        assert is_turned or (got == plain).all()
        seen.add(bool(is_turned))
    assert seen == {True, False}


def test_crop_is_central():
    image = Image.new("L", (9, 4), 0)
    image.paste(200, (2, 0, 6, 4))
    got = decode.prepare_encoded(encoded(image, "PNG"), 4, 1)
    assert (got == 200).all()


@pytest.mark.parametrize("mode", ["1", "LA", "RGBA", "P", "L", "RGB"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_every_mode_to_every_number_of_channels(mode, channels, picture):
    image = picture().convert(mode)
    got = decode.prepare_encoded(encoded(image, "PNG"), 8, channels)
    assert got.shape == (8, 8, channels)
    assert got.dtype == np.uint8
    assert got[..., 0].std() > 5


def test_other_formats_are_refused():
    data = encoded(Image.new("RGB", (4, 4)), "TGA")
    with pytest.raises(ValueError, match=r"known format .*JPEG, PNG"):
        decode.prepare_encoded(data, 4, 3)


@pytest.mark.parametrize(
    ("mode", "clear"), [("L", 0), ("1", 0), ("RGB", (0, 0, 0)), ("I;16", 0)]
)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_clear_colour_is_laid_on_white(mode, clear, channels):
    """Grey with tRNS came out as 0 where 255 is seen."""
    image = Image.new(mode, (4, 4))
    image.paste(128 if mode != "I;16" else 128 * 257, (2, 0, 4, 4))
    data = encoded(image, "PNG", transparency=clear)
    got = decode.prepare_encoded(data, 4, channels)
    assert (got[:, :2] == 255).all()
    assert (got[:, 2:] < 255).any() or mode == "1"
    seen = decode.prepare_encoded(data, 4, 4)
    assert (seen[:, :2, 3] == 0).all()
    assert (seen[:, 2:, 3] == 255).all()


@pytest.mark.parametrize("kind", ["TIFF", "AVIF", "JPEG", "PNG", "WEBP"])
def test_size_of_turned_image(kind):
    image = Image.new("RGB", (20, 12), "white")
    image.paste("black", (0, 0, 20, 3))
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(image, kind, exif=exif)
    assert decode.size_of(data) == (20, 12)
    upright = decode.open_image(data)
    assert upright.size == (12, 20)
    got = np.asarray(upright.convert("L"))
    assert got[:, -1].max() < 50 < 200 < got[:, 0].min()


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("damage", ["text", "cut"])
def test_orientation_that_is_none_turns_nothing(damage):
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(Image.new("RGB", (20, 12)), "JPEG", exif=exif)
    tag = data.index(b"\x01\x12\x00\x03")
    if damage == "text":  # Kind 2 in place of 3, a short number.
        data = data[: tag + 3] + b"\x02" + data[tag + 4 :]
        with Image.open(io.BytesIO(data)) as image:
            assert isinstance(image.getexif()[0x0112], str)
    else:
        data = data[: tag - 6] + b"\xff" * 10 + data[tag + 4 :]
    assert decode.size_of(data) == (12, 20)
    assert decode.open_image(data).size == (20, 12)


def test_fractions_are_refused():
    image = Image.fromarray(np.zeros((4, 4), np.float32))
    with pytest.raises(ValueError, match="no known range"):
        decode.open_image(encoded(image, "TIFF"))


def test_16_bit_tiff():
    grey = np.arange(16, dtype=np.uint16).reshape(4, 4) * 257 * 16
    data = encoded(Image.fromarray(grey), "TIFF")
    got = decode.prepare_encoded(data, 4, 1)[..., 0]
    np.testing.assert_array_equal(got, np.arange(16).reshape(4, 4) * 16)


def test_a_profile_is_kept_and_that_of_inks_is_applied():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    image = Image.new("RGB", (4, 4), (200, 30, 60))
    data = encoded(image, "PNG", icc_profile=profile.tobytes())
    assert decode.open_image(data).info["icc_profile"] == profile.tobytes()
    # A damaged one of inks does no harm.
    inks = Image.new("CMYK", (4, 4), (0, 255, 255, 0))
    plain = decode.open_image(encoded(inks, "JPEG")).convert("RGB")
    data = encoded(inks, "JPEG", icc_profile=b"no profile")
    got = decode.open_image(data)
    assert "icc_profile" not in got.info
    np.testing.assert_array_equal(got.convert("RGB"), plain)


def profile_of_inks(shown):
    """A profile that says white of one mixture, and black of all others."""
    table = bytearray(b"\0\x80\x80" * 16)  # L, a, b of each mixture.
    table[3 * shown] = 255
    identity = struct.pack(">9i", *np.eye(3, dtype=int).ravel() << 16)
    ramp = bytes(range(256))
    lut = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + identity
    lut += ramp * 4 + bytes(table) + ramp * 3
    tags = struct.pack(">I4sII", 1, b"A2B0", 144, len(lut))
    white = struct.pack(">3i", *(round(x * 65536) for x in (0.9642, 1, 0.8249)))
    header = struct.pack(
        ">I4sI4s4s4s12x4s28x12s48x",
        144 + len(lut), b"lcms", 0x02400000, b"prtr", b"CMYK", b"Lab ",
        b"acsp", white,
    )  # fmt: skip
    return header + tags + lut


def test_the_profile_of_inks_is_applied():
    inks = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    inks.paste((255, 0, 0, 0), (4, 0, 8, 8))
    data = encoded(inks, "TIFF", icc_profile=profile_of_inks(0b0110))
    got = decode.prepare_encoded(data, 8, 3)
    assert got[:, :4].min() > 250
    assert got[:, 4:].max() < 5
