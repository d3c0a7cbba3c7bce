import random
import struct
from datetime import UTC, datetime, timedelta, timezone

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from indexer.photo_details import PhotoDetails, can_be_true, read_details

NOTHING = PhotoDetails()
NORTH_EAST = {1: "N", 2: (23.0, 7.0, 30.0), 3: "E", 4: (113.0, 15.0, 0.0)}


def exif(orientation=None, camera=None, gps=None):
    tags = Image.Exif()
    if orientation is not None:
        tags[0x0112] = orientation
    tags.get_ifd(0x8769).update(camera or {})
    tags.get_ifd(0x8825).update(gps or {})
    return tags.tobytes()


def test_a_picture_without_exif_says_nothing():
    assert read_details(None) == read_details(b"") == NOTHING


def test_a_local_time_stays_without_a_zone():
    assert read_details(exif(camera={0x9003: "2011:02:03 04:05:06"})).taken_at == "2011-02-03T04:05:06"


def test_an_offset_the_camera_wrote_is_kept():
    original = {0x9003: "2011:02:03 04:05:06", 0x9011: "+08:00", 0x9010: "+01:00"}
    assert read_details(exif(camera=original)).taken_at == "2011-02-03T04:05:06+08:00"
    original.pop(0x9011)
    assert read_details(exif(camera=original)).taken_at == "2011-02-03T04:05:06+01:00"


@pytest.mark.parametrize("offset", ["", "Z", "+15:00", "+08:60", "08:00", "+8:00", "+08:00<script>", "\0"])
def test_an_offset_that_is_none_is_left_out(offset):
    camera = {0x9003: "2011:02:03 04:05:06", 0x9011: offset}
    assert read_details(exif(camera=camera)).taken_at == "2011-02-03T04:05:06"


@pytest.mark.parametrize(
    "time",
    [
        "",
        "0000:00:00 00:00:00",
        "2011:02:30 00:00:00",
        "2011-02-03 04:05:06",
        "2011:02:03",
        "1989:12:31 23:59:59",
        "2999:01:01 00:00:00",
        "x" * 5000,
    ],
)
def test_a_time_that_is_none_is_left_out(time):
    assert read_details(exif(camera={0x9003: time})) == NOTHING


def test_a_time_is_possible_from_1990_to_tomorrow_in_every_zone():
    now = datetime.now(UTC)
    east, west = timezone(timedelta(hours=14)), timezone(-timedelta(hours=14))
    ahead = now.astimezone(east).replace(tzinfo=None)
    for moment in (now, ahead, now + timedelta(hours=23), datetime(1990, 1, 1, tzinfo=east)):
        assert can_be_true(moment)
    for year in (1, 1989, 9999):
        for zone in (None, UTC, east, west):
            assert not can_be_true(datetime(year, 12, 31, 23, 59, tzinfo=zone))
    assert not can_be_true(now + timedelta(hours=25))


def test_places_have_signs_by_their_hemisphere():
    found = read_details(exif(gps=NORTH_EAST))
    assert (found.latitude, found.longitude) == (23.125, 113.25)
    found = read_details(exif(gps={**NORTH_EAST, 1: "S", 3: "W"}))
    assert (found.latitude, found.longitude) == (-23.125, -113.25)
    found = read_details(exif(gps={**NORTH_EAST, 2: (90.0, 0.0, 0.0), 4: (180.0, 0.0, 0.0)}))
    assert (found.latitude, found.longitude) == (90, 180)


@pytest.mark.parametrize(
    "wrong",
    [
        {2: (90.0, 0.0, 1.0)},
        {2: (91.0, 0.0, 0.0)},
        {4: (180.0, 1.0, 0.0)},
        {4: (1e9, 0.0, 0.0)},
        {2: (23.0, 60.0, 0.0)},
        {2: (23.0, 0.0, 61.0)},
        {2: (IFDRational(0, 0), 7.0, 30.0)},
        {2: (IFDRational(23, 0), 7.0, 30.0)},
        {4: (113.0, IFDRational(0, 0), 0.0)},
        {2: (23.0, 7.0)},
        {2: (0.0, 0.0, 0.0), 4: (0.0, 0.0, 0.0)},
        {1: "X"},
        {1: ""},
        {3: "N"},
        {1: "NS"},
    ],
)
def test_a_place_that_cannot_be_is_left_out(wrong):
    assert read_details(exif(gps={**NORTH_EAST, **wrong})) == NOTHING


@pytest.mark.parametrize("missing", [1, 2, 3, 4])
def test_half_a_place_is_none(missing):
    gps = {tag: value for tag, value in NORTH_EAST.items() if tag != missing}
    assert read_details(exif(gps=gps)) == NOTHING


@pytest.mark.parametrize("orientation", [0, 9, 255, 65535])
def test_an_orientation_that_is_none_is_upright(orientation):
    assert read_details(exif(orientation=orientation)).orientation == 1


@pytest.mark.parametrize(
    "block",
    [
        b"Exif\0\0",
        b"Exif\0\0II*\0",
        b"Exif\0\0II*\0\xff\xff\xff\xff",  # a directory 4 GB away
        b"Exif\0\0II*\0\x08\0\0\0" + b"\xff" * 60_000,  # 65,535 entries
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHII", 0x8769, 4, 1, 8),  # a directory inside itself
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHII", 0x8825, 4, 0xFFFFFFFF, 0xFFFFFFFF),
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHI4s", 0x0112, 2, 2, b"3\0\0\0"),  # a word for a number
        b"\0" * 1000,
        b"II",
        b"Exif\0\0" + bytes(300_000),
    ],
)
def test_a_hostile_block_says_nothing_and_fails_nothing(block):
    assert read_details(block) == NOTHING


def test_a_large_maker_note_does_not_hide_the_time():
    camera = {0x9003: "2011:02:03 04:05:06", 0x927C: b"\xff" * 60_000}
    assert read_details(exif(camera=camera)).taken_at == "2011-02-03T04:05:06"


def test_two_thousand_damaged_blocks_never_raise():
    whole = exif(6, {0x9003: "2011:02:03 04:05:06", 0x9011: "+08:00"}, NORTH_EAST)
    seeded = random.Random(1)
    for _ in range(2000):
        block = bytearray(whole)
        for _ in range(seeded.randint(1, 8)):
            block[seeded.randrange(len(block))] = seeded.randrange(256)
        found = read_details(bytes(block[: seeded.randint(1, len(block))]))
        assert found.latitude is None or abs(found.latitude) <= 90
        assert 1 <= found.orientation <= 8
