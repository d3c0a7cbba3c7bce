"""Pictures go the way photos go, and each file is embedded once."""

import numpy as np
import pytest
from PIL import Image

from app.demo.sources import GROUP_PICTURE, people_of, sample_picture
from indexer.evaluation.embedding import Embedder, embed_files, mirrored
from indexer.images import decode_crop, encode_crop, face_crop
from indexer.packs.base import FaceCrop
from indexer.settings import IndexerSettings
from tests.drawn import encoded
from tests.indexer.reference_pictures import no_face, one_face, person


@pytest.fixture
def embedder(pack, decode_pool):
    return Embedder(IndexerSettings(detection_side_px=480), pack, decode_pool)


@pytest.fixture
def files(tmp_path):
    """One face; three of different sizes; none; no picture; nothing; what is not there."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    row = Image.new("RGB", (660, 220))
    for number, side in ((1, 120), (2, 220), (0, 140)):
        row.paste(person(number).resize((side, side)), (220 * number, 0))
    contents = {"one": one_face(), "three": encoded(row), "none": no_face(), "text": b"no picture", "empty": b""}
    for name, data in contents.items():
        (folder / f"{name}.jpg").write_bytes(data)
    return [folder / f"{name}.jpg" for name in [*contents, "gone"]]


def embed(embedder, files, tmp_path, every_face=False):
    told = []
    made = embed_files(embedder, files, tmp_path / "cache", lambda: told.append(1), every_face=every_face)
    assert len(told) == len(files)
    return made


def test_what_cannot_be_enrolled_says_why_and_stops_nothing(embedder, files, tmp_path):
    made = embed(embedder, files, tmp_path)
    assert [len(picture.faces) for picture in made] == [1, 1, 0, 0, 0, 0]
    assert [picture.failure for picture in made] == [
        None, None, "no_face", "image_type_unsupported", "image_empty", "file_unreadable",
    ]  # fmt: skip


def test_a_file_that_is_too_large_is_a_failure(pack, decode_pool, files, tmp_path):
    small = Embedder(IndexerSettings(decode_processes=1, max_upload_bytes=1024), pack, decode_pool)
    assert [picture.failure for picture in embed(small, files[:1], tmp_path)] == ["file_too_large"]


def test_the_largest_face_is_the_subject_and_of_distractors_every_face_counts(embedder, files, tmp_path, pack):
    (largest,) = embed(embedder, files[1:2], tmp_path)[0].faces
    everybody = embed(embedder, files[1:2], tmp_path, every_face=True)[0].faces
    assert len(everybody) == 3
    (alone,) = pack.find(np.asarray(person(2)))
    itself = pack.embed([FaceCrop(np.asarray(person(2)), alone.landmarks)])[0]
    assert largest.template @ itself > 0.8
    assert max(face.template @ itself for face in everybody if (face.template != largest.template).any()) < 0.5


def test_the_template_is_that_of_the_stored_crop(embedder, files, tmp_path, pack, decode_pool):
    picture = decode_pool.pixels(decode_pool.decode(files[0].read_bytes()).jpeg)
    (found,) = pack.find(picture)
    cut = face_crop(picture, found.box, found.landmarks)
    expected = pack.embed([FaceCrop(decode_crop(encode_crop(cut.pixels)), cut.landmarks)])[0]
    (face,) = embed(embedder, files[:1], tmp_path)[0].faces
    assert face.template @ expected == pytest.approx(1, abs=1e-4)


def test_a_mirror_image_of_a_mirror_image_is_the_crop(pack):
    crop = FaceCrop(
        np.arange(5 * 4 * 3, dtype=np.uint8).reshape(5, 4, 3),
        np.random.default_rng(0).random((5, 2)).astype(np.float32),
    )
    once, twice = mirrored(crop, pack), mirrored(mirrored(crop, pack), pack)
    assert (once.pixels[:, 0] == crop.pixels[:, -1]).all()
    assert (twice.pixels == crop.pixels).all()
    assert twice.landmarks == pytest.approx(crop.landmarks, abs=1e-6)


@pytest.mark.parametrize("name", ["pack", "small_pack"])
def test_a_mirror_image_is_the_same_person(name, request):
    used = request.getfixturevalue(name)
    crops = []
    for one in people_of(used, sample_picture(GROUP_PICTURE))[:3]:
        face = max(used.find(one.pixels), key=lambda found: found.detector_score)
        crops.append(FaceCrop(one.pixels, face.landmarks))
    plain, turned = used.embed(crops), used.embed([mirrored(crop, used) for crop in crops])
    scores = plain @ turned.T
    assert (scores.diagonal() > 0.7).all()
    assert (scores - np.diag(scores.diagonal())).max() < 0.5


def test_a_second_run_embeds_nothing(embedder, files, tmp_path, monkeypatch):
    first = embed(embedder, files, tmp_path)

    def refuse(*_, **__):
        raise AssertionError("it was embedded again")

    monkeypatch.setattr(Embedder, "embed", refuse)
    again = embed(embedder, files, tmp_path)
    assert [one.digest for one in again] == [one.digest for one in first]
    assert [[face.template.tolist() for face in one.faces] for one in again] == [
        [face.template.tolist() for face in one.faces] for one in first
    ]
