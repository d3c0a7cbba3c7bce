"""An erased photo is gone: rows, faces, templates, gallery, stored bytes; the decisions people made stay."""

from datetime import timedelta

from sqlalchemy import select

from indexer.context import Context
from indexer.discards import sweep_discarded
from indexer.erasure import destroy_photo
from models.base import Base
from models.candidate import CandidateState
from models.records import (
    Assignment,
    Candidate,
    DiscardedBlob,
    Face,
    GalleryChange,
    LedgerEntry,
    Photo,
    PhotoBand,
    Receipt,
    Review,
    Template,
)
from models.review import AssignmentState
from models.template import ChangeKind, change_gallery
from models.types import now
from models.user import Role
from tests.indexer.people import count, stored, take_in, volunteer
from tests.indexer.pictures import drawn_photo
from tests.models.factories import make_candidate, make_case, make_face, make_user

PACK = "a" * 64


def with_faces(context: Context, receipt: Receipt, faces: int = 2) -> list[int]:
    """As the worker leaves a photo, with crops in the store; the last face is not enrolled."""
    ids = []
    with context.database.writing() as session:
        photo = session.get_one(Photo, receipt.photo_id)
        photo.finish(faces, None)
        for number in range(faces):
            face = make_face(session, photo, number=number, crop_blob_name=f"crops/{photo.id}/{number}")
            context.store.put(face.crop_blob_name, b"sealed")
            session.add(Template(face_id=face.id, pack_id=PACK, sealed=b"sealed"))
            if number < faces - 1:
                change_gallery(session, ChangeKind.ADD, face.id, PACK)
            ids.append(face.id)
    return ids


def erase(context: Context, receipt: Receipt) -> None:
    with context.database.writing() as session:
        destroy_photo(session, session.get_one(Photo, receipt.photo_id), keep_away=True)


def everything(context: Context, record: type[Base]) -> list[Base]:
    with context.database.reading() as session:
        return list(session.scalars(select(record)))


def test_nothing_of_the_photo_stays_but_keyed_digests_and_empty_receipts(context: Context):
    receipt = take_in(context, volunteer(context), drawn_photo(), note="a note")
    other = take_in(context, volunteer(context), drawn_photo(), note="another")
    with_faces(context, receipt)
    digest = everything(context, Photo)[0].digest
    bands = {band.digest for band in everything(context, PhotoBand)}
    erase(context, receipt)
    assert [count(context, record) for record in (Photo, PhotoBand, Face, Template)] == [0, 0, 0, 0]
    left = {each.id: (each.photo_id, each.sealed_details) for each in everything(context, Receipt)}
    assert left == {receipt.id: (None, None), other.id: (None, None)}
    ledger = everything(context, LedgerEntry)
    assert {entry.digest for entry in ledger} == {digest} | bands
    assert len(ledger) == 17


def test_faces_leave_every_gallery_they_are_in_and_only_those(context: Context):
    receipt = take_in(context, volunteer(context), drawn_photo())
    enrolled, _not_enrolled = with_faces(context, receipt)
    erase(context, receipt)
    changes = [(change.kind, change.face_id, change.pack_id) for change in everything(context, GalleryChange)]
    assert changes == [(ChangeKind.ADD, enrolled, PACK), (ChangeKind.REMOVE, enrolled, PACK)]


def test_stored_bytes_go_after_the_commit_and_a_sweep_can_be_repeated(context: Context):
    receipt = take_in(context, volunteer(context), drawn_photo())
    kept = take_in(context, volunteer(context), drawn_photo(1))
    with_faces(context, receipt)
    before = stored(context)
    assert len(before) == 4
    erase(context, receipt)
    assert stored(context) == before
    context.store.delete(f"photos/{receipt.photo_id}")  # as if an earlier sweep had died after it
    assert sweep_discarded(context) == 3
    assert stored(context) == {f"photos/{kept.photo_id}"}
    assert (sweep_discarded(context), count(context, DiscardedBlob)) == (0, 0)


def test_a_rolled_back_erasure_loses_nothing(context: Context):
    receipt = take_in(context, volunteer(context), drawn_photo())
    with_faces(context, receipt)
    before = stored(context)
    try:
        with context.database.writing() as session:
            destroy_photo(session, session.get_one(Photo, receipt.photo_id), keep_away=True)
            1 / 0  # noqa: B018
    except ZeroDivisionError:
        sweep_discarded(context)
    assert (stored(context), count(context, Face), count(context, LedgerEntry)) == (before, 2, 0)


def test_candidates_are_withdrawn_without_their_face_and_reviews_keep_only_their_answers(context: Context):
    receipt = take_in(context, volunteer(context), drawn_photo())
    face_id, _ = with_faces(context, receipt)
    with context.database.writing() as session:
        case = make_case(session, make_user(session, Role.CASE_WORKER))
        candidate = make_candidate(session, case, session.get_one(Face, face_id), state=CandidateState.IN_REVIEW)
        for state in (AssignmentState.ANSWERED, AssignmentState.OPEN):
            assignment = Assignment(
                candidate_id=candidate.id,
                reviewer_id=make_user(session, Role.REVIEWER).id,
                state=state,
                lapses_at=now() + timedelta(minutes=30),
            )
            session.add(assignment)
            session.flush()
            if state is AssignmentState.ANSWERED:
                answer = {"answer": 2, "features": {"ears": 1}, "comment": "a scar on the chin"}
                session.add(
                    Review(
                        assignment_id=assignment.id,
                        candidate_id=candidate.id,
                        reviewer_id=assignment.reviewer_id,
                        **answer,
                    )
                )
    erase(context, receipt)
    (left,) = everything(context, Candidate)
    assert (left.state, left.face_id) == (CandidateState.WITHDRAWN, None)
    (review,) = everything(context, Review)
    assert (review.answer, review.comment) == (2, "")
    assert {each.state for each in everything(context, Assignment)} == {
        AssignmentState.ANSWERED,
        AssignmentState.LAPSED,
    }
