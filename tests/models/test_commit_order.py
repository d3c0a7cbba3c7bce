"""A follower must never miss a change: numbers rise in the order of commits."""

import threading

import pytest
from sqlalchemy import select

from models.records import GalleryChange
from models.session import Database
from models.template import ChangeKind, change_gallery


def add_face(database: Database, face_id: int, before_commit: threading.Event | None, begun: threading.Event) -> None:
    with database.writing() as session:
        change_gallery(session, ChangeKind.ADD, face_id, "pack")
        begun.set()
        if before_commit is not None:
            assert before_commit.wait(10)


class Follower:
    """What a gallery does: ask for the changes after the last number seen."""

    def __init__(self, database: Database) -> None:
        self.database, self.last, self.seen = database, 0, list[int]()

    def catch_up(self) -> None:
        with self.database.reading() as session:
            newer = select(GalleryChange).where(GalleryChange.number > self.last).order_by(GalleryChange.number)
            for change in session.scalars(newer):
                self.last = change.number
                self.seen.append(change.face_id)


def test_two_transactions_that_commit_in_reverse_are_both_seen(postgresql_database: Database) -> None:
    follower = Follower(postgresql_database)
    release, first_begun = threading.Event(), threading.Event()
    slow = threading.Thread(target=add_face, args=(postgresql_database, 1, release, first_begun))
    slow.start()
    assert first_begun.wait(10)
    add_face(postgresql_database, 2, None, threading.Event())  # begins second, commits first
    follower.catch_up()
    release.set()
    slow.join(10)
    follower.catch_up()
    assert follower.seen == [2, 1]


def test_a_bare_sequence_would_have_missed_one(postgresql_database: Database) -> None:
    """The fault this guards against is real: numbers drawn when the change is made are lost to a follower."""
    follower = Follower(postgresql_database)
    with postgresql_database.writing() as slow:
        slow.add(GalleryChange(number=1, face_id=1, pack_id="pack", kind=ChangeKind.ADD))
        slow.flush()
        with postgresql_database.writing() as quick:
            quick.add(GalleryChange(number=2, face_id=2, pack_id="pack", kind=ChangeKind.ADD))
        follower.catch_up()
    follower.catch_up()
    assert follower.seen == [2]


def test_many_writers_leave_no_gap_and_no_repeat(database: Database) -> None:
    threads = [
        threading.Thread(target=add_face, args=(database, face, None, threading.Event())) for face in range(1, 25)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    follower = Follower(database)
    follower.catch_up()
    assert follower.last == 24
    assert sorted(follower.seen) == list(range(1, 25))


def test_changes_of_a_transaction_that_failed_take_no_number(database: Database) -> None:
    with pytest.raises(RuntimeError), database.writing() as session:
        change_gallery(session, ChangeKind.ADD, 1, "pack")
        raise RuntimeError
    add_face(database, 2, None, threading.Event())
    follower = Follower(database)
    follower.catch_up()
    assert (follower.last, follower.seen) == (1, [2])
