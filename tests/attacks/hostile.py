"""Hostile picture files, made here: bombs, polyglots, metadata that swells, and pictures that carry a marker."""

import io
import struct
import zipfile
import zlib

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.drawn import drawn_photo, encoded

FORMATS = [("JPEG", {}), ("PNG", {}), ("WEBP", {"quality": 80})]
MARKER = b"PLANTED-MARKER"


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


def marked(file_format, marker=MARKER, orientation=1):
    """A picture with ``marker`` wherever its format lets words stand."""
    words = marker.decode()
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = words, orientation
    details = exif.get_ifd(0x8769)
    details[0x927C], details[0x9286] = marker * 4000, b"ASCII\0\0\0<script>" + marker  # maker note, user comment
    exif.get_ifd(0x8825)[0x1B] = b"ASCII\0\0\0" + marker  # GPS processing method
    options = {"exif": exif, "xmp": marker, "icc_profile": bytes(128) + marker, "comment": marker}
    if file_format == "PNG":
        text = PngInfo()
        text.add_text("Comment", words)
        text.add_text("Packed", words, zip=True)
        text.add_itxt("XML:com.adobe.xmp", words)
        options |= {"pnginfo": text}
    data = encoded(drawn_photo(), file_format, **options)
    if file_format == "WEBP":  # a chunk that no reader knows
        data = data[:4] + struct.pack("<I", len(data) + len(marker)) + data[8:]
        data += b"ABCD" + struct.pack("<I", len(marker)) + marker
    return data + marker
