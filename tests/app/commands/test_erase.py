"""`homeward erase`, by two accounts."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from models.photo import PhotoState
from models.records import Erasure, LedgerEntry, Photo, Receipt, User
from models.user import Role
from tests.app.commands.conftest import Homeward
from tests.app.commands.test_people import database
from tests.models.factories import make_photo, make_user

PEOPLE = {"sue": Role.SUPERVISOR, "sam": Role.SUPERVISOR, "ada": Role.ADMIN, "vera": Role.VOLUNTEER}


@pytest.fixture
def staffed(homeward: Homeward) -> Homeward:
    """An installation with two supervisors, an admin and a volunteer."""
    assert homeward("init", "--retention", "3", "--key-copied").status == 0
    with database() as opened, opened.writing() as session:
        for name, role in PEOPLE.items():
            make_user(session, role, name=name)
    return homeward


@pytest.fixture
def receipt(staffed: Homeward) -> str:
    """Of a photo without a face."""
    with database() as opened, opened.writing() as session:
        vera = session.scalars(select(User.id).where(User.name == "vera")).one()
        photo = make_photo(session, state=PhotoState.DONE)
        made = Receipt(id=uuid4(), uploader_id=vera, photo_id=photo.id)
        session.add(made)
        return str(made.id)


def test_an_admin_proposes_and_a_supervisor_destroys(staffed: Homeward, receipt: str):
    propose = ("erase", "propose", receipt, "--reason", "The family asked", "--json")
    assert staffed(*propose, "--as", "sue").err == "homeward: sue may not do this: it takes an active admin.\n"
    made = staffed(*propose, "--as", "ada").json
    assert (made["state"], made["faces"]) == ("proposed", 0)
    assert [each["id"] for each in staffed("erase", "list", "--json").json] == [made["id"]]
    assert made["id"] in staffed("erase", "list").out
    assert staffed("erase", "approve", made["id"], "--as", "ada").status == 1
    nobody = staffed("erase", "approve", made["id"], "--face", "3", "--as", "sue")
    assert (nobody.status, nobody.err.startswith("homeward: The erasure")) == (1, True)
    assert staffed("erase", "approve", made["id"], "--as", "sue").out == "It is gone.\n"
    assert staffed("erase", "approve", made["id"], "--as", "sam").status == 1
    with database() as opened, opened.reading() as session:
        assert session.scalars(select(Photo)).all() == []
        assert session.get_one(Erasure, UUID(made["id"])).state == "done"
        assert [entry.kind for entry in session.scalars(select(LedgerEntry))] == ["digest"]


def test_an_unknown_id_is_said_plainly(staffed: Homeward):
    for arguments in (
        ("propose", str(uuid4()), "--reason", "x", "--as", "ada"),
        ("approve", str(uuid4()), "--as", "sue"),
    ):
        ran = staffed("erase", *arguments)
        assert (ran.status, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert staffed("erase", "approve", "no-id", "--as", "sue").status == 2
