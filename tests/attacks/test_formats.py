"""F7: pictures that are more than eight bits of red, green and blue. What others tests prove stands in the README."""

import contextlib
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from indexer.errors import ImageCorrupt, ImageTypeUnsupported
from tests.attacks.hostile import chunk
from tests.drawn import drawn_photo, encoded


def first_picture_is_kept(pool, data: bytes, first: Image.Image) -> bool:
    stored = Image.open(io.BytesIO(pool.decode(data).jpeg))
    assert (stored.format, stored.mode, stored.size, getattr(stored, "n_frames", 1)) == ("JPEG", "RGB", first.size, 1)
    return np.abs(np.asarray(stored, int) - np.asarray(first, int)).mean() < 4


@pytest.mark.parametrize("file_format", ["PNG", "WEBP", "MPO"])
def test_of_many_pictures_the_first_is_kept_and_the_others_are_gone(pool, file_format: str):
    first, second = drawn_photo(seed=1), drawn_photo(seed=2)
    data = encoded(first, file_format, save_all=True, append_images=[second] * 3, quality=95)
    assert first_picture_is_kept(pool, data, first)


def test_of_an_ultra_hdr_picture_the_gain_map_is_gone(pool):
    """As phones write it: a second JPEG behind the first, named in an MPF segment and in XMP."""
    first, gain = drawn_photo(seed=1), encoded(drawn_photo(100, 75, seed=3).convert("L"))
    xmp = b'<x:xmpmeta xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"/>'
    data = encoded(first, xmp=xmp)
    mpf = b"MPF\0MM\0*" + struct.pack(">I", 8) + struct.pack(">H", 0) + bytes(4)
    data = data[:2] + b"\xff\xe2" + struct.pack(">H", len(mpf) + 2) + mpf + data[2:] + gain
    assert first_picture_is_kept(pool, data, first)
    assert pool.decode(data).jpeg.count(b"\xff\xd8\xff") == 1


@pytest.mark.parametrize(
    ("file_format", "options"), [("GIF", {}), ("GIF", {"save_all": True}), ("TIFF", {}), ("BMP", {}), ("JPEG2000", {})]
)
def test_other_formats_are_not_taken(pool, file_format: str, options: dict[str, object]):
    with pytest.raises(ImageTypeUnsupported):
        pool.decode(encoded(drawn_photo(), file_format, **options))


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"mif1", b"avif", b"msf1"])
def test_heic_and_avif_are_not_taken_and_the_answer_says_which_are(pool, brand: bytes):
    with pytest.raises(ImageTypeUnsupported, match="JPEG, PNG"):
        pool.decode(b"\0\0\0\x18ftyp" + brand + bytes(5000))


def test_what_only_claims_to_be_coded_arithmetically_is_no_picture(pool):
    """No encoder of such files is here. libjpeg reads true ones; in this one the data are Huffman's."""
    (child,) = pool.process_ids
    data = bytearray(encoded(drawn_photo()))
    data[data.index(b"\xff\xc0") + 1] = 0xC9
    with contextlib.suppress(ImageCorrupt):
        assert pool.decode(bytes(data)).width == 400
    assert pool.process_ids == [child]


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("channels", ["grey", "grey and alpha", "colour", "colour and alpha"])
def test_every_depth_and_every_kind_of_png_becomes_eight_bits_of_colour(pool, bits: int, channels: str):
    count = {"grey": 1, "grey and alpha": 2, "colour": 3, "colour and alpha": 4}[channels]
    stored = Image.open(io.BytesIO(pool.decode(even_png(bits, count)).jpeg))
    assert (stored.mode, stored.size) == ("RGB", (64, 64))
    assert max(abs(level - 200) for level in stored.getpixel((32, 32))) <= 2


def even_png(bits: int, channels: int) -> bytes:
    """64 x 64 pixels of tone 200 of 255, opaque."""
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    levels = [200 * 257 if bits == 16 else 200] * channels
    if channels in (2, 4):
        levels[-1] = 2**bits - 1
    pixel = b"".join(level.to_bytes(bits // 8, "big") for level in levels)
    body = zlib.compress((b"\0" + pixel * 64) * 64)
    header = struct.pack(">IIBBBBB", 64, 64, bits, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
