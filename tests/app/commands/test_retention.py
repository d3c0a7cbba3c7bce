"""`homeward retention`, as an operator types it."""

from datetime import timedelta

from models.records import Photo, RetentionState
from models.types import now
from models.user import Role
from tests.app.commands.conftest import Homeward
from tests.app.commands.test_people import database
from tests.models.factories import make_photo, make_user


def test_what_is_due_is_told_announced_and_destroyed(homeward: Homeward):
    assert homeward("init", "--retention", "3", "--key-copied").status == 0
    with database() as opened, opened.writing() as session:
        make_user(session, Role.ADMIN, name="ada")
        make_photo(session, state="done", uploaded_at=now() - timedelta(days=100))
    told = homeward("retention", "preview", "--json").json
    assert (told["months"], told["past"], told["announced"], told["clock"]) == (3, 1, 0, "right")
    assert homeward("retention", "run", "--as", "nobody").status == 1
    assert "1 are announced, and destroyed from" in homeward("retention", "run", "--as", "ada").out
    with database() as opened, opened.writing() as session:
        session.get_one(RetentionState, 1).destroys_at = now() - timedelta(hours=1)
    assert homeward("retention", "run", "--as", "ada").status == 0
    with database() as opened, opened.reading() as session:
        assert session.query(Photo).count() == 0


def test_a_clock_that_jumped_is_told_and_believed_again_by_an_admin(homeward: Homeward):
    assert homeward("init", "--retention", "3", "--key-copied").status == 0
    with database() as opened, opened.writing() as session:
        make_user(session, Role.ADMIN, name="ada")
        session.add(RetentionState(id=1, seen_at=now() - timedelta(days=40)))
    ran = homeward("retention", "preview")
    assert (ran.status, "Nothing is destroyed: the clock has jumped" in ran.out) == (1, True)
    assert homeward("retention", "run", "--as", "ada").status == 1
    assert homeward("retention", "run", "--clock-is-right", "--as", "ada").status == 0
    assert homeward("retention", "preview").status == 0
