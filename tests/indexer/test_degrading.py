"""A good picture made as poor as a street photo's."""

import numpy as np

from indexer.degrading import FACE_PX, as_on_a_street
from tests.indexer.pictures import texture


def test_it_is_smaller_and_the_same_at_every_look():
    crop = np.asarray(texture(1, (600, 750)).convert("RGB"))
    poor = [as_on_a_street(crop, 300.0, seed) for seed in (1, 1, 2)]
    assert (poor[0] == poor[1]).all()
    assert poor[0].shape != poor[2].shape
    for each in poor:
        face = each.shape[0] / crop.shape[0] * 300
        assert FACE_PX[0] - 1 <= face <= FACE_PX[1] + 1
        assert each.dtype == np.uint8


def test_a_small_picture_is_never_made_larger():
    crop = np.asarray(texture(2, (60, 75)).convert("RGB"))
    assert as_on_a_street(crop, 30.0, 3).shape == crop.shape
