"""Untrusted bytes to a clean picture. Runs only in the decode child, under its limits, and imports only Pillow.

Taken: JPEG, PNG and WebP, known by content alone; of an animation or a multi-picture file the first picture. The result
is 8-bit sRGB, upright, rebuilt from its raw pixels, so that no byte of the file but its pixels can be in it.
"""

import io
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image, ImageCms, ImageFile, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from indexer.errors import ImageCorrupt, ImageEmpty, ImageTooLarge, ImageTooSmall, ImageTypeUnsupported
from indexer.near_repeats import perceptual_hash
from indexer.photo_details import PhotoDetails, read_details

LEAST_SIDE_PX = 32
"""A smaller picture has no face anyone could compare."""
MOST_SIDE_PX = 65_500
"""The longest side a JPEG can have (libjpeg's JPEG_MAX_DIMENSION)."""
JPEG_QUALITY = 95
MATTE = (128, 128, 128)
"""What shows through transparent pixels: grey, which is neither under- nor overexposed."""

_MOST_PROFILE_BYTES = 4 * 2**20
# The plugins themselves, not Image.open: it would take a JPEG of several pictures for another format, with a warning.
_READERS: dict[str, Callable[[io.BytesIO], ImageFile.ImageFile]] = {
    "JPEG": JpegImagePlugin.JpegImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
}
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow's readers raise on damaged files. A MemoryError is not here: it ends the child, and with it the job.
_UNREADABLE = (
    SyntaxError, OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError, EOFError,
    NotImplementedError, RecursionError, struct.error, zlib.error,
)  # fmt: skip


@dataclass(frozen=True)
class CleanPhoto:
    """``jpeg`` is upright sRGB without any metadata; ``source_format`` is JPEG, PNG or WEBP."""

    jpeg: bytes
    width: int
    height: int
    details: PhotoDetails
    perceptual_hash: bytes
    source_format: str


@dataclass(frozen=True)
class RawPixels:
    """``rgb`` holds height x width x 3 bytes."""

    rgb: bytes
    width: int
    height: int


def read_photo(data: bytes, most_pixels: int) -> CleanPhoto:
    """Raises the classes of `ImageRefused`, and MemoryError."""
    source_format = format_of(data)
    pixels, details = _upright(data, source_format, most_pixels)
    clean = Image.frombytes("RGB", (pixels.width, pixels.height), pixels.rgb)
    jpeg = io.BytesIO()
    clean.save(jpeg, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return CleanPhoto(jpeg.getvalue(), *clean.size, details, perceptual_hash(clean), source_format)


def read_pixels(data: bytes, most_pixels: int) -> RawPixels:
    """As `read_photo`, for who needs the pixels themselves."""
    return _upright(data, format_of(data), most_pixels)[0]


def format_of(data: bytes) -> str:
    """JPEG, PNG or WEBP, by the first bytes. `ImageEmpty`, `ImageTypeUnsupported`."""
    if not data:
        raise ImageEmpty
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    raise ImageTypeUnsupported


def _upright(data: bytes, source_format: str, most_pixels: int) -> tuple[RawPixels, PhotoDetails]:
    with _strictly(most_pixels):
        picture = _READERS[source_format](io.BytesIO(data))
        _check_size(picture.size, most_pixels)
        picture.load()
        details = read_details(_block(picture, "exif"))  # after load: a PNG may carry it behind its pixels
        rgb = _turned(_srgb(picture), details.orientation)
        return RawPixels(rgb.tobytes(), *rgb.size), details


@contextmanager
def _strictly(most_pixels: int) -> Iterator[None]:
    """Pillow's own guard set to our limit, and its errors turned into ours."""
    Image.MAX_IMAGE_PIXELS = most_pixels // 2  # the plugins raise at twice this number
    with warnings.catch_warnings():
        # Other warnings are about metadata, which is thrown away: they must not fail a good picture.
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            yield
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise ImageTooLarge(limit=most_pixels / 1e6) from None
        except _UNREADABLE:
            raise ImageCorrupt from None


def _check_size(size: tuple[int, int], most_pixels: int) -> None:
    width, height = size
    if width * height > most_pixels or max(size) > MOST_SIDE_PX:
        raise ImageTooLarge(limit=most_pixels / 1e6)
    if min(size) < LEAST_SIDE_PX:
        raise ImageTooSmall(width=width, height=height, limit=LEAST_SIDE_PX)


def _block(picture: Image.Image, name: str) -> bytes | None:
    block = picture.info.get(name)
    return block if isinstance(block, bytes) else None


def _turned(picture: Image.Image, orientation: int) -> Image.Image:
    turn = _TURNS.get(orientation)
    return picture if turn is None else picture.transpose(turn)


def _srgb(picture: Image.Image) -> Image.Image:
    profile = _block(picture, "icc_profile")
    plain = _opaque(picture)
    converted = _from_profile(plain, profile) if profile and len(profile) <= _MOST_PROFILE_BYTES else None
    return converted or plain.convert("RGB")


def _opaque(picture: Image.Image) -> Image.Image:
    """8 bits a channel without transparency: L, RGB or CMYK."""
    if picture.mode.startswith("I;16"):
        # Pillow's own conversion cuts at 255 and turns nearly all of the picture white; the high byte is the tone.
        return Image.frombytes("L", picture.size, picture.tobytes("raw", "I;16B")[::2])
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        ground = Image.new("RGB", picture.size, MATTE)
        ground.paste(layer, mask=layer.getchannel("A"))
        return ground
    if picture.mode in ("L", "RGB", "CMYK"):
        return picture
    return picture.convert("L" if picture.mode == "1" else "RGB")


def _from_profile(picture: Image.Image, profile: bytes) -> Image.Image | None:
    """``picture`` in sRGB; None where its profile is sRGB already, unreadable or made for other channels."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(source).lower():
            return None
        target = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(picture, source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, *_UNREADABLE):
        return None
