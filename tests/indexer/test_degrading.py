"""A good picture made as poor as a street photo's."""

import numpy as np
import pytest

from indexer.degrading import as_on_a_street
from tests.indexer.pictures import texture


def detail(pixels: np.ndarray) -> float:
    """How much neighbouring pixels differ in what is left of the drawing, grey levels."""
    return float(np.abs(np.diff(pixels.astype(float).mean(axis=2), axis=1)).mean())


def test_it_is_as_small_as_asked_and_the_same_at_every_look():
    crop = np.asarray(texture(1, (600, 750)).convert("RGB"))
    first, again, other = (as_on_a_street(crop, 0.2, seed) for seed in (1, 1, 2))
    assert (first.shape, first.dtype) == ((150, 120, 3), np.uint8)
    assert (first == again).all()
    assert np.abs(first.astype(int) - other).mean() > 2


@pytest.mark.parametrize("scale", [1.0, 7.5])
def test_a_small_picture_is_never_made_larger(scale: float):
    crop = np.asarray(texture(2, (60, 75)).convert("RGB"))
    assert as_on_a_street(crop, scale, 3).shape == crop.shape


def test_edges_are_softer_and_flat_grey_is_grainy():
    stripes = np.zeros((80, 80, 3), np.uint8)
    stripes[:, ::2] = 255
    flat = np.full((80, 80, 3), 128, np.uint8)
    for seed in range(5):
        assert detail(as_on_a_street(stripes, 1.0, seed)) < detail(stripes) / 1.5
        assert as_on_a_street(flat, 1.0, seed).std() > 0.1
