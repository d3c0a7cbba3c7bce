"""Hostile picture files, made here: each is refused at once and in little memory, or read as an ordinary picture."""

import contextlib
import io
import random
import struct
import time
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from indexer.decode_pool import DecodePool
from indexer.errors import ImageCorrupt, ImageDecodeLimit, ImageRefused, ImageTooLarge
from indexer.settings import IndexerSettings
from tests.drawn import drawn_photo, encoded

FORMATS = [("JPEG", {}), ("PNG", {}), ("WEBP", {"quality": 80})]
MARKER = b"PLANTED-MARKER"


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    with DecodePool(IndexerSettings(data_dir=tmp_path_factory.mktemp("pool"), decode_processes=1)) as pool:
        pool.decode(encoded(drawn_photo()))  # warm, so that times are of pictures
        yield pool


def test_bombs_are_refused_at_once_in_little_memory_by_one_child(pool):
    (child,) = pool.process_ids
    for name, (data, code) in bombs().items():
        started = time.monotonic()
        with pytest.raises(ImageRefused) as caught:
            pool.decode(data)
        assert (name, caught.value.code) == (name, code)
        assert time.monotonic() - started < 1, name
    assert pool.process_ids == [child], "no bomb ended the child"
    assert most_memory_mb(child) < 100


def test_the_smallest_bomb_has_34_bytes_and_claims_128_megapixels():
    data = webp_claiming(16384, 8000)
    assert len(data) == 34
    width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
    assert width * height > 128e6


