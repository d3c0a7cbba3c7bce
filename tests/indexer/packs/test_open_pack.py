"""The `open` pack as others see it: templates, identity, threads."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files

import numpy as np
import pytest

from app.demo.sources import GROUP_PICTURE, sample_picture
from indexer.packs import open_pack
from indexer.packs.base import FaceCrop, LandmarkScheme
from indexer.packs.open_pack import open_mean


@pytest.fixture(scope="module")
def group():
    return sample_picture(GROUP_PICTURE)


@pytest.fixture(scope="module")
def faces(pack, group):
    return pack.find(group)


@pytest.fixture(scope="module")
def crops(faces, group):
    return [FaceCrop(group, face.landmarks) for face in faces]


def test_templates_are_centred_raw_vectors_of_unit_length(pack, crops):
    centred = pack.embed_raw(crops) - open_mean()
    wanted = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    templates = pack.embed(crops)
    assert templates.dtype == np.float32
    np.testing.assert_allclose(templates, wanted, rtol=0, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(templates, axis=1), 1, atol=1e-6)


def test_centring_spreads_strangers(pack, crops):
    """Six adults: raw cosines are all alike, which is why the mean is taken away."""
    raw = pack.embed_raw(crops)
    raw /= np.linalg.norm(raw, axis=1, keepdims=True)
    pairs = np.triu_indices(len(crops), 1)
    assert (raw @ raw.T)[pairs].mean() > 0.75
    templates = pack.embed(crops)
    assert (templates @ templates.T)[pairs].mean() < 0.35


def test_no_crops_give_no_templates(pack):
    assert pack.embed([]).shape == (0, 128)
    assert pack.embed_raw([]).shape == (0, 128)


def test_a_template_does_not_depend_on_what_it_was_embedded_with(pack, crops):
    together = pack.embed(crops * 6)  # more than one batch
    alone = np.concatenate([pack.embed([crop]) for crop in crops])
    np.testing.assert_allclose(together, np.tile(alone, (6, 1)), rtol=0, atol=1e-5)


def test_a_face_crop_gives_the_same_template_as_the_whole_picture(pack, faces, crops, group):
    left, top, right, bottom = (round(side) for side in faces[0].box)
    reach = round(0.6 * (right - left))
    corner = np.array([max(0, left - reach), max(0, top - reach)])
    cut = FaceCrop(group[corner[1] : bottom + reach, corner[0] : right + reach], faces[0].landmarks - corner)
    np.testing.assert_allclose(pack.embed([cut]), pack.embed(crops[:1]), rtol=0, atol=1e-2)


def test_landmarks_stand_in_the_order_of_the_scheme(pack, faces):
    """Outer and inner corner of the eye at the viewer's right, then of the other, then the base of the nose."""
    assert pack.info.scheme is LandmarkScheme.DLIB
    for face in faces:
        x, y = face.landmarks.T
        assert x[2] < x[3] < x[1] < x[0]
        assert x[2] < x[4] < x[0]
        assert y[4] > y[:4].max()


def test_several_threads_find_and_embed_the_same(pack, group):
    scaled = group[::2, ::2]

    def once(_):
        found = pack.find(scaled)
        return [face.box for face in found], pack.embed([FaceCrop(scaled, face.landmarks) for face in found])

    boxes, templates = once(0)
    with ThreadPoolExecutor(4) as threads:
        for other_boxes, other_templates in threads.map(once, range(4)):
            assert other_boxes == boxes
            np.testing.assert_array_equal(other_templates, templates)


def test_a_picture_is_never_changed(pack, group):
    picture = group[::2, ::2].copy()
    before = picture.copy()
    picture.flags.writeable = False
    (face, *_) = pack.find(picture)
    pack.embed([FaceCrop(picture, face.landmarks)])
    np.testing.assert_array_equal(picture, before)


def test_the_mean_is_of_over_a_thousand_faces_and_no_one_vector():
    about = json.loads((files("indexer.packs") / "open_mean.json").read_text())
    assert about["faces"] >= 1000
    assert about["made_by"] == "python -m benchmarks.centre_open_pack DIR"
    assert len(about["mean"]) == 128
    assert np.isfinite(about["mean"]).all()


def other_mean(monkeypatch):
    monkeypatch.setattr(open_pack, "open_mean", lambda: open_mean() + np.float32(1e-6))


def other_alignment(monkeypatch):
    monkeypatch.setattr(open_pack.dlib_alignment, "DESCRIPTION", "dlib five points, padding 0.2, 150 px")


def other_preprocessing(monkeypatch):
    monkeypatch.setattr(open_pack, "PREPROCESSING", "rgb / 255")


def other_source(monkeypatch):
    monkeypatch.setattr(open_pack, "PARTS", open_pack.PARTS[:2])


@pytest.mark.parametrize("change", [other_mean, other_alignment, other_preprocessing, other_source])
def test_the_id_changes_with_whatever_templates_depend_on(pack, monkeypatch, change):
    assert re.fullmatch("[0-9a-f]{64}", pack.info.id)
    assert open_pack._info() == pack.info
    change(monkeypatch)
    assert open_pack._info().id != pack.info.id


def test_its_limits_are_said(pack):
    assert "weak on children" in pack.info.limits
    assert "CC0" in pack.info.licence
