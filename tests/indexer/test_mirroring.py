"""Mirror images: landmarks stay on what they name, and a reference's template is between both looks."""

import numpy as np
import pytest

from indexer.mirroring import embed_both_ways, mirrored
from indexer.packs.base import FaceCrop, LandmarkScheme, Pack
from tests.contracts.test_packs import crops

ARCFACE = np.array([[3, 4], [7, 4.5], [5, 6], [3.5, 8], [6.5, 8.2]], np.float32)
DLIB = np.array([[2, 4], [3, 4], [8, 4.5], [7, 4.5], [5, 6]], np.float32)


@pytest.mark.parametrize(
    ("scheme", "landmarks", "expected"),
    [
        (LandmarkScheme.ARCFACE, ARCFACE, [[4, 4.5], [8, 4], [6, 6], [4.5, 8.2], [7.5, 8]]),
        (LandmarkScheme.DLIB, DLIB, [[3, 4.5], [4, 4.5], [9, 4], [8, 4], [6, 6]]),
    ],
)
def test_a_left_eye_in_the_mirror_is_a_right_one(scheme: LandmarkScheme, landmarks, expected):
    pixels = np.arange(12 * 10 * 3, dtype=np.uint8).reshape(10, 12, 3)
    other = mirrored(FaceCrop(pixels, landmarks), scheme)
    assert other.landmarks.tolist() == pytest.approx(np.array(expected))
    assert (other.pixels == pixels[:, ::-1]).all()
    back = mirrored(other, scheme)
    assert back.landmarks == pytest.approx(landmarks)
    assert (back.pixels == pixels).all()


def test_the_template_of_both_is_the_same_for_a_face_and_its_mirror_image(pack: Pack):
    six_crops = crops(pack)
    there = embed_both_ways(pack, six_crops)
    back = embed_both_ways(pack, [mirrored(crop, pack.info.scheme) for crop in six_crops])
    assert (there * back).sum(axis=1) == pytest.approx(np.ones(6), abs=1e-4)
    assert np.linalg.norm(there, axis=1) == pytest.approx(np.ones(6), abs=1e-5)
    plain = pack.embed(six_crops)
    assert (np.abs((there * plain).sum(axis=1) - 1) > 1e-3).all()


def test_no_crops_have_no_templates(pack: Pack):
    assert embed_both_ways(pack, []).shape == (0, pack.info.dimension)
