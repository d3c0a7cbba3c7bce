"""What the decode child makes of good pictures. Hostile ones: tests/attacks/test_bombs.py."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps
from PIL.PngImagePlugin import PngInfo

from indexer.decoding import MATTE, read_photo, read_pixels
from indexer.errors import ImageCorrupt, ImageEmpty, ImageTooLarge, ImageTooSmall, ImageTypeUnsupported
from tests.drawn import drawn_photo, encoded

LIMIT = 1_000_000
MARKER = b"PLANTED-MARKER"


@pytest.mark.parametrize(("file_format", "options"), [("JPEG", {}), ("PNG", {}), ("WEBP", {"lossless": True})])
def test_a_photo_comes_back_as_an_upright_jpeg_of_the_same_picture(file_format, options):
    original = drawn_photo(320, 200)
    photo = read_photo(encoded(original, file_format, **options), LIMIT)
    assert (photo.width, photo.height, photo.source_format) == (320, 200, file_format)
    stored = Image.open(io.BytesIO(photo.jpeg))
    assert (stored.format, stored.mode, stored.size) == ("JPEG", "RGB", (320, 200))
    assert difference(stored, original) < 3
    assert [(across, down) for _, across, down, _ in stored.layer] == [(1, 1)] * 3, "colour must not be subsampled"


def test_pixels_are_those_of_the_file():
    original = drawn_photo(64, 48)
    pixels = read_pixels(encoded(original, "PNG"), LIMIT)
    assert (pixels.width, pixels.height) == (64, 48)
    assert pixels.rgb == original.tobytes()


@pytest.mark.parametrize("orientation", range(10))
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_every_exif_orientation_is_applied(orientation, file_format):
    turns = {2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}  # what undoes each of them
    upright, exif = drawn_photo(120, 80), Image.Exif()
    exif[0x0112] = turns.get(orientation, 1)
    lying = ImageOps.exif_transpose(with_exif(upright, exif))
    exif[0x0112] = orientation
    found = read_pixels(encoded(lying, file_format, exif=exif, lossless=True), LIMIT)
    assert (found.width, found.height) == upright.size
    assert difference(picture_of(found), upright) < 3


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGB"])
def test_palette_grey_and_bilevel_become_rgb(mode):
    original = drawn_photo(100, 80).convert(mode)
    found = read_pixels(encoded(original, "PNG"), LIMIT)
    assert found.rgb == original.convert("RGB").tobytes()


def test_sixteen_bit_grey_keeps_its_tone():
    ramp = np.tile(np.arange(0, 65536, 256, dtype=np.uint16), (40, 1))
    found = read_pixels(encoded(Image.fromarray(ramp), "PNG"), LIMIT)
    assert picture_of(found).getpixel((0, 0)) == (0, 0, 0)
    assert [picture_of(found).getpixel((x, 20))[0] for x in range(256)] == list(range(256))


def test_cmyk_becomes_rgb():
    original = drawn_photo(100, 80)
    found = read_pixels(encoded(original.convert("CMYK")), LIMIT)
    assert difference(picture_of(found), original) < 4


@pytest.mark.parametrize(
    ("mode", "file_format", "colour"),
    [("RGBA", "PNG", (250, 0, 0, 0)), ("RGBA", "WEBP", (250, 0, 0, 0)), ("LA", "PNG", (250, 0))],
)
def test_transparent_pixels_are_grey(mode, file_format, colour):
    found = read_pixels(encoded(Image.new(mode, (40, 40), colour), file_format, lossless=True), LIMIT)
    assert picture_of(found).getcolors() == [(1600, MATTE)]


def test_a_transparent_palette_colour_is_grey_too():
    palette = Image.new("P", (40, 40), 3)
    palette.putpalette(bytes(range(30)))
    found = read_pixels(encoded(palette, "PNG", transparency=3), LIMIT)
    assert picture_of(found).getcolors() == [(1600, MATTE)]


@pytest.mark.parametrize("file_format", ["PNG", "WEBP"])
def test_an_animation_gives_its_first_picture(file_format):
    first, second = drawn_photo(64, 48, seed=1), drawn_photo(64, 48, seed=2)
    data = encoded(first, file_format, save_all=True, append_images=[second], lossless=True)
    assert read_pixels(data, LIMIT).rgb == first.tobytes()


def test_a_jpeg_of_several_pictures_gives_its_first():
    first, second = drawn_photo(64, 48, seed=1), drawn_photo(64, 48, seed=2)
    data = encoded(first, "MPO", save_all=True, append_images=[second], quality=95)
    assert difference(picture_of(read_pixels(data, LIMIT)), first) < 4


@pytest.mark.parametrize("options", [{"progressive": True}, {"optimize": True}, {"quality": 5}, {"subsampling": 2}])
def test_ordinary_jpegs_are_taken(options):
    assert read_photo(encoded(drawn_photo(100, 80), **options), LIMIT).width == 100


def test_display_p3_becomes_srgb():
    seen = (200, 100, 50)
    picture = Image.new("RGB", (40, 40), seen)
    found = picture_of(read_pixels(encoded(picture, "PNG", icc_profile=display_p3()), LIMIT)).getpixel((20, 20))
    # Display P3's red is purer than sRGB's: the same light needs more red and less blue there. From CSS Color 4's
    # matrices: linear P3 to linear sRGB.
    matrix = np.array([[1.2249, -0.2249, 0], [-0.0420, 1.0420, 0], [-0.0196, -0.0786, 1.0983]])
    linear = ((np.array(seen) / 255 + 0.055) / 1.055) ** 2.4
    expected = (np.clip(matrix @ linear, 0, 1) ** (1 / 2.4) * 1.055 - 0.055) * 255
    assert np.abs(np.array(found) - expected).max() < 3
    assert found[0] > seen[0] + 5


@pytest.mark.parametrize("profile", [b"no profile", bytes(128), b"\0" * 4 + b"lcms" + bytes(4000)])
def test_a_broken_profile_is_left_out(profile):
    original = drawn_photo(64, 48)
    assert read_pixels(encoded(original, "PNG", icc_profile=profile), LIMIT).rgb == original.tobytes()


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_nothing_but_the_pixels_is_kept(file_format):
    exif = Image.Exif()
    exif[0x010E] = MARKER.decode()
    exif.get_ifd(0x8769)[0x927C] = MARKER * 1000  # maker note
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0<script>" + MARKER
    text = PngInfo()
    text.add_text("Comment", MARKER.decode())
    text.add_itxt("XML:com.adobe.xmp", MARKER.decode())
    options = {"exif": exif, "xmp": MARKER, "icc_profile": srgb() + MARKER, "comment": MARKER}
    data = encoded(drawn_photo(), file_format, **options, **({"pnginfo": text} if file_format == "PNG" else {}))
    data += b"PK\x03\x04" + MARKER
    assert data.count(MARKER) >= 4
    photo = read_photo(data, LIMIT)
    assert MARKER not in photo.jpeg
    assert b"Exif" not in photo.jpeg
    assert b"ICC_PROFILE" not in photo.jpeg
    assert segments(photo.jpeg) == [0xE0, 0xDB, 0xDB, 0xC0, 0xC4, 0xC4, 0xC4, 0xC4, 0xDA]
    assert photo.jpeg.endswith(b"\xff\xd9")


def test_a_thumbnail_inside_exif_is_gone():
    thumbnail = encoded(drawn_photo(160, 120, seed=9))
    exif = b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0" + thumbnail
    photo = read_photo(encoded(drawn_photo(), exif=exif), LIMIT)
    assert photo.jpeg.count(b"\xff\xd8\xff") == 1


def test_time_place_and_hash_come_with_the_photo():
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2011:02:03 04:05:06"
    exif.get_ifd(0x8825).update({1: "N", 2: (23.0, 7.0, 30.0), 3: "W", 4: (113.0, 15.0, 0.0)})
    photo = read_photo(encoded(drawn_photo(), exif=exif), LIMIT)
    assert photo.details.taken_at == "2011-02-03T04:05:06"
    assert (photo.details.latitude, photo.details.longitude) == (23.125, -113.25)
    assert len(photo.perceptual_hash) == 32


def test_the_limit_is_exact():
    data = encoded(Image.new("RGB", (100, 50)), "PNG")
    assert read_pixels(data, 5000).width == 100
    for file_format in ("JPEG", "PNG", "WEBP"):
        with pytest.raises(ImageTooLarge) as caught:
            read_pixels(encoded(Image.new("RGB", (100, 51)), file_format), 5000)
        assert caught.value.code == "image_too_large"


def test_a_side_no_jpeg_can_have_is_refused():
    with pytest.raises(ImageTooLarge):
        read_pixels(encoded(Image.new("1", (65_501, 32)), "PNG"), 50_000_000)


def test_a_tiny_picture_is_refused_with_its_size():
    with pytest.raises(ImageTooSmall, match="31 x 400"):
        read_pixels(encoded(Image.new("RGB", (31, 400)), "PNG"), LIMIT)


def test_the_content_alone_decides_the_type():
    with pytest.raises(ImageEmpty):
        read_photo(b"", LIMIT)
    others = [b"x", b"not a picture", b"<svg/>", b"%PDF-1.7"]
    for other in (*others, encoded(drawn_photo(), "GIF"), encoded(drawn_photo(), "TIFF")):
        with pytest.raises(ImageTypeUnsupported):
            read_photo(other, LIMIT)
    with pytest.raises(ImageCorrupt):
        read_photo(b"\x89PNG\r\n\x1a\n" + encoded(drawn_photo()), LIMIT)


def difference(one, other):
    return np.abs(np.asarray(one.convert("RGB"), int) - np.asarray(other.convert("RGB"), int)).mean()


def picture_of(pixels):
    return Image.frombytes("RGB", (pixels.width, pixels.height), pixels.rgb)


def with_exif(picture, exif):
    return Image.open(io.BytesIO(encoded(picture, "PNG", exif=exif)))


def srgb():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def display_p3():
    """The sRGB profile with Display P3's primaries (adapted to D50) and another name."""
    profile = bytearray(srgb().replace("sRGB".encode("utf-16-be"), "Wide".encode("utf-16-be")))
    primaries = {
        b"rXYZ": (0.51512, 0.2412, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.1571, 0.06657, 0.78407),
    }
    for number in range(struct.unpack_from(">I", profile, 128)[0]):
        name, offset, _ = struct.unpack_from(">4sII", profile, 132 + 12 * number)
        if name in primaries:
            struct.pack_into(">3i", profile, offset + 8, *(round(part * 65536) for part in primaries[name]))
    return bytes(profile)


def segments(jpeg):
    """The markers up to the scan."""
    found, position = [], 2
    while not found or found[-1] != 0xDA:
        found.append(jpeg[position + 1])
        position += 2 + struct.unpack_from(">H", jpeg, position + 2)[0]
    return found
