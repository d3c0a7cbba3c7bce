import numpy as np
import pytest

from indexer.errors import ImageCorrupt
from indexer.images import (
    BLANK_GREY,
    MOST_CROP_PX,
    blank_regions,
    box_in_crop,
    decode_crop,
    encode_crop,
    face_crop,
    points_in_crop,
)
from tests.drawn import drawn_photo, encoded

POINTS = np.array([[110, 110], [140, 110], [125, 125], [112, 140], [138, 140]], np.float32)


def picture(width=400, height=300):
    return np.asarray(drawn_photo(width, height))


def test_a_crop_has_60_per_cent_around_the_box():
    source = picture()
    cut = face_crop(source, (100, 100, 150, 140), POINTS)
    assert cut.box == (70, 76, 180, 164)
    assert np.array_equal(cut.pixels, source[76:164, 70:180])
    assert np.array_equal(cut.landmarks, POINTS - [70, 76])


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((0, 0, 50, 50), (0, 0, 80, 80)),
        ((-20, -20, 30, 30), (0, 0, 60, 60)),
        ((380, 280, 420, 320), (356, 256, 400, 300)),
        ((100.5, 100.5, 110.5, 110.5), (94, 94, 117, 117)),
    ],
)
def test_a_crop_ends_at_the_edge_of_the_picture(box, expected):
    cut = face_crop(picture(), box, POINTS)
    assert cut.box == expected
    assert cut.pixels.shape[:2] == (expected[3] - expected[1], expected[2] - expected[0])


def test_a_large_face_is_reduced_with_its_landmarks():
    source = picture(3000, 2400)
    points = np.array([[1200, 1100], [1600, 1100]], np.float32)
    cut = face_crop(source, (1000, 800, 1800, 1600), points)
    assert cut.box == (520, 320, 2280, 2080)
    assert cut.pixels.shape == (MOST_CROP_PX, MOST_CROP_PX, 3)
    scale = MOST_CROP_PX / 1760
    assert np.allclose(cut.landmarks, (points - [520, 320] + 0.5) * scale - 0.5, atol=1e-3)


def test_a_landmark_stays_on_its_pixel():
    source = np.zeros((2000, 2000, 3), np.uint8)
    source[995:1006, 1195:1206] = 255
    cut = face_crop(source, (600, 500, 1500, 1500), np.array([[1200, 1000]], np.float32))
    lit = np.argwhere(cut.pixels[:, :, 0] > 127)
    assert np.allclose(lit.mean(0)[::-1], cut.landmarks[0], atol=0.5)


def test_the_picture_and_the_crop_share_no_memory():
    source = picture()
    cut = face_crop(source, (100, 100, 150, 140), POINTS)
    assert not np.shares_memory(source, cut.pixels)


@pytest.mark.parametrize(
    "box",
    [(500, 100, 550, 140), (100, 100, 100, 140), (100, 140, 150, 100), (-90, -90, -50, -50), (np.nan, 0, 9, 9)],
)
def test_a_box_without_a_pixel_is_an_error(box):
    with pytest.raises(ValueError, match="the box"):
        face_crop(picture(), box, POINTS)


def test_other_faces_are_blanked_and_the_subject_stays():
    source = picture()
    cut = face_crop(source, (100, 100, 180, 200), POINTS)
    own = box_in_crop((100, 100, 180, 200), cut.box, cut.pixels)
    other = box_in_crop((160, 110, 230, 190), cut.box, cut.pixels)
    blanked = blank_regions(cut.pixels, [other], own)
    kept = np.all(blanked == cut.pixels, axis=2)
    left, top, right, bottom = (round(side) for side in own)
    assert kept[top:bottom, left:right].all(), "the subject's own box is never touched"
    hidden = blanked[60:120, right + 1 : round(other[2])]
    assert (hidden == BLANK_GREY).all()
    assert kept[:, : left - 1].all(), "nothing else is touched"
    assert not np.shares_memory(blanked, cut.pixels)


def test_hair_and_ears_of_another_face_are_blanked_too():
    crop = np.zeros((100, 100, 3), np.uint8)
    blanked = blank_regions(crop, [(40, 40, 60, 60)], (0, 0, 10, 10))
    assert (blanked[35:65, 35:65] == BLANK_GREY).all()
    assert (blanked == BLANK_GREY).all(axis=2).sum() == 900


def test_a_face_alone_stays_as_it_is():
    crop = picture(100, 100)
    assert np.array_equal(blank_regions(crop, [], (10, 10, 90, 90)), crop)
    assert np.array_equal(blank_regions(crop, [(200, 200, 250, 250)], (10, 10, 90, 90)), crop)


def test_points_and_boxes_follow_the_crops_scale():
    crop = np.zeros((50, 100, 3), np.uint8)
    assert box_in_crop((10, 10, 30, 20), (10, 10, 210, 110), crop) == (0, 0, 10, 5)
    assert points_in_crop(np.array([[10, 10]], np.float32), (10, 10, 110, 60), crop).tolist() == [[0, 0]]


def test_a_crop_survives_its_encoding():
    crop = picture(200, 150)
    again = decode_crop(encode_crop(crop))
    assert (again.shape, again.dtype) == (crop.shape, np.uint8)
    assert np.abs(again.astype(int) - crop).mean() < 2


@pytest.mark.parametrize(
    "data", [b"", b"text", encoded(drawn_photo(40, 40), "PNG"), encode_crop(picture(40, 40))[:300]]
)
def test_other_bytes_are_no_crop(data):
    with pytest.raises(ImageCorrupt):
        decode_crop(data)
