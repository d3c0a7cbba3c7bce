"""A gallery of a real size, filled, thinned, reloaded: FAISS gives the list of numpy."""

from pathlib import Path

import numpy as np
import pytest

from indexer.gallery.base import FaceIds, Gallery, Hit, Templates
from indexer.gallery.exact import ExactGallery
from indexer.gallery.faiss_gallery import FaissGallery
from indexer.gallery.snapshot import read_snapshot, write_snapshot
from tests.indexer.gallery.synthetic import around, strangers

PACK, KEY = "ab" * 32, b"k" * 32
IDENTITIES, FACES_EACH = 14_000, 5  # 70,000 drawn, of which 10,000 are removed again
TO_CENTRE = 0.7  # as crowded as the galleries of the measurements: 5 faces at cosine 0.7 to their identity's centre
FIRST = 50

# Rounding a template to half precision changes no number by more than 2**-11 of itself, so it moves a score by at most
# 2**-11 * sum |t p| <= 2**-11. Two scores may therefore change places only when they are within twice that.
HALF_PRECISION = 2 * 2.0**-11


def drawn(dimension: int) -> tuple[Templates, Templates]:
    """Templates, face after face of each identity, and probes: half of them easy (cosine 0.7), half hard (0.45)."""
    centres = strangers(IDENTITIES, dimension, seed=60)
    templates = np.stack([around(centres, TO_CENTRE, seed=face) for face in range(FACES_EACH)], axis=1)
    easy, hard = around(centres[:250], 0.7, seed=70), around(centres[250:500], 0.45, seed=71)
    return templates.reshape(-1, dimension), np.concatenate([easy, hard])


def live_a_life(gallery: Gallery, templates: Templates) -> None:
    """60,000 in two parts, 5,000 of them removed, 5,000 others added, 5,000 removed, 5,000 that were removed again."""
    ids = np.arange(len(templates)) + 1
    gone = np.random.default_rng(72).permutation(60_000)[:10_000]
    gallery.add(ids[:40_000], templates[:40_000])
    gallery.add(ids[40_000:60_000], templates[40_000:60_000])
    assert gallery.remove(ids[gone[:5_000]]) == 5_000
    gallery.add(ids[60_000:65_000], templates[60_000:65_000])
    assert gallery.remove(ids[gone[5_000:]]) == 5_000
    gallery.add(ids[gone[:5_000]], templates[gone[:5_000]])


def reloaded(gallery: FaissGallery, folder: Path) -> FaissGallery:
    write_snapshot(folder, gallery, 1, KEY)
    _, face_ids, stored = read_snapshot(folder, PACK, gallery.dimension, KEY)
    again = FaissGallery(PACK, gallery.dimension)
    again.add(face_ids, stored.astype(np.float32))
    return again


def furthest_out_of_place(found: list[list[Hit]], templates: Templates, ids: FaceIds, probes: Templates) -> float:
    """How far the unrounded score of a face listed at a place is, at most, from the one that belongs there."""
    scores = probes @ templates.T
    rows = np.searchsorted(ids, [[hit.face_id for hit in hits] for hits in found])
    listed = np.take_along_axis(scores, rows, axis=1)
    belongs = -np.sort(-np.partition(scores, -FIRST, axis=1)[:, -FIRST:], axis=1)
    return float(np.abs(listed - belongs).max())


@pytest.mark.parametrize("dimension", [512, 128])
def test_faiss_gives_the_first_50_of_numpy_for_500_probes(dimension: int, tmp_path: Path) -> None:
    templates, probes = drawn(dimension)
    fast, exact = FaissGallery(PACK, dimension), ExactGallery(PACK, dimension)
    live_a_life(fast, templates)
    live_a_life(exact, templates)
    fast = reloaded(fast, tmp_path)
    newest = np.arange(65_001, 70_001)
    for gallery in (fast, exact):
        gallery.add(newest[:2_500], templates[65_000:67_500])
        gallery.remove(newest[:2_500])
        gallery.add(newest[2_500:], templates[67_500:])
        gallery.remove(newest[2_500:])
    assert len(fast) == len(exact) == 60_000

    found = fast.search(probes, FIRST)
    assert found == exact.search(probes, FIRST)
    ids = np.sort(exact.export()[0])
    assert furthest_out_of_place(found, templates[ids - 1], ids, probes) <= HALF_PRECISION
    easy = found[:250]
    assert all((hits[0].face_id - 1) // FACES_EACH == number for number, hits in enumerate(easy))
