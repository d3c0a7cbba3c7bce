"""Faces as people compare them."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from indexer.comparing import BOX_HEIGHT, EYES_AT, HEIGHT, WIDTH, comparable
from indexer.images import BLANK_GREY
from indexer.packs.base import LandmarkScheme


def drawn(size: int, turned: float) -> tuple[np.ndarray, tuple[float, float, float, float], np.ndarray]:
    """A face of two red eyes and a blue chin, ``size`` pixels from brow to chin, turned by so many degrees."""
    side = 3 * size
    middle = np.array([side / 2, side / 2])
    turn = np.array([[np.cos(turned), -np.sin(turned)], [np.sin(turned), np.cos(turned)]])
    eyes = [middle + turn @ np.array([sign * 0.3 * size, -0.2 * size]) for sign in (-1, 1)]
    rest = [middle + turn @ np.array(point) * size for point in ([0, 0], [-0.2, 0.25], [0.2, 0.25])]
    picture = Image.new("RGB", (side, side), "white")
    for at, colour in ((eyes[0], "red"), (eyes[1], "red"), (middle + turn @ np.array([0, 0.5]) * size, "blue")):
        ImageDraw.Draw(picture).circle(tuple(at), size / 20, fill=colour)
    box = (middle[0] - size / 2, middle[1] - size / 2, middle[0] + size / 2, middle[1] + size / 2)
    return np.asarray(picture), box, np.array([*eyes, *rest], np.float32)


def centres(picture: np.ndarray, channel: int) -> np.ndarray:
    """The middle of what is strongly coloured in one channel, left and right of the middle."""
    rows, columns = np.nonzero((picture[..., channel] > 200) & (picture.sum(axis=2) < 350))
    return np.array([[columns[half].mean(), rows[half].mean()] for half in (columns < WIDTH / 2, columns >= WIDTH / 2)])


@pytest.mark.parametrize("size", [40, 150, 320])
@pytest.mark.parametrize("turned", [0.0, 0.4, -1.2])
def test_eyes_are_level_and_in_the_middle_whatever_size_and_tilt(size: int, turned: float):
    seen = comparable(*drawn(size, turned), LandmarkScheme.ARCFACE)
    assert seen.shape == (HEIGHT, WIDTH, 3)
    left, right = centres(seen, 0)
    assert [*left, *right] == pytest.approx(
        [EYES_AT[0] - 0.3 * BOX_HEIGHT, EYES_AT[1], EYES_AT[0] + 0.3 * BOX_HEIGHT, EYES_AT[1]],
        abs=BOX_HEIGHT / size + 1,
    )


def test_beyond_the_crop_there_is_grey_and_nothing_made_up():
    picture, box, landmarks = drawn(150, 0.0)
    cut = picture[:, 150:300]  # a face at the edge of its photo
    moved = landmarks - np.array([150, 0], np.float32)
    seen = comparable(cut, (box[0] - 150, box[1], box[2] - 150, box[3]), moved, LandmarkScheme.ARCFACE)
    assert (seen[:, :50] == BLANK_GREY).all()
    assert (seen[:, -50:] == BLANK_GREY).all()


def test_a_box_without_height_is_an_error():
    picture, box, landmarks = drawn(40, 0.0)
    with pytest.raises(ValueError, match="has no height"):
        comparable(picture, (box[0], box[1], box[2], box[1]), landmarks, LandmarkScheme.ARCFACE)
