"""F3: pictures that are cut short or have a byte changed."""

import os
import random

import pytest
from PIL import Image, ImageCms

from indexer.errors import ImageCorrupt, ImageDecodeLimit, ImageRefused
from tests.attacks.hostile import FORMATS
from tests.drawn import drawn_photo, encoded

FLIPS = 500 if os.environ.get("HOMEWARD_LONG") else 60


@pytest.mark.parametrize(("file_format", "options"), FORMATS)
def test_a_picture_cut_at_every_twentieth_is_corrupt(pool, file_format, options):
    data = encoded(drawn_photo(), file_format, **options)
    for percent in range(5, 100, 5):
        with pytest.raises(ImageCorrupt):
            pool.decode(data[: len(data) * percent // 100])
    assert pool.decode(data).width == 400


@pytest.mark.parametrize(("file_format", "options"), FORMATS)
def test_a_changed_byte_gives_a_picture_or_a_refusal(pool, file_format, options):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2011:02:03 04:05:06"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = encoded(drawn_photo(200, 150), file_format, exif=exif, icc_profile=profile, **options)
    seeded = random.Random(7)
    (child,) = pool.process_ids
    for number in range(FLIPS):
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
        if pool.process_ids != [child]:  # it has served its share of pictures
            (child,) = pool.process_ids
