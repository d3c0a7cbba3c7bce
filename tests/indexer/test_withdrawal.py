"""A volunteer takes a photo back: it goes with its last receipt, or waits for a supervisor while people are at work."""

from functools import partial

import pytest
from sqlalchemy import select

from indexer.context import Context
from indexer.discards import sweep_discarded
from indexer.erasure import destroy_photo, restored_withdrawals
from indexer.errors import StoredTooLate
from indexer.intake import Arrival, UploadDetails, accept_photo, receive_photo
from indexer.withdrawal import withdraw
from models.actor import Actor
from models.candidate import CandidateState
from models.erasure import LedgerKind
from models.photo import PhotoState
from models.records import Alert, AuditEntry, Erasure, Face, GalleryChange, LedgerEntry, Photo, Receipt
from models.template import ChangeKind
from models.user import Role
from tests.indexer.people import count, stored, take_in, volunteer
from tests.indexer.pictures import drawn_photo, jpeg, texture
from tests.indexer.test_erasure import with_faces
from tests.indexer.test_intake import at_once
from tests.models.factories import make_candidate, make_case, make_photo, make_user


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
    assert count(context, Photo) == 0
    with context.database.reading() as session:
        entry = session.scalars(select(LedgerEntry)).one()
    assert (entry.kind, entry.photo_id) == (LedgerKind.WITHDRAWN, receipt.photo_id)
    assert entry.digest == context.keyring.digest(drawn_photo())


def test_a_crude_copy_that_is_withdrawn_keeps_nobodys_photo_out(context: Context):
    """Neither the original nor the very same bytes: else one volunteer could keep a child's photos out of the house."""
    hostile, other = volunteer(context), volunteer(context)
    crude = jpeg(texture(0), quality=30)
    take_back(context, hostile, take_in(context, hostile, crude))
    receipts = [take_in(context, other, data) for data in (crude, drawn_photo())]
    receipts.append(take_in(context, hostile, drawn_photo()))
    sweep_discarded(context)
    assert None not in {receipt.photo_id for receipt in receipts}
    assert stored(context) == {f"photos/{receipt.photo_id}" for receipt in receipts}
    assert count(context, Photo) == 2


def test_a_restored_backup_is_told_what_was_withdrawn_and_by_its_id(context: Context):
    """Who sent the same bytes again has a photo of their own, which nobody took back."""
    actor = volunteer(context)
    take_back(context, actor, receipt := take_in(context, actor, drawn_photo()))
    again = take_in(context, volunteer(context), drawn_photo())
    with context.database.writing() as session:
        assert restored_withdrawals(session) == []
        make_photo(session, id=receipt.photo_id)
        assert [photo.id for photo in restored_withdrawals(session)] == [receipt.photo_id]
        destroy_photo(session, session.get_one(Photo, again.photo_id), keep_away=True)
        make_photo(session, id=again.photo_id)
        assert [photo.id for photo in restored_withdrawals(session)] == [receipt.photo_id]


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


def hidden(context: Context) -> tuple[Actor, Receipt, int]:
    """Its volunteer, its receipt and a face, withdrawn while a reviewer works on its candidate."""
    actor = volunteer(context)
    receipt = take_in(context, actor, drawn_photo())
    face_id, _ = with_faces(context, receipt)
    a_candidate(context, face_id, CandidateState.IN_REVIEW)
    take_back(context, actor, receipt)
    return actor, receipt, face_id


def state_of(context: Context, receipt: Receipt) -> PhotoState:
    with context.database.reading() as session:
        return session.get_one(Photo, receipt.photo_id).state


def test_a_hidden_photo_comes_back_when_another_volunteer_sends_it_too(context: Context):
    _, receipt, face_id = hidden(context)
    assert take_in(context, volunteer(context), drawn_photo()).photo_id == receipt.photo_id
    assert state_of(context, receipt) is PhotoState.DONE
    with context.database.reading() as session:
        erasure = session.scalars(select(Erasure)).one()
        changes = session.execute(
            select(GalleryChange.kind, GalleryChange.face_id).order_by(GalleryChange.number)
        ).all()
    assert (erasure.state, erasure.approved_by) == ("not_needed", None)
    assert changes == [(kind, face_id) for kind in (ChangeKind.ADD, ChangeKind.REMOVE, ChangeKind.ADD)]
    assert count(context, AuditEntry, AuditEntry.action == "erasure.drop") == 1


def test_whoever_withdrew_it_does_not_bring_it_back(context: Context):
    actor, receipt, _ = hidden(context)
    again = take_in(context, actor, drawn_photo())
    assert (again.id, again.withdrawn_at is None) == (receipt.id, False)
    assert state_of(context, receipt) is PhotoState.HIDDEN
    assert count(context, Erasure, Erasure.state == "proposed") == 1


def test_what_came_back_is_hidden_again_when_the_other_withdraws_it_as_well(context: Context):
    _, receipt, _ = hidden(context)
    other = volunteer(context)
    second = take_in(context, other, drawn_photo())
    take_back(context, other, second)
    assert state_of(context, receipt) is PhotoState.HIDDEN
    with context.database.reading() as session:
        asked = dict(session.execute(select(Erasure.receipt_id, Erasure.state)).all())
    assert asked == {receipt.id: "not_needed", second.id: "proposed"}


def test_a_photo_that_an_admin_wants_erased_does_not_slip_away_from_the_ledger(context: Context):
    """Withdrawn before a supervisor decided, it waits, hidden; and comes back to its place in the queue."""
    actor = volunteer(context)
    receipt = take_in(context, actor, drawn_photo())
    with context.database.writing() as session:
        admin = make_user(session, Role.ADMIN)
        session.add(Erasure(receipt_id=receipt.id, reason="asked by the family", proposed_by=admin.id))
    take_back(context, actor, receipt)
    assert state_of(context, receipt) is PhotoState.HIDDEN
    take_in(context, volunteer(context), drawn_photo())
    assert state_of(context, receipt) is PhotoState.PENDING
    with context.database.reading() as session:
        states = dict(session.execute(select(Erasure.proposed_by, Erasure.state)).all())
    assert states == {admin.id: "proposed", actor.id: "not_needed"}


def test_a_failed_photo_comes_back_failed(context: Context):
    with context.database.writing() as session:
        photo = make_photo(session)
        photo.fail("image_corrupt")
        photo.hide()
        photo.show()
        assert photo.state is PhotoState.FAILED


def test_an_upload_and_a_withdrawal_at_once_lose_no_receipt(context: Context):
    """Sent before, it keeps the photo; sent after, it was told to send again."""
    for seed in range(8):
        first, second = volunteer(context), volunteer(context)
        receipt, arrival = take_in(context, first, drawn_photo(seed)), receive_photo(context, drawn_photo(seed))

        def send(actor: Actor = second, arrival: Arrival = arrival) -> Receipt | None:
            try:
                with context.database.writing() as session:
                    return accept_photo(session, context, actor, arrival, UploadDetails())
            except StoredTooLate:
                return None

        _, sent = at_once(partial(take_back, context, first, receipt), send)
        kept = sent or take_in(context, second, drawn_photo(seed))
        assert state_of(context, kept) is PhotoState.PENDING
    assert count(context, Photo) == 8
