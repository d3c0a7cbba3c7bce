"""A volunteer takes a photo back: it goes with its last receipt, or waits for a supervisor while people are at work."""

from functools import partial

import pytest
from sqlalchemy import select

from indexer.context import Context
from indexer.withdrawal import withdraw
from models.actor import Actor
from models.candidate import CandidateState
from models.photo import PhotoState
from models.records import Alert, AuditEntry, Erasure, Face, GalleryChange, LedgerEntry, Photo, Receipt
from models.template import ChangeKind
from models.user import Role
from tests.indexer.people import count, take_in, volunteer
from tests.indexer.pictures import drawn_photo
from tests.indexer.test_erasure import with_faces
from tests.indexer.test_intake import at_once
from tests.models.factories import make_candidate, make_case, make_user


def take_back(context: Context, actor: Actor, receipt: Receipt) -> None:
    with context.database.writing() as session:
        withdraw(session, actor, session.get_one(Receipt, receipt.id))


def a_candidate(context: Context, face_id: int, state: CandidateState) -> None:
    with context.database.writing() as session:
        case = make_case(session, make_user(session, Role.CASE_WORKER))
        make_candidate(session, case, session.get_one(Face, face_id), state=state)


def test_the_last_receipt_takes_the_photo_with_it(context: Context):
    actor = volunteer(context)
    receipt = take_in(context, actor, drawn_photo(), note="a note")
    take_back(context, actor, receipt)
    with context.database.reading() as session:
        left = session.get_one(Receipt, receipt.id)
    assert left.withdrawn_at is not None
    assert (left.photo_id, left.sealed_details) == (None, None)
    assert (count(context, Photo), count(context, LedgerEntry)) == (0, 17)


def test_a_photo_others_sent_as_well_stays(context: Context):
    actor = volunteer(context)
    receipt = take_in(context, actor, drawn_photo(), note="a note")
    take_in(context, volunteer(context), drawn_photo())
    take_back(context, actor, receipt)
    with context.database.reading() as session:
        assert session.get_one(Receipt, receipt.id).sealed_details is None
    assert count(context, Photo) == 1


def test_volunteers_who_withdraw_at_once_leave_no_photo_behind(context: Context):
    for seed in range(8):
        actors = [volunteer(context), volunteer(context)]
        receipts = [take_in(context, actor, drawn_photo(seed)) for actor in actors]
        at_once(*(partial(take_back, context, *pair) for pair in zip(actors, receipts, strict=True)))
    assert count(context, Photo) == 0


def test_what_was_withdrawn_stays_withdrawn_and_twice_changes_nothing(context: Context):
    actor = volunteer(context)
    receipt = take_in(context, actor, drawn_photo())
    take_back(context, actor, receipt)
    take_back(context, actor, receipt)
    assert take_in(context, actor, drawn_photo()).withdrawn_at is not None
    assert count(context, Photo) == 0
    assert count(context, AuditEntry, AuditEntry.action == "photo.withdraw") == 1


@pytest.mark.parametrize("state", ["in_review", "confirmed", "conflict", "released"])
def test_while_people_work_on_it_the_photo_is_hidden_and_a_supervisor_asked(context: Context, state: str):
    actor = volunteer(context)
    receipt = take_in(context, actor, drawn_photo())
    face_id, _ = with_faces(context, receipt)
    a_candidate(context, face_id, CandidateState(state))
    take_back(context, actor, receipt)
    with context.database.reading() as session:
        assert session.get_one(Photo, receipt.photo_id).state is PhotoState.HIDDEN
        erasure = session.scalars(select(Erasure)).one()
        alert = session.scalars(select(Alert)).one()
        kinds = list(session.scalars(select(GalleryChange.kind).order_by(GalleryChange.number)))
    assert (erasure.receipt_id, erasure.proposed_by, erasure.state) == (receipt.id, actor.id, "proposed")
    assert (alert.kind, alert.object_id, alert.user_id) == ("erasure_awaits_approval", str(erasure.id), None)
    assert kinds == [ChangeKind.ADD, ChangeKind.REMOVE]
    assert count(context, Face) == 2


@pytest.mark.parametrize("state", ["open", "rejected"])
def test_a_candidate_nobody_works_on_does_not_keep_the_photo(context: Context, state: str):
    actor = volunteer(context)
    receipt = take_in(context, actor, drawn_photo())
    face_id, _ = with_faces(context, receipt)
    a_candidate(context, face_id, CandidateState(state))
    take_back(context, actor, receipt)
    assert (count(context, Photo), count(context, Face), count(context, Erasure)) == (0, 0, 0)
