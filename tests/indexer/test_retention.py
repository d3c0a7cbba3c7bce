"""What is kept no longer is announced, then destroyed; holds and a jumping clock stop it. No test waits for a day."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from indexer.context import Context
from indexer.discards import sweep_discarded
from indexer.errors import SealBroken
from indexer.retention import CLOSED_FOR, DAYS_PER_MONTH, MOST_JUMP, NOTICE, Clock, forecast
from indexer.retention_keeper import keep_retention
from indexer.sealed_records import about_case, case_key, new_case_key, seal_json, unseal_json
from models.candidate import CandidateState
from models.hold import Hold
from models.photo import PhotoState
from models.records import (
    AuditEntry,
    Candidate,
    Case,
    Erasure,
    Face,
    Installation,
    LedgerEntry,
    Photo,
    Receipt,
    Reference,
    RetentionState,
)
from models.types import now
from models.user import Role
from tests.indexer.people import count, stored, take_in, volunteer
from tests.indexer.pictures import drawn_photo
from tests.models.factories import make_candidate, make_case, make_face, make_photo, make_reference, make_user

MONTHS = 3
KEPT = timedelta(days=MONTHS * DAYS_PER_MONTH)
HOUR = timedelta(hours=1)
TODAY = now()
LONG_AGO = TODAY - KEPT - timedelta(days=1)


@pytest.fixture
def house(context: Context) -> Context:
    with context.database.writing() as session:
        session.add(Installation(id=1, retention_months=MONTHS, key_check=""))
    return context


def a_photo(context: Context, state: PhotoState = PhotoState.DONE, uploaded_at: datetime = LONG_AGO) -> UUID:
    with context.database.writing() as session:
        return make_photo(session, state=state, uploaded_at=uploaded_at).id


def a_candidate(context: Context, photo_id: UUID, state: CandidateState) -> UUID:
    with context.database.writing() as session:
        case = make_case(session, make_user(session, Role.CASE_WORKER))
        face = make_face(session, session.get_one(Photo, photo_id))
        return make_candidate(session, case, face, state=state).id


def go_on(context: Context, moment: datetime) -> None:
    while keep_retention(context, moment):
        pass


def until(context: Context, moment: datetime, start: datetime = TODAY) -> None:
    """A worker that looks every day from ``start`` on."""
    day = start
    while day < moment:
        go_on(context, day)
        day += timedelta(days=1)
    go_on(context, moment)


def left(context: Context) -> set[UUID]:
    with context.database.reading() as session:
        return set(session.scalars(select(Photo.id)))


def test_it_is_announced_for_a_week_and_then_gone(house: Context):
    old, young = a_photo(house), a_photo(house, uploaded_at=TODAY - KEPT + timedelta(days=20))
    go_on(house, TODAY)
    with house.database.reading() as session:
        told = forecast(session, TODAY)
    assert (told.past, told.within_30, told.announced, told.destroys_at) == (1, 1, 1, TODAY + NOTICE)
    until(house, TODAY + NOTICE - HOUR)
    assert left(house) == {old, young}
    go_on(house, TODAY + NOTICE)
    assert left(house) == {young}
    with house.database.reading() as session:
        assert forecast(session, TODAY + NOTICE).destroys_at is None
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "retention.destroy")).one()
    assert (entry.actor_id, entry.role, entry.object_id) == (None, "worker", str(old))


def test_nothing_goes_that_was_not_announced(house: Context):
    a_photo(house)
    go_on(house, TODAY)
    late = a_photo(house, uploaded_at=TODAY - KEPT + timedelta(days=2))  # its time is over before the notice is
    until(house, TODAY + NOTICE + HOUR)
    assert left(house) == {late}
    until(house, TODAY + 2 * NOTICE + 2 * HOUR, TODAY + NOTICE + HOUR)
    assert left(house) == set()


def test_bytes_words_and_receipts_go_and_the_same_photo_may_come_again(house: Context):
    actor = volunteer(house)
    receipt = take_in(house, actor, drawn_photo(), note="SECRET")
    with house.database.writing() as session:
        session.get_one(Photo, receipt.photo_id).uploaded_at = LONG_AGO
    until(house, TODAY + NOTICE)
    sweep_discarded(house)
    assert (count(house, Photo), count(house, Receipt), stored(house)) == (0, 0, set())
    assert take_in(house, actor, drawn_photo()).photo_id is not None
    assert count(house, LedgerEntry, LedgerEntry.kind != "withdrawn") == 0


@pytest.mark.parametrize("state", list(CandidateState))
def test_what_people_work_on_or_what_led_to_a_child_stays(house: Context, state: CandidateState):
    photo_id = a_photo(house)
    a_candidate(house, photo_id, state)
    until(house, TODAY + NOTICE)
    gone = state.value in {"open", "rejected", "withdrawn", "not_the_child"}
    assert left(house) == (set() if gone else {photo_id})
    with house.database.reading() as session:
        assert session.scalars(select(Candidate)).one().face_id == (
            None if gone else session.scalars(select(Face.id)).one()
        )


@pytest.mark.parametrize(
    ("state", "goes"), [("pending", True), ("failed", True), ("claimed", False), ("hidden", False)]
)
def test_photos_in_every_state(house: Context, state: str, goes: bool):
    photo_id = a_photo(house, PhotoState(state))
    until(house, TODAY + NOTICE)
    assert left(house) == (set() if goes else {photo_id})


def test_what_somebody_asked_to_erase_waits_for_the_decision(house: Context):
    photo_id = a_photo(house)
    with house.database.writing() as session:
        user = make_user(session)
        receipt = Receipt(id=photo_id, uploader_id=user.id, photo_id=photo_id)
        session.add(receipt)
        session.flush()
        session.add(Erasure(receipt_id=receipt.id, reason="", proposed_by=make_user(session, Role.ADMIN).id))
    until(house, TODAY + NOTICE)
    assert left(house) == {photo_id}


def hold(context: Context, **what: UUID) -> None:
    with context.database.writing() as session:
        session.add(Hold(**what, reason="court", made_by=make_user(session, Role.SUPERVISOR).id))


def test_a_hold_on_a_photo_or_on_a_case_keeps_it(house: Context):
    own, of_case, free = (a_photo(house) for _ in range(3))
    candidate = a_candidate(house, of_case, CandidateState.REJECTED)
    hold(house, photo_id=own)
    with house.database.reading() as session:
        case_id = session.get_one(Candidate, candidate).case_id
    hold(house, case_id=case_id)
    until(house, TODAY + NOTICE)
    assert left(house) == {own, of_case}
    with house.database.writing() as session:
        assert forecast(session, TODAY).held == 2
        session.execute(update(Hold).values(lifted_at=TODAY, lifted_by=make_user(session, Role.SUPERVISOR).id))
    until(house, TODAY + 3 * NOTICE, TODAY + NOTICE)
    assert left(house) == set()
    assert free not in left(house)


@pytest.mark.parametrize("jump", [MOST_JUMP + HOUR, timedelta(days=3650), -MOST_JUMP - HOUR])
def test_a_clock_that_jumps_is_not_believed_until_an_admin_says_so(house: Context, jump: timedelta):
    photo_id = a_photo(house)
    go_on(house, TODAY)
    go_on(house, TODAY + jump)
    go_on(house, TODAY + jump + NOTICE)
    assert left(house) == {photo_id}
    with house.database.reading() as session:
        told = forecast(session, TODAY + jump)
        assert told.clock is (Clock.JUMPED if jump > timedelta() else Clock.BEHIND)
        assert session.get_one(RetentionState, 1).seen_at == TODAY
    until(house, TODAY + NOTICE, TODAY + HOUR)  # the clock is put right again
    assert left(house) == set()


def a_closed_case(context: Context) -> UUID:
    with context.database.writing() as session:
        case = make_case(session, make_user(session, Role.CASE_WORKER))
        key, case.wrapped_key = new_case_key(context.keyring, case.id)
        case.sealed_details = seal_json(key, {"child_name": "SECRET"}, about_case(case.id))
        make_reference(session, case, blob_name=f"references/{case.id}")
        context.store.put(f"references/{case.id}", b"sealed")
        case.close("SECRET was found")
        case.closed_at = TODAY - CLOSED_FOR + HOUR
        return case.id


def test_a_closed_case_names_nobody_after_thirty_days(house: Context):
    case_id = a_closed_case(house)
    with house.database.reading() as session:
        case = session.get_one(Case, case_id)
        old_key = case_key(house.keyring, case)
    go_on(house, TODAY)
    assert count(house, Reference) == 1
    go_on(house, TODAY + 2 * HOUR)
    with house.database.reading() as session:
        case = session.get_one(Case, case_id)
        assert (case.emptied_at, case.closed_because, case.number != "") == (TODAY + 2 * HOUR, None, True)
        assert unseal_json(case_key(house.keyring, case), case.sealed_details, about_case(case.id)) == {}
        with pytest.raises(SealBroken):
            unseal_json(old_key, case.sealed_details, about_case(case.id))
    assert count(house, Reference) == 0
    assert count(house, AuditEntry, AuditEntry.action == "case.empty") == 1
    go_on(house, TODAY + 3 * HOUR)
    assert count(house, AuditEntry, AuditEntry.action == "case.empty") == 1


def test_a_held_case_keeps_what_it_has(house: Context):
    case_id = a_closed_case(house)
    hold(house, case_id=case_id)
    until(house, TODAY + timedelta(days=2))
    assert count(house, Reference) == 1


def test_a_photo_of_an_emptied_case_is_protected_no_longer(house: Context):
    photo_id = a_photo(house)
    candidate = a_candidate(house, photo_id, CandidateState.RELEASED)
    with house.database.writing() as session:
        case = session.get_one(Case, session.get_one(Candidate, candidate).case_id)
        case.close("done")
        case.closed_at = TODAY - CLOSED_FOR - HOUR
    until(house, TODAY + NOTICE + HOUR)
    assert left(house) == set()
    assert count(house, Candidate) == 1
