"""The pyramid and the suppression of overlapping windows."""

import cv2
import numpy as np
import pytest

from app.demo.sources import GROUP_PICTURE, sample_picture
from indexer.packs.boxes import strongest
from indexer.packs.face_detector import MOST_PIXELS, OVERLAP, FaceDetector, Window, _pyramid
from indexer.packs.open_pack import OpenPack
from tests.drawn import drawn_photo


@pytest.fixture(scope="module")
def group():
    return sample_picture(GROUP_PICTURE)


@pytest.fixture(scope="module")
def detector(pack: OpenPack):
    return pack._detector


@pytest.fixture(scope="module")
def windows(detector, group):
    return detector.find(group)


def blank(width, height):
    return np.zeros((height, width, 3), np.uint8)


@pytest.mark.parametrize(
    ("size", "side_px", "factor"),
    [
        ((640, 480), 1280, 2.0),
        ((1280, 886), 1280, 2.0),  # 4.5 MP when doubled
        ((1280, 1280), 1280, 1.0),  # 6.6 MP when doubled
        ((4000, 3000), 1280, 0.64),  # 1280 x 960 doubled has 4.9 MP
        ((4000, 3000), 640, 0.32),
        ((4000, 4000), 1280, 0.32),
    ],
)
def test_a_picture_is_scaled_to_the_side_and_doubled_while_it_stays_under_5_megapixels(size, side_px, factor):
    assert FaceDetector(None, side_px)._factor(blank(*size)) == pytest.approx(factor)
    assert MOST_PIXELS == 5_000_000


def test_every_size_of_the_pyramid_is_five_sixths_of_the_one_before():
    sizes = [scaled.shape[1] for scaled, _ in _pyramid(blank(1200, 300), 1.0)]
    assert sizes[:4] == [1200, 1000, 833, 694]
    assert sizes[-1] >= 56 > sizes[-1] * 5 / 6


def test_the_scale_of_a_size_is_that_to_the_picture():
    for scaled, scale in _pyramid(blank(1200, 300), 2.0):
        assert scale == scaled.shape[1] / 1200


def window(left, score, top=0.0):
    return Window((left, top, left + 100.0, top + 100.0), score)


def distinct(*windows):
    return strongest(windows, lambda one: one.score, OVERLAP)


def test_of_windows_that_share_too_much_the_strongest_stays():
    shift = 100 * (1 - OVERLAP) / (1 + OVERLAP)  # where two windows share exactly dlib's limit
    weak, strong = window(0, 0.2), window(shift - 1, 0.9)
    assert distinct(weak, strong) == [strong]
    apart = window(shift + 1, 0.9)
    assert distinct(weak, apart) == [apart, weak]


def test_a_small_window_inside_a_large_one_stays():
    """dlib's own setting: only shared area counts, not how much of a window is covered."""
    inside = Window((30.0, 30.0, 60.0, 60.0), 0.5)
    assert distinct(window(0, 0.9), inside) == [window(0, 0.9), inside]


class Cells:
    """The detector's network, as if it gave these scores at the first size of the pyramid and none at the others."""

    def __init__(self, *scores):
        self.scores = [np.array([[[scores]]], np.float32)]

    def run(self, _names, given):
        return [self.scores.pop() if self.scores else np.full((1, 1, 1, 1), -1, np.float32)]


def test_a_window_is_a_face_above_zero_and_neighbours_are_one_face():
    apart = [-1.0] * 12
    found = FaceDetector(Cells(0.4, 0.5, *apart, 0.001, *apart, 0.0), 1280).find(blank(400, 300))
    assert [one.score for one in found] == pytest.approx([0.5, 0.001])


def test_faces_come_strongest_first_each_box_around_its_landmarks(pack, group):
    faces = pack.find(group[::2, ::2])
    scores = [face.detector_score for face in faces]
    assert len(scores) == 6
    assert scores == sorted(scores, reverse=True)
    for face in faces:
        left, top, right, bottom = face.box
        assert ((face.landmarks > (left, top)) & (face.landmarks < (right, bottom))).all()


@pytest.mark.parametrize("scale", [0.5, 1.5])
def test_a_box_is_in_pixels_of_the_picture_searched(detector, group, windows, scale):
    other = cv2.resize(group, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    found = sorted(one.box[0] for one in detector.find(other))
    assert len(found) == len(windows) == 6
    np.testing.assert_allclose(
        found, sorted(one.box[0] * scale for one in windows), atol=16 * scale
    )  # two score cells at the size found


def test_a_face_larger_than_the_picture_is_found(detector, group, windows):
    left, top, right, bottom = (round(side) for side in windows[0].box)
    inset = (right - left) // 10
    close = group[top + inset : bottom - inset, left + inset : right - inset]
    assert len(detector.find(cv2.resize(close, (900, 900)))) == 1


@pytest.mark.parametrize("size", [(1, 1), (30, 30), (3000, 4), (4, 3000)])
def test_pictures_too_small_or_narrow_for_a_face_have_none(detector, size):
    assert detector.find(blank(*size)) == []


def test_a_drawn_street_has_no_face(detector):
    assert detector.find(np.asarray(drawn_photo(640, 480, seed=3))) == []
