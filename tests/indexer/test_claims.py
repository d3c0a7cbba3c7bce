"""The queue: order, leases, fences, and whom a crash is charged to."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from indexer.claims import Claim, claim_batch, give_back, held, reclaim_expired, renew, retry_failed
from models.photo import CRASHES_ALONE, Photo, PhotoState
from models.session import Database
from models.types import now
from tests.models.factories import make_photo


def photos(database: Database, count: int) -> list[Photo]:
    with database.writing() as session:
        return [make_photo(session) for _ in range(count)]


def claim(database: Database, size: int = 8, seconds: float = 60) -> list[Claim]:
    with database.writing() as session:
        return claim_batch(session, size, seconds)


def start(database: Database, claimed: Claim) -> None:
    with database.writing() as session:
        held(session, claimed).start_work()


def crash(database: Database) -> None:
    """Let every lease end, as if all workers had died, and take the photos back."""
    with database.writing() as session:
        for photo in session.scalars(select(Photo).where(Photo.state == PhotoState.CLAIMED)):
            photo.renew(now() - timedelta(seconds=1))
        session.flush()
        reclaim_expired(session)


def read(database: Database, photo: Photo) -> Photo:
    with database.reading() as session:
        return session.get_one(Photo, photo.id)


def test_photos_are_claimed_in_the_order_they_came(database: Database):
    made = photos(database, 3)
    assert [each.photo_id for each in claim(database, 2)] == [made[0].id, made[1].id]
    assert [each.photo_id for each in claim(database, 2)] == [made[2].id]
    assert claim(database) == []


def test_workers_at_once_share_the_queue_without_sharing_a_photo(database: Database):
    photos(database, 24)
    barrier, claims = Barrier(4), []

    def work() -> None:
        barrier.wait()
        for _ in range(3):
            claims.extend(claim(database, 2))

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({each.photo_id for each in claims}) == len(claims) == 24


def test_a_lease_that_lasts_is_left_alone(database: Database):
    (photo,) = photos(database, 1)
    claim(database)
    with database.writing() as session:
        assert reclaim_expired(session).released == 0
    assert read(database, photo).state is PhotoState.CLAIMED


def test_a_crash_is_charged_to_the_photo_worked_on_and_to_no_other(database: Database):
    made = photos(database, 3)
    batch = claim(database)
    start(database, batch[1])
    crash(database)
    assert [(read(database, each).alone, read(database, each).crashes) for each in made] == [
        (False, 0),
        (True, 0),  # at first nobody knows whether it is to blame: it is tried alone
        (False, 0),
    ]
    assert [each.photo_id for each in claim(database)] == [made[0].id, made[2].id]
    assert [each.photo_id for each in claim(database)] == [made[1].id]


def test_three_crashes_alone_give_a_photo_up_and_a_retry_brings_it_back(database: Database):
    (photo,) = photos(database, 1)
    for _ in range(1 + CRASHES_ALONE):
        assert read(database, photo).state is PhotoState.PENDING
        (only,) = claim(database)
        start(database, only)
        crash(database)
    given_up = read(database, photo)
    assert (given_up.state, given_up.reason, given_up.crashes) == (PhotoState.FAILED, "worker_crashed", 3)
    assert claim(database) == []
    with database.writing() as session:
        assert len(retry_failed(session)) == 1
    again = read(database, photo)
    assert (again.state, again.reason, again.crashes, again.alone) == (PhotoState.PENDING, None, 0, True)


def test_only_the_photos_asked_for_are_retried(database: Database):
    first, second = photos(database, 2)
    with database.writing() as session:
        for photo in session.scalars(select(Photo)):
            photo.fail("image_corrupt")
    with database.writing() as session:
        assert retry_failed(session, [second.id]) == [second.id]
    assert [read(database, each).state for each in (first, second)] == [PhotoState.FAILED, PhotoState.PENDING]


def test_a_suspect_is_tried_alone_when_it_is_its_turn(database: Database):
    suspect, *_ = photos(database, 1)
    start(database, claim(database)[0])
    crash(database)
    later = photos(database, 1)
    with database.writing() as session:
        session.get_one(Photo, later[0].id).queued_at = now() + timedelta(seconds=5)
    assert [each.photo_id for each in claim(database)] == [suspect.id]


def test_a_claim_given_to_another_holds_no_more(database: Database):
    photos(database, 1)
    (late,) = claim(database)
    crash(database)
    (new,) = claim(database)
    assert (new.photo_id, new.number) == (late.photo_id, late.number + 1)
    with database.writing() as session:
        assert held(session, late) is None
        assert held(session, new) is not None
        renew(session, [late], 999)
        give_back(session, [late])
    with database.reading() as session:
        photo = session.get_one(Photo, new.photo_id)
    assert photo.state is PhotoState.CLAIMED
    assert photo.leased_until < now() + timedelta(seconds=100)


def test_what_is_given_back_is_uncharged_and_keeps_its_place(database: Database):
    first, second = photos(database, 2)
    batch = claim(database)
    with database.writing() as session:
        give_back(session, batch)
    assert [each.photo_id for each in claim(database)] == [first.id, second.id]


def test_what_the_machine_could_not_do_goes_to_the_end_uncharged(database: Database):
    first, second = photos(database, 2)
    batch = claim(database)
    start(database, batch[0])
    with database.writing() as session:
        give_back(session, batch)
    assert [each.photo_id for each in claim(database)] == [second.id, first.id]
    assert (read(database, first).alone, read(database, first).crashes) == (False, 0)


@pytest.mark.parametrize("state", [PhotoState.HIDDEN, PhotoState.DONE, PhotoState.FAILED])
def test_only_waiting_photos_are_claimed(database: Database, state: PhotoState):
    with database.writing() as session:
        make_photo(session, state=state)
    assert claim(database) == []