@pytest.mark.parametrize(("file_format", "options"), FORMATS)
def test_a_picture_cut_anywhere_is_corrupt_or_whole(pool, file_format, options):
    data = encoded(drawn_photo(), file_format, **options)
    for percent in range(5, 100, 5):
        with pytest.raises(ImageCorrupt):
            pool.decode(data[: len(data) * percent // 100])
    assert pool.decode(data).width == 400


@pytest.mark.parametrize(("file_format", "options"), FORMATS)
def test_a_flipped_byte_gives_a_picture_or_a_refusal(pool, file_format, options):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2011:02:03 04:05:06"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = encoded(drawn_photo(200, 150), file_format, exif=exif, icc_profile=profile, **options)
    seeded = random.Random(7)
    (child,) = pool.process_ids
    for number in range(100):
        # Half of them in the first 2 kB, where the structure is.
        position = seeded.randrange(min(2000, len(data)) if number % 2 else len(data))
        flipped = bytearray(data)
        flipped[position] ^= seeded.randint(1, 255)
        try:
            assert pool.decode(bytes(flipped)).jpeg.startswith(b"\xff\xd8\xff")
        except ImageDecodeLimit:
            pytest.fail(f"the byte at {position} ended the child")
        except ImageRefused:
            continue
    assert pool.process_ids == [child]


@pytest.mark.parametrize("name", ["zip", "html comment", "appended", "png and zip", "exif script"])
def test_polyglots_become_nothing_but_a_picture(pool, name):
    data = polyglots()[name]
    assert MARKER in data
    photo = pool.decode(data)
    assert MARKER not in photo.jpeg
    assert b"PK\x03\x04" not in photo.jpeg
    assert photo.width == 400


@pytest.mark.parametrize("front", [b"%PDF-1.7\n", b"GIF89a", b"PK\x03\x04", b"<html>", b"\0"])
def test_a_picture_behind_something_else_is_no_picture(pool, front):
    with pytest.raises(ImageRefused) as caught:
        pool.decode(front + encoded(drawn_photo()))
    assert caught.value.code == "image_type_unsupported"


@pytest.mark.parametrize("name", ["text", "profile", "many chunks", "many frames", "large exif"])
def test_metadata_that_swells_costs_little(pool, name):
    data = swelling()[name]
    started = time.monotonic()
    with contextlib.suppress(ImageCorrupt):
        assert pool.decode(data).width == 400
    assert time.monotonic() - started < 3
    assert most_memory_mb(pool.process_ids[0]) < 200


def test_a_picture_that_takes_for_ever_is_given_up(tmp_path):
    settings = IndexerSettings(data_dir=tmp_path, decode_processes=1, decode_seconds=0.5)
    with DecodePool(settings) as pool:
        small = encoded(drawn_photo(64, 48))
        pool.decode(small)
        # Progressive noise: every coefficient of 36 MP is read in ten passes.
        tile = np.random.default_rng(0).integers(0, 256, (500, 600, 3), np.uint8)
        noise = Image.fromarray(np.tile(tile, (12, 10, 1)))
        with pytest.raises(ImageDecodeLimit):
            pool.decode(encoded(noise, quality=30, progressive=True))
        assert pool.decode(small).width == 64


def bombs():
    """Name, bytes and the code each is refused with."""
    gif, tiff = io.BytesIO(), io.BytesIO()
    Image.new("P", (2000, 2000)).save(gif, "GIF", save_all=True, append_images=[Image.new("P", (2000, 2000), 1)] * 20)
    Image.new("1", (20_000, 20_000)).save(tiff, "TIFF", compression="group4")
    large, unsupported, corrupt = "image_too_large", "image_type_unsupported", "image_corrupt"
    return {
        "34-byte WebP of 131 MP": (webp_claiming(16384, 8000), large),
        "WebP of 51 MP, just over": (webp_claiming(16384, 3113), large),
        "lossless WebP of 268 MP": (webp_lossless_claiming(16384, 16384), large),
        "PNG of 144 MP": (png_of_zeros(12_000, 12_000), large),
        "PNG of 900 MP": (png_of_zeros(30_000, 30_000), large),
        "PNG of 2**62 pixels": (png_of_zeros(2**31 - 1, 2**31 - 1, rows=1), large),
        "PNG of 1 x 65535": (png_of_zeros(1, 65_535), large),
        "PNG of 65535 x 1": (png_of_zeros(65_535, 1), large),
        "PNG of 60000 x 1": (png_of_zeros(60_000, 1), "image_too_small"),
        "PNG of 0 x 0": (png_of_zeros(0, 0), corrupt),
        "JPEG of 400 MP": (jpeg_claiming(20_000, 20_000), large),
        "JPEG of 65535 x 65535": (jpeg_claiming(65_535, 65_535), large),
        "GIF": (gif.getvalue(), unsupported),
        "TIFF of 400 MP": (tiff.getvalue(), unsupported),
        "SVG that reads a file": (
            b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>',
            unsupported,
        ),
        "EPS": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9999 9999\n", unsupported),
        "HEIC": (b"\0\0\0\x18ftypheic" + bytes(100), unsupported),
        "text": (b"this is no picture", unsupported),
        "nothing": (b"", "image_empty"),
        "one byte": (b"\xff", unsupported),
        "a JPEG's first three bytes": (b"\xff\xd8\xff", corrupt),
        "PNG header, JPEG body": (b"\x89PNG\r\n\x1a\n" + encoded(drawn_photo()), corrupt),
        "WebP header alone": (b"RIFF\x04\0\0\0WEBP", corrupt),
    }


def polyglots():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("payload", MARKER)
    html = b"<script>" + MARKER + b"</script>"
    exif = Image.Exif()
    exif[0x010E] = html.decode()
    return {
        "zip": encoded(drawn_photo()) + archive.getvalue(),
        "html comment": encoded(drawn_photo(), comment=html),
        "appended": encoded(drawn_photo()) + MARKER * 360_000,
        "png and zip": encoded(drawn_photo(), "PNG") + archive.getvalue(),
        "exif script": encoded(drawn_photo(), exif=exif),
    }


def swelling():
    """Small pictures whose metadata unpacks to much, or is very much."""
    picture = drawn_photo()
    text = PngInfo()
    text.add_text("Comment", "x" * 100_000_000, zip=True)
    frames = [Image.new("RGB", (400, 300), (n, n, n)) for n in range(60)]
    plain = encoded(picture, "PNG")
    return {
        "text": encoded(picture, "PNG", pnginfo=text),
        "profile": plain[:33] + chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(100_000_000))) + plain[33:],
        "many chunks": plain[:33] + chunk(b"tEXt", b"k\0v") * 200_000 + plain[33:],
        "many frames": encoded(picture, "WEBP", save_all=True, append_images=frames),
        "large exif": encoded(picture, "PNG", exif=b"Exif\0\0II*\0\x08\0\0\0" + b"\xff" * 20_000_000),
    }


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_of_zeros(width, height, rows=None):
    """A 1-bit PNG; ``rows`` when fewer are there than it claims."""
    packer, row = zlib.compressobj(9), bytes(1 + (width + 7) // 8) if width < 10**6 else bytes(9)
    block = 500
    count = height if rows is None else rows
    body = b"".join(packer.compress(row * min(block, count - start)) for start in range(0, count, block))
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    pixels = chunk(b"IDAT", body + packer.flush())
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


def jpeg_claiming(width, height):
    data = bytearray(encoded(Image.new("RGB", (64, 64))))
    struct.pack_into(">HH", data, data.index(b"\xff\xc0") + 5, height, width)
    return bytes(data)


def webp_claiming(width, height):
    """An extended WebP: a canvas, and the header of a picture that is not there."""
    body = (
        b"VP8X"
        + struct.pack("<I", 10)
        + bytes(4)
        + (width - 1).to_bytes(3, "little")
        + (height - 1).to_bytes(3, "little")
    )
    return b"RIFF" + struct.pack("<I", 4 + len(body) + 4) + b"WEBP" + body + b"VP8 "


def webp_lossless_claiming(width, height):
    bits = (width - 1) | (height - 1) << 14
    body = b"VP8L" + struct.pack("<I", 10) + b"\x2f" + struct.pack("<I", bits) + bytes(5)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def most_memory_mb(process):
    """The most resident memory a process ever had, MB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def test_the_limit_itself_is_what_refuses(tmp_path):
    with DecodePool(IndexerSettings(data_dir=tmp_path, decode_processes=1, max_megapixels=0.11)) as pool:
        with pytest.raises(ImageTooLarge, match=r"more than 0\.11 megapixels"):
            pool.decode(encoded(drawn_photo(400, 300)))
        assert pool.decode(encoded(drawn_photo(400, 270))).width == 400
