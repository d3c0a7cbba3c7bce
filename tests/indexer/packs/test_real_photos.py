"""Both kinds of pack on real photos: what is promised of them."""

import numpy as np
import pytest

from app.demo.sources import GROUP_PICTURE, sample_picture
from tests.indexer.packs.real_photos import best_share, count_noses, largest_faces, pairs, right_share
from tests.shared import shared_path

DLIBS_THRESHOLD = 0.6  # Euclidean distance of dlib's raw vectors


@pytest.mark.slow
def test_the_open_pack_finds_at_least_42_of_46_noses_and_at_most_3_boxes_without(pack):
    noses = count_noses(pack, shared_path("data/detection"))
    assert noses.all == 46
    assert noses.inside >= 42
    assert noses.boxes_without <= 3


@pytest.mark.slow
def test_the_open_pack_gets_99_percent_of_pairs_right_at_dlibs_distance(pack):
    folder = shared_path("data/labelled-pairs")
    faces = largest_faces(pack, folder)
    vectors = dict(zip(faces, pack.embed_raw(list(faces.values())), strict=True))
    closeness, same = closeness_of_pairs(folder, lambda one, other: -np.linalg.norm(vectors[one] - vectors[other]))
    assert right_share(closeness, same, -DLIBS_THRESHOLD) >= 0.99


def test_the_open_pack_finds_the_six_adults(pack):
    assert len(pack.find(sample_picture(GROUP_PICTURE))) == 6


@pytest.mark.slow
def test_the_insightface_pack_finds_every_nose(small_pack):
    noses = count_noses(small_pack, shared_path("data/detection"))
    assert (noses.inside, noses.all) == (46, 46)


@pytest.mark.slow
def test_the_insightface_pack_gets_99_percent_of_pairs_right_at_its_best_threshold(small_pack):
    folder = shared_path("data/labelled-pairs")
    faces = largest_faces(small_pack, folder)
    templates = dict(zip(faces, small_pack.embed(list(faces.values())), strict=True))
    closeness, same = closeness_of_pairs(folder, lambda one, other: templates[one] @ templates[other])
    assert best_share(closeness, same) >= 0.99


def test_the_insightface_pack_finds_the_six_adults(small_pack):
    assert len(small_pack.find(sample_picture(GROUP_PICTURE))) == 6


def closeness_of_pairs(folder, closeness_of):
    """Of all 300 pairs: a picture without a found face is a `KeyError`, so none is left out."""
    listed = pairs(folder)
    assert len(listed) == 300
    closeness = np.array([closeness_of(one, other) for one, other, _ in listed])
    return closeness, np.array([same for _, _, same in listed])
