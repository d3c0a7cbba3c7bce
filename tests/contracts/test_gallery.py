"""What every gallery must do. A new one subclasses `GalleryContract` and says how it is made."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.errors import FaceAlreadyInGallery, TemplateUnusable
from indexer.gallery.base import FaceIds, Gallery, Hit, Templates
from indexer.gallery.exact import ExactGallery
from indexer.gallery.faiss_gallery import FaissGallery
from tests.indexer.gallery.synthetic import around, strangers

DIMENSION = 16
PACK = "ab" * 32


def ids(*numbers: int) -> FaceIds:
    return np.array(numbers, np.int64)


def axes(*numbers: int) -> Templates:
    """Unit vectors along the axes: their scores under each other are exactly 0 or 1."""
    return np.eye(DIMENSION, dtype=np.float32)[list(numbers)]


def faces(hits: list[Hit]) -> list[int]:
    return [hit.face_id for hit in hits]


def listed(stored: dict[int, np.ndarray], probe: np.ndarray, limit: int) -> list[tuple[int, float]]:
    """What a gallery holding ``stored`` must answer, by a sort over exact scores."""
    scored = [
        (face_id, float(np.dot(template.astype(np.float16).astype(np.float64), probe.astype(np.float64))))
        for face_id, template in stored.items()
    ]
    return sorted(scored, key=lambda pair: (-round(pair[1], 9), pair[0]))[:limit]


class GalleryContract:
    """Subclass it with a `make` that gives an empty gallery."""

    def make(self, pack_id: str, dimension: int) -> Gallery:
        raise NotImplementedError

    @pytest.fixture
    def gallery(self) -> Gallery:
        return self.make(PACK, DIMENSION)

    def test_a_new_gallery_is_empty_and_knows_its_pack(self, gallery: Gallery) -> None:
        assert (gallery.pack_id, gallery.dimension, len(gallery)) == (PACK, DIMENSION, 0)
        assert 1 not in gallery
        assert gallery.search(axes(0, 1), 5) == [[], []]
        assert gallery.remove(ids(1)) == 0
        face_ids, templates = gallery.export()
        assert face_ids.shape == (0,)
        assert templates.shape == (0, DIMENSION)

    def test_the_best_come_first_with_their_cosine(self, gallery: Gallery) -> None:
        probe = axes(0)
        gallery.add(ids(7, 3, 5), np.concatenate([axes(1), (0.6 * axes(0) + 0.8 * axes(1)), axes(0)]))
        hits = gallery.search(probe, 2)[0]
        assert faces(hits) == [5, 3]
        assert hits[0].score == 1.0
        assert hits[1].score == pytest.approx(0.6, abs=1e-3)

    def test_it_names_its_faces_and_gives_their_templates_as_stored(self, gallery: Gallery) -> None:
        drawn = strangers(3, DIMENSION, 1)
        gallery.add(ids(7, 3, 5), drawn)
        gallery.remove(ids(3))
        assert gallery.face_ids().tolist() == [5, 7]
        here, templates = gallery.templates(ids(5, 3, 99, 7))
        assert here.tolist() == [5, 7]
        assert templates.tolist() == drawn[[2, 0]].astype(np.float16).tolist()
        assert gallery.templates(ids(3))[1].shape == gallery.templates(ids())[1].shape == (0, DIMENSION)

    def test_each_probe_has_a_list_of_its_own(self, gallery: Gallery) -> None:
        gallery.add(ids(1, 2, 3), axes(0, 1, 2))
        assert [faces(hits) for hits in gallery.search(axes(2, 0, 1), 1)] == [[3], [1], [2]]

    def test_no_probe_gives_no_list(self, gallery: Gallery) -> None:
        gallery.add(ids(1), axes(0))
        assert gallery.search(np.empty((0, DIMENSION), np.float32), 5) == []

    def test_a_limit_beyond_the_size_gives_all_and_one_below_one_gives_none(self, gallery: Gallery) -> None:
        gallery.add(ids(4, 2), axes(0, 1))
        assert faces(gallery.search(axes(1), 1000)[0]) == [2, 4]
        assert gallery.search(axes(1), 0) == [[]]

    def test_a_score_is_never_beyond_one(self, gallery: Gallery) -> None:
        longer = strangers(400, DIMENSION, seed=5)  # rounding to half precision makes about half of them longer than 1
        gallery.add(np.arange(400), longer)
        scores = [hits[0].score for hits in gallery.search(longer, 1)]
        assert max(scores) == 1.0

    def test_equal_scores_come_with_the_lower_face_id_first(self, gallery: Gallery) -> None:
        gallery.add(ids(9, 4, 6, 1), axes(3, 3, 3, 2))
        assert faces(gallery.search(axes(3), 4)[0]) == [4, 6, 9, 1]

    def test_scores_that_are_clipped_to_one_are_equal_at_the_cut_too(self, gallery: Gallery) -> None:
        gallery.add(ids(9, 4), np.concatenate([1.005 * axes(0), 1.003 * axes(0)]))
        assert gallery.search(axes(0), 1) == [[Hit(1.0, 4)]]

    @pytest.mark.parametrize("limit", [1, 3, 50])
    def test_equal_scores_at_the_cut_leave_the_higher_face_ids_out(self, gallery: Gallery, limit: int) -> None:
        alike = np.repeat(strangers(1, DIMENSION, seed=1), 300, axis=0)
        order = np.random.default_rng(2).permutation(300).astype(np.int64)
        gallery.add(order + 10, alike)
        gallery.add(ids(1, 2), axes(0, 1))
        assert faces(gallery.search(alike[:1], limit)[0]) == list(range(10, 10 + limit))

    def test_an_id_added_twice_is_refused_and_nothing_is_added(self, gallery: Gallery) -> None:
        gallery.add(ids(1), axes(0))
        with pytest.raises(FaceAlreadyInGallery, match="Face 1 is already"):
            gallery.add(ids(2, 1), axes(1, 2))
        assert len(gallery) == 1
        assert 2 not in gallery
        assert faces(gallery.search(axes(1), 5)[0]) == [1]

    def test_an_id_twice_in_one_call_is_refused_and_nothing_is_added(self, gallery: Gallery) -> None:
        with pytest.raises(FaceAlreadyInGallery, match="Face 8 is already"):
            gallery.add(ids(8, 9, 8), axes(0, 1, 2))
        assert len(gallery) == 0
        assert gallery.search(axes(0), 5) == [[]]

    @pytest.mark.parametrize(
        ("templates", "reason"),
        [
            (np.full((1, DIMENSION), np.nan, np.float32), "not finite"),
            (np.full((1, DIMENSION), np.inf, np.float32), "not finite"),
            (np.zeros((1, DIMENSION), np.float32), "length of a template is not 1"),
            (2 * axes(0), "length of a template is not 1"),
            (axes(0)[:, :-1], "the shape is"),
            (axes(0)[0], "the shape is"),
        ],
    )
    def test_what_is_no_template_is_neither_added_nor_searched_with(
        self, gallery: Gallery, templates: Templates, reason: str
    ) -> None:
        gallery.add(ids(1), axes(0))
        with pytest.raises(TemplateUnusable, match=reason):
            gallery.add(ids(2), templates)
        with pytest.raises(TemplateUnusable, match=reason):
            gallery.search(templates, 5)
        assert len(gallery) == 1

    def test_one_bad_template_keeps_out_those_beside_it(self, gallery: Gallery) -> None:
        with pytest.raises(TemplateUnusable):
            gallery.add(ids(1, 2), np.concatenate([axes(0), 0 * axes(0)]))
        assert len(gallery) == 0

    def test_as_many_ids_as_templates_are_needed(self, gallery: Gallery) -> None:
        with pytest.raises(ValueError, match="2 templates need as many face ids"):
            gallery.add(ids(1), axes(0, 1))
        assert len(gallery) == 0

    def test_a_removed_face_is_gone_from_everywhere(self, gallery: Gallery) -> None:
        gallery.add(ids(1, 2, 3), axes(0, 1, 2))
        assert gallery.remove(ids(2, 77)) == 1
        assert 2 not in gallery
        assert len(gallery) == 2
        assert faces(gallery.search(axes(1), 5)[0]) == [1, 3]
        face_ids, templates = gallery.export()
        assert sorted(face_ids.tolist()) == [1, 3]
        assert not (templates == axes(1).astype(np.float16)).all(axis=1).any()

    def test_a_removed_face_can_come_again_with_another_template(self, gallery: Gallery) -> None:
        gallery.add(ids(1), axes(0))
        gallery.remove(ids(1))
        gallery.add(ids(1), axes(5))
        assert gallery.search(axes(5), 1) == [[Hit(1.0, 1)]]

    def test_face_ids_may_be_large(self, gallery: Gallery) -> None:
        gallery.add(ids(2**62, 2**33), axes(0, 1))
        assert faces(gallery.search(axes(0), 2)[0]) == [2**62, 2**33]

    def test_an_export_fills_another_gallery_with_the_same_answers(self, gallery: Gallery) -> None:
        gallery.add(np.arange(10, 60), strangers(50, DIMENSION, seed=3))
        gallery.remove(np.arange(20, 25))
        face_ids, templates = gallery.export()
        assert templates.dtype == np.float16
        again = self.make(PACK, DIMENSION)
        again.add(face_ids, templates.astype(np.float32))
        probes = strangers(20, DIMENSION, seed=4)
        assert again.search(probes, 10) == gallery.search(probes, 10)

    def test_an_export_does_not_change_afterwards(self, gallery: Gallery) -> None:
        gallery.add(ids(1, 2), axes(0, 1))
        face_ids, templates = gallery.export()
        gallery.remove(ids(1))
        gallery.add(ids(3), axes(2))
        assert face_ids.tolist() == [1, 2]
        assert (templates == axes(0, 1)).all()

    def test_it_answers_the_list_of_the_exact_gallery(self, gallery: Gallery) -> None:
        exact = ExactGallery(PACK, DIMENSION)
        centres = strangers(200, DIMENSION, seed=6)
        for one in (gallery, exact):
            for face in range(4):
                one.add(np.arange(200) * 4 + face, around(centres, 0.7, seed=face))
        probes = around(centres[:50], 0.45, seed=9)
        assert gallery.search(probes, 25) == exact.search(probes, 25)

    @settings(
        max_examples=60,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.differing_executors],  # one test, inherited by each gallery
    )
    @given(
        st.lists(
            st.tuples(st.sampled_from(["add", "add", "remove"]), st.integers(1, 12), st.integers(0, 5)),
            max_size=30,
        )
    )
    def test_any_order_of_adding_and_removing_is_as_a_dictionary(self, steps: list[tuple[str, int, int]]) -> None:
        gallery = self.make(PACK, DIMENSION)
        few = strangers(6, DIMENSION, seed=7)  # few templates for twelve faces: ties are common
        kept: dict[int, np.ndarray] = {}
        for step, face_id, which in steps:
            if step == "remove":
                assert gallery.remove(ids(face_id)) == (kept.pop(face_id, None) is not None)
            elif face_id in kept:
                with pytest.raises(FaceAlreadyInGallery):
                    gallery.add(ids(face_id), few[which : which + 1])
            else:
                gallery.add(ids(face_id), few[which : which + 1])
                kept[face_id] = few[which]
        assert len(gallery) == len(kept)
        assert {face_id for face_id in range(14) if face_id in gallery} == set(kept)
        for probe in few[:3]:
            hits = gallery.search(probe[None], 4)[0]
            expected = listed(kept, probe, 4)
            assert faces(hits) == [face_id for face_id, _ in expected]
            assert [hit.score for hit in hits] == pytest.approx([min(score, 1) for _, score in expected], abs=1e-12)

    def test_threads_may_add_remove_and_search_at_once(self, gallery: Gallery) -> None:
        templates = strangers(240, DIMENSION, seed=8)
        gallery.add(np.arange(120), templates[:120])
        removed: set[int] = set()
        done = threading.Event()

        def change(first: int) -> None:
            for face_id in range(first, 120, 2):
                gallery.add(ids(face_id + 120), templates[face_id + 120 : face_id + 121])
                gallery.remove(ids(face_id))
                removed.add(face_id)

        def look() -> int:
            rounds = 0
            while not done.is_set():
                gone = set(removed)
                rounds += 1
                for hits in gallery.search(templates[rounds % 200 : rounds % 200 + 2], 200):
                    found = faces(hits)
                    assert not gone & set(found)
                    assert len(found) == len(set(found))
                    assert 118 <= len(found) <= 122
                    assert [-hit.score for hit in hits] == sorted(-hit.score for hit in hits)
            return rounds

        def copy() -> int:
            while not done.is_set():
                face_ids, stored = gallery.export()
                assert np.array_equal(stored, templates[face_ids].astype(np.float16))
            return 1

        with ThreadPoolExecutor(6) as pool:
            watchers = [pool.submit(task) for task in (look, look, copy)]
            try:
                for changer in [pool.submit(change, 0), pool.submit(change, 1)]:
                    changer.result(60)
            finally:
                done.set()
            assert all(watcher.result(60) > 0 for watcher in watchers)
        assert sorted(gallery.export()[0].tolist()) == list(range(120, 240))


class TestExactGallery(GalleryContract):
    def make(self, pack_id: str, dimension: int) -> Gallery:
        return ExactGallery(pack_id, dimension)


class TestFaissGallery(GalleryContract):
    def make(self, pack_id: str, dimension: int) -> Gallery:
        return FaissGallery(pack_id, dimension)
