"""What every pack must do. A new one subclasses `PackContract` and says how it is loaded."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from functools import cache

import cv2
import numpy as np
import pytest

from app.demo.sources import GROUP_PICTURE, sample_picture
from indexer.packs.base import FaceCrop, FoundFace, Pack, Pixels
from indexer.packs.boxes import overlap
from indexer.packs.catalogue import load_pack
from indexer.settings import IndexerSettings

THREADS = 6


@cache
def picture() -> Pixels:
    """Six adults."""
    read_only = sample_picture(GROUP_PICTURE).copy()
    read_only.flags.writeable = False  # a pack that changed it would fail
    return read_only


def close_up(pack: Pack, side: int = 900) -> Pixels:
    """The strongest face of the group, cut tight and enlarged until it fills the picture."""
    left, top, right, bottom = (round(edge) for edge in found(pack)[0].box)
    face = picture()[max(0, top) : bottom, max(0, left) : right]
    return np.asarray(cv2.resize(face, (side, side * face.shape[0] // face.shape[1])), np.uint8)


@cache
def found(pack: Pack) -> list[FoundFace]:
    return pack.find(picture())


def crops(pack: Pack) -> list[FaceCrop]:
    return [FaceCrop(picture(), face.landmarks) for face in found(pack)]


def reduced(factor: float) -> Pixels:
    return np.asarray(cv2.resize(picture(), None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)


def facts(faces: list[FoundFace]) -> list[object]:
    """Faces as plain values, to compare."""
    return [(face.box, face.landmarks.tolist(), face.detector_score) for face in faces]


class PackContract:
    """Subclass it with a fixture `pack` and one `its_settings`, which load the same pack again."""

    @pytest.fixture
    def faces(self, pack: Pack) -> list[FoundFace]:
        return found(pack)

    def test_its_id_is_a_digest_and_the_same_at_every_load(self, pack: Pack, its_settings: IndexerSettings) -> None:
        assert len(pack.info.id) == 64
        assert set(pack.info.id) <= set("0123456789abcdef")
        assert astuple(load_pack(its_settings).info) == astuple(pack.info)

    def test_it_says_its_licence_and_its_limits(self, pack: Pack) -> None:
        assert pack.info.licence
        assert pack.info.limits

    def test_it_finds_every_face_once_and_the_strongest_first(self, faces: list[FoundFace]) -> None:
        assert len(faces) == 6
        scores = [face.detector_score for face in faces]
        assert scores == sorted(scores, reverse=True)
        assert all(overlap(a.box, b.box) < 0.3 for a in faces for b in faces if a is not b)

    def test_boxes_and_landmarks_are_finite_and_lie_together(self, faces: list[FoundFace]) -> None:
        for face in faces:
            assert np.isfinite(face.box).all()
            assert face.box[0] < face.box[2]
            assert face.box[1] < face.box[3]
            assert face.landmarks.shape == (5, 2)
            assert face.landmarks.dtype == np.float32
            assert np.isfinite(face.landmarks).all()
            centre = face.landmarks.mean(axis=0)
            assert face.box[0] < centre[0] < face.box[2]
            assert face.box[1] < centre[1] < face.box[3]

    def test_landmarks_come_in_the_order_of_the_scheme(self, pack: Pack, faces: list[FoundFace]) -> None:
        # Seen from the viewer: dlib begins at the right eye's outer corner, ArcFace with the left eye.
        rightmost, leftmost = {"dlib": (0, 2), "arcface": (1, 0)}[pack.info.scheme]
        lowest = {"dlib": [4], "arcface": [3, 4]}[pack.info.scheme]
        for face in faces:
            assert face.landmarks[rightmost, 0] > face.landmarks[leftmost, 0]
            assert int(face.landmarks[:, 1].argmax()) in lowest

    def test_a_picture_without_a_face_has_none(self, pack: Pack) -> None:
        assert pack.find(np.full((480, 640, 3), 127, np.uint8)) == []

    @pytest.mark.parametrize(
        "shape", [(1, 1, 3), (1, 400, 3), (400, 1, 3), (20, 20, 3), (30, 5000, 3), (32, 65_000, 3)]
    )
    def test_a_picture_of_any_shape_is_searched(self, pack: Pack, shape: tuple[int, int, int]) -> None:
        assert pack.find(np.zeros(shape, np.uint8)) == []

    def test_a_face_that_fills_the_picture_is_found(self, pack: Pack) -> None:
        enlarged = close_up(pack)
        faces = pack.find(enlarged)
        whole = (0.0, 0.0, float(enlarged.shape[1]), float(enlarged.shape[0]))
        assert len(faces) == 1
        assert overlap(faces[0].box, whole) > 0.5

    def test_no_faces_have_no_templates(self, pack: Pack) -> None:
        templates = pack.embed([])
        assert templates.shape == (0, pack.info.dimension)
        assert templates.dtype == np.float32

    def test_templates_have_unit_length_and_a_face_has_the_same_whoever_else_is_embedded(self, pack: Pack) -> None:
        together = pack.embed(crops(pack))
        assert together.shape == (6, pack.info.dimension)
        assert together.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
        for crop, template in zip(crops(pack), together, strict=True):
            np.testing.assert_allclose(pack.embed([crop])[0], template, atol=1e-4)

    def test_more_faces_than_one_batch_holds_are_all_embedded(self, pack: Pack) -> None:
        one = crops(pack)[0]
        templates = pack.embed([one] * 33)
        assert templates.shape == (33, pack.info.dimension)
        np.testing.assert_allclose(templates, templates[:1].repeat(33, axis=0), atol=1e-4)

    def test_six_people_have_six_different_templates(self, pack: Pack) -> None:
        templates = pack.embed(crops(pack))
        scores = templates @ templates.T
        assert scores[~np.eye(6, dtype=bool)].max() < 0.5

    def test_a_face_in_a_crop_has_the_template_it_has_in_the_picture(self, pack: Pack, faces: list[FoundFace]) -> None:
        face = max(faces, key=lambda one: one.box[0])
        left = max(0, int(face.box[0]) - 200)
        crop = FaceCrop(picture()[:, left:], face.landmarks - np.array([left, 0], np.float32))
        whole, part = pack.embed([FaceCrop(picture(), face.landmarks), crop])
        assert whole @ part > 0.995  # an int8 network rounds

    def test_a_smaller_copy_of_a_face_is_like_the_face(self, pack: Pack) -> None:
        smaller = reduced(0.7)
        faces = pack.find(smaller)
        assert len(faces) == 6
        scores = pack.embed([FaceCrop(smaller, face.landmarks) for face in faces]) @ pack.embed(crops(pack)).T
        assert scores.max(axis=1).min() > 0.8

    def test_six_threads_get_what_one_gets(self, pack: Pack) -> None:
        small, given = reduced(0.4), crops(pack)

        def work(_number: int) -> object:
            return facts(pack.find(small)), pack.embed(given).tolist()

        alone = work(0)
        with ThreadPoolExecutor(THREADS) as threads:
            assert list(threads.map(work, range(THREADS))) == [alone] * THREADS


class TestOpenPack(PackContract):
    @pytest.fixture
    def its_settings(self, packs_folder) -> IndexerSettings:
        return IndexerSettings(pack_dir=packs_folder)


class TestInsightFacePack(PackContract):
    @pytest.fixture
    def pack(self, small_pack: Pack) -> Pack:
        return small_pack

    @pytest.fixture
    def its_settings(self, small_packs_folder) -> IndexerSettings:
        return IndexerSettings(pack_dir=small_packs_folder, pack="mbf-int8")
