"""Taking references in, with the real `open` pack, on both databases."""

import json
from datetime import date

import numpy as np
import pytest
from sqlalchemy import func, select

from indexer.context import Context
from indexer.discards import sweep_discarded
from indexer.errors import (
    FaceNumberUnknown,
    ImageCorrupt,
    ImageEmpty,
    ImageTypeUnsupported,
    NoFaceFound,
    ReferenceKnown,
)
from indexer.references import choose_face, no_face_advice, read_reference, record_reference, remove_reference
from indexer.sealed_records import about_crop, about_reference, case_key, new_case_key, unseal_template
from indexer.sealing import unseal
from models.case import Case
from models.errors import WrongState
from models.records import DiscardedBlob, Face, GalleryChange, PackRecord, Reference, Template
from models.reference import ReferenceState
from models.types import now
from models.user import Role
from tests.indexer.reference_pictures import blurred_face, no_face, one_face, three_faces
from tests.models.factories import make_case, make_user


@pytest.fixture
def context(open_context_for_tests: Context) -> Context:
    return open_context_for_tests


@pytest.fixture
def case(context: Context) -> Case:
    with context.database.writing() as session:
        case = make_case(session, make_user(session, Role.CASE_WORKER))
        case.wrapped_key = new_case_key(context.keyring, case.id)[1]
    return case


def added(context: Context, case: Case, picture: bytes, taken_on: date | None = None) -> Reference:
    read = read_reference(context, case, picture)
    with context.database.writing() as session:
        return record_reference(session, context, case, read, taken_on, None)


def chosen(context: Context, reference: Reference, number: int) -> Reference:
    with context.database.writing() as session:
        fresh = session.get_one(Reference, reference.id)
        choose_face(session, fresh, number)
        return fresh


def rows(context: Context, record: type) -> list:
    with context.database.reading() as session:
        return list(session.scalars(select(record)))


def test_the_one_face_of_a_picture_is_the_childs_and_never_enters_a_gallery(context: Context, case: Case):
    reference = added(context, case, one_face(), date(2020, 1, 2))
    assert (reference.state, reference.chosen, reference.taken_on) == (ReferenceState.READY, 0, date(2020, 1, 2))
    assert (reference.width, reference.height) == (220, 220)
    [face], [template], [pack] = (rows(context, record) for record in (Face, Template, PackRecord))
    assert (face.reference_id, face.photo_id, face.number) == (reference.id, None, 0)
    assert template.pack_id == pack.id == context.pack.info.id
    assert rows(context, GalleryChange) == []


def test_everything_is_sealed_under_the_cases_own_key(context: Context, case: Case):
    reference = added(context, case, one_face())
    key = case_key(context.keyring, case)
    picture = unseal(key, context.store.get(reference.blob_name), about_reference(reference.id))
    assert context.decoder.pixels(picture).shape == (220, 220, 3)
    [face], [template] = rows(context, Face), rows(context, Template)
    assert unseal(key, context.store.get(face.crop_blob_name), about_crop(face.crop_blob_name))[:2] == b"\xff\xd8"
    vector = unseal_template(key, template.sealed, face.id, template.pack_id)
    assert vector.shape == (context.pack.info.dimension,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-4)


def test_of_three_faces_the_case_worker_says_which(context: Context, case: Case):
    reference = added(context, case, three_faces())
    assert (reference.state, reference.chosen) == (ReferenceState.NEEDS_FACE, None)
    faces = sorted(rows(context, Face), key=lambda face: face.box[0])
    assert sorted(face.number for face in faces) == [0, 1, 2]
    assert all(220 * place < face.box[0] < 220 * (place + 1) for place, face in enumerate(faces))
    assert len(rows(context, Template)) == 3
    for wrong in (3, -1):
        with pytest.raises(FaceNumberUnknown, match="faces 0 to 2"):
            chosen(context, reference, wrong)
    after = chosen(context, reference, 2)
    assert (after.state, after.chosen) == (ReferenceState.READY, 2)


def test_the_face_of_an_approved_reference_stays_chosen(context: Context, case: Case):
    reference = chosen(context, added(context, case, three_faces()), 1)
    with context.database.writing() as session:
        session.get_one(Reference, reference.id).approve(make_user(session, Role.SUPERVISOR), case.worker_id)
    with pytest.raises(WrongState):
        chosen(context, reference, 2)
    assert chosen(context, reference, 1).chosen == 1


def test_a_picture_without_a_face_is_kept_and_says_why(context: Context, case: Case):
    reference, small = added(context, case, no_face()), added(context, case, no_face(120, 90))
    assert (reference.state, small.state) == (ReferenceState.NO_FACE, ReferenceState.NO_FACE)
    assert "from the front" in no_face_advice(reference)
    assert "only 120 x 90 pixels" in no_face_advice(small)
    with pytest.raises(NoFaceFound, match="only 120 x 90 pixels"):
        chosen(context, small, 0)
    assert rows(context, Face) == rows(context, PackRecord) == []


def test_a_poor_picture_is_never_refused_but_says_what_is_weak(context: Context, case: Case):
    assert added(context, case, blurred_face()).state is ReferenceState.READY
    [face] = rows(context, Face)
    assert face.quality["reasons"] == ["blurred"]


@pytest.mark.parametrize(
    ("data", "error"),
    [(b"", ImageEmpty), (b"not a picture", ImageTypeUnsupported), (one_face()[:3000], ImageCorrupt)],
    ids=["empty", "text", "truncated"],
)
def test_a_file_that_is_no_picture_leaves_nothing_behind(context: Context, case: Case, data: bytes, error: type):
    with pytest.raises(error):
        added(context, case, data)
    assert rows(context, Reference) == rows(context, DiscardedBlob) == list(context.store.names()) == []


def test_the_same_picture_is_a_reference_of_a_case_once(context: Context, case: Case):
    added(context, case, one_face())
    with pytest.raises(ReferenceKnown):
        added(context, case, one_face())
    assert len(rows(context, Reference)) == 1


def test_bytes_stored_for_a_reference_that_was_not_recorded_are_cleared_away(context: Context, case: Case):
    kept = added(context, case, one_face(0))
    read_reference(context, case, one_face(1))  # and then the service died
    with context.database.writing() as session:
        for row in session.scalars(select(DiscardedBlob)):
            row.at = now()
    assert sweep_discarded(context) == 2
    with context.database.reading() as session:
        crop = session.scalar(select(Face.crop_blob_name).where(Face.reference_id == kept.id))
    assert sorted(context.store.names()) == sorted([kept.blob_name, crop])


def test_a_removed_reference_is_gone_with_its_faces_templates_and_bytes(context: Context, case: Case):
    reference = added(context, case, three_faces())
    with context.database.writing() as session:
        remove_reference(session, session.get_one(Reference, reference.id))
    assert len(list(context.store.names())) == 4
    assert sweep_discarded(context) == 4
    assert list(context.store.names()) == []
    with context.database.reading() as session:
        for record in (Reference, Face, Template, DiscardedBlob):
            assert session.scalar(select(func.count()).select_from(record)) == 0


def test_the_measures_of_a_face_are_kept_as_plain_numbers(context: Context, case: Case):
    added(context, case, one_face())
    [face] = rows(context, Face)
    assert json.loads(json.dumps(face.quality))["inter_eye_px"] == pytest.approx(50, abs=25)
