"""Faces as people compare them."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from indexer.comparing import DOWN_OF_BOX, DOWN_TO, EYES_AT, HEIGHT, WIDTH, comparable
from indexer.images import BLANK_GREY, Box
from indexer.packs.base import LandmarkScheme

ARCFACE, DLIB = LandmarkScheme.ARCFACE, LandmarkScheme.DLIB
EYES, NOSE, MOUTH = [(-0.2, -0.1), (0.2, -0.1)], (0.0, 0.15), [(-0.15, 0.25), (0.15, 0.25)]
"""In heights of the face, from its middle: the mouth is 0.35 below the eyes."""


def drawn(size: int, turned: float = 0.0, narrow: float = 1.0) -> tuple[np.ndarray, Box, np.ndarray]:
    """A face of two red eyes and a blue mouth, ``size`` pixels tall, turned in the picture by so many radians.

    ``narrow``: what is left of its width, as of a head that is turned to the side.
    """
    side, middle = 3 * size, np.array([1.5 * size, 1.5 * size])
    turn = np.array([[np.cos(turned), -np.sin(turned)], [np.sin(turned), np.cos(turned)]])
    points = np.array([middle + turn @ (np.array(point) * (narrow, 1) * size) for point in [*EYES, NOSE, *MOUTH]])
    picture = Image.new("RGB", (side, side), "white")
    for at, colour in ((points[0], "red"), (points[1], "red"), (points[3:].mean(axis=0), "blue")):
        ImageDraw.Draw(picture).circle(tuple(at), size / 25, fill=colour)
    reach = size / 2
    box = (middle[0] - reach, middle[1] - reach, middle[0] + reach, middle[1] + reach)
    return np.asarray(picture), box, points.astype(np.float32)


def as_dlib(points: np.ndarray) -> np.ndarray:
    """The same face by eye corners and the base of the nose."""
    aside = (points[1] - points[0]) / 5
    return np.array([points[1] + aside, points[1] - aside, points[0] - aside, points[0] + aside, points[2]], np.float32)


def places(picture: np.ndarray) -> list[float]:
    """The middle of the eye at the left, of the other, and of the mouth: x and y of each."""
    found = []
    for channel, from_x, to_x in ((0, 0, WIDTH // 2), (0, WIDTH // 2, WIDTH), (2, 0, WIDTH)):
        part = picture[:, from_x:to_x]
        rows, columns = np.nonzero((part[..., channel] > 200) & (part.sum(axis=2) < 350))
        found += [columns.mean() + from_x, rows.mean()]
    return found


@pytest.mark.parametrize("size", [40, 150, 320])
@pytest.mark.parametrize("turned", [0.0, 0.4, -1.2])
def test_eyes_and_mouth_are_where_every_face_has_them_whatever_size_and_tilt(size: int, turned: float):
    seen = comparable(*drawn(size, turned), ARCFACE)
    assert seen.shape == (HEIGHT, WIDTH, 3)
    x, y = EYES_AT
    down = DOWN_TO[ARCFACE]
    apart = 0.2 / 0.35 * down
    assert places(seen) == pytest.approx(
        [x - apart, y, x + apart, y, x, y + down], abs=1.5 * down / size + 1
    )  # a dot is drawn to the whole pixel


def test_a_head_that_is_turned_to_the_side_is_no_larger():
    turned = comparable(*drawn(150, 0.3, narrow=0.6), ARCFACE)
    assert places(turned)[4:] == pytest.approx([EYES_AT[0], EYES_AT[1] + DOWN_TO[ARCFACE]], abs=3)


@pytest.mark.parametrize("scheme", [ARCFACE, DLIB])
def test_boxes_of_one_face_may_differ(scheme: LandmarkScheme):
    picture, box, points = drawn(150, 0.2)
    landmarks = points if scheme is ARCFACE else as_dlib(points)
    larger = (box[0] - 15, box[1] - 15, box[2] + 15, box[3] + 15)
    assert (comparable(picture, box, landmarks, scheme) == comparable(picture, larger, landmarks, scheme)).all()


def test_without_a_mouth_the_base_of_the_nose_is_put_in_its_place():
    picture, box, points = drawn(150, 0.2)
    eyes_and_mouth = places(comparable(picture, box, as_dlib(points), DLIB))
    below = 0.35 / 0.25 * DOWN_TO[DLIB]
    assert eyes_and_mouth[4:] == pytest.approx([EYES_AT[0], EYES_AT[1] + below], abs=3)


@pytest.mark.parametrize(("mouth", "share"), [((0.0, -0.1), DOWN_OF_BOX[0]), ((0.0, 0.9), DOWN_OF_BOX[1])])
def test_a_mouth_that_is_far_off_does_not_lose_the_face(mouth: tuple[float, float], share: float):
    picture, box, points = drawn(150)
    wrong = points.copy()
    wrong[3:] = 225 + 150 * np.array(mouth)
    left, _, right, *_ = places(comparable(picture, box, wrong, ARCFACE))
    assert right - left == pytest.approx(0.4 / share * DOWN_TO[ARCFACE], abs=3)


def test_eyes_in_one_place_are_seen_all_the_same():
    picture, box, points = drawn(150)
    points[:2] = points[:2].mean(axis=0)
    assert places(comparable(picture, box, points, ARCFACE))[5] == pytest.approx(EYES_AT[1] + DOWN_TO[ARCFACE], abs=2)


def test_beyond_the_crop_there_is_grey_and_nothing_made_up():
    picture, box, landmarks = drawn(150)
    cut = picture[:, 150:300]  # a face at the edge of its photo
    moved = landmarks - np.array([150, 0], np.float32)
    seen = comparable(cut, (box[0] - 150, box[1], box[2] - 150, box[3]), moved, ARCFACE)
    assert (seen[:, :50] == BLANK_GREY).all()
    assert (seen[:, -50:] == BLANK_GREY).all()


def test_a_box_without_height_is_an_error():
    picture, box, landmarks = drawn(40)
    with pytest.raises(ValueError, match="has no height"):
        comparable(picture, (box[0], box[1], box[2], box[1]), landmarks, ARCFACE)
