"""`homeward users`, `keys`, `audit` and `doctor`, as an operator runs them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.commands.common import load_settings
from indexer.keyring import KeyRing
from models.records import AuditEntry, Passkey, Photo, RecoveryCode, User, UserSession
from models.session import Database, open_database
from models.types import now
from models.user import Role
from tests.app.commands.conftest import Homeward
from tests.models.factories import make_photo, make_user


@contextmanager
def database() -> Iterator[Database]:
    """The command's database, opened beside it."""
    settings = load_settings()
    url = settings.database_url.get_secret_value() if settings.database_url else None
    opened = open_database(url, settings.database_file, KeyRing.load(settings.key_file).database_key)
    yield opened
    opened.close()


@pytest.fixture
def staffed(homeward: Homeward) -> Homeward:
    """An installation with two supervisors, an admin and a volunteer."""
    assert homeward("init", "--retention", "3", "--key-copied").status == 0
    people = {"sue": Role.SUPERVISOR, "sam": Role.SUPERVISOR, "ada": Role.ADMIN, "vera": Role.VOLUNTEER}
    with database() as opened, opened.writing() as session:
        for name, role in people.items():
            make_user(session, role, name=name)
    return homeward


def test_accounts_are_listed_and_disabled_by_an_admin(staffed: Homeward):
    by_supervisor = "homeward: sue may not do this: it takes an active admin.\n"
    assert staffed("users", "disable", "vera", "--as", "sue").err == by_supervisor
    for unknown in (("nobody", "--as", "ada"), ("vera", "--as", "nobody")):
        assert staffed("users", "disable", *unknown).err.startswith("homeward: There is no account called nobody;")
    assert staffed("users", "disable", "ada", "--as", "ada").err.startswith("homeward: This is the last active admin")
    assert staffed("users", "disable", "vera", "--as", "ada").status == 0
    states = {user["name"]: user["state"] for user in staffed("users", "list", "--json").json}
    assert states == {"sue": "active", "sam": "active", "ada": "active", "vera": "disabled"}


def test_an_admin_takes_lost_passkeys_off_an_account_and_it_is_on_record(staffed: Homeward):
    with database() as opened, opened.writing() as session:
        sue, sam = (session.scalars(select(User).where(User.name == name)).one().id for name in ("sue", "sam"))
        for owner, name in ((sue, "lost"), (sam, "kept")):
            credential = {"credential_hash": name, "credential_id": b"c", "public_key": b"k", "sign_count": 0}
            session.add(Passkey(user_id=owner, name=name, **credential))
            session.add(RecoveryCode(user_id=owner, code_hash=name))
            session.add(UserSession(user_id=owner, token_hash=name, expires_at=now() + timedelta(hours=1)))
    assert "takes an active admin" in staffed("users", "passkeys-lost", "sue", "--as", "sam").err
    assert staffed("users", "passkeys-lost", "sue", "--as", "ada").status == 0
    with database() as opened, opened.reading() as session:
        assert session.scalars(select(Passkey.name)).all() == ["kept"]
        assert session.scalars(select(RecoveryCode.code_hash)).all() == ["kept"]
        open_ones = session.scalars(select(UserSession.token_hash).where(UserSession.ended_at.is_(None)))
        assert open_ones.all() == ["kept"]
        [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "user.passkeys_lost"))
        assert entry.object_id == str(sue)


def test_two_supervisors_list_an_authority(staffed: Homeward):
    add = ("users", "authorities", "add", "Police, district 4", "--contact", "desk", "--json")
    assert staffed(*add, "--as", "ada").status == 1
    [proposed] = staffed(*add, "--as", "sue").json
    assert proposed["listed"] is False
    assert staffed(*add, "--as", "sam").err.startswith("homeward: The name Police, district 4 is taken")
    agree = ("users", "authorities", "agree", proposed["id"], "--json")
    assert staffed(*agree, "--as", "sue").err.startswith("homeward: A second person has to do this")
    assert staffed(*agree, "--as", "sam").json[0]["listed"] is True
    assert [each["listed"] for each in staffed("users", "authorities", "list", "--json").json] == [True]


def test_a_volunteers_key_is_renewed_listed_and_revoked(staffed: Homeward):
    assert staffed("keys", "renew", "sue", "--as", "ada").status == 1
    made = staffed("keys", "renew", "vera", "--as", "ada", "--json").json
    [listed] = staffed("keys", "list", "--json").json
    assert (listed["id"], listed["volunteer"], listed["works"]) == (made["id"], "vera", True)
    assert made["key"].startswith(listed["prefix"])
    assert made["id"] in staffed("keys", "list").out
    assert staffed("keys", "revoke", made["id"], "--as", "ada").status == 0
    assert staffed("keys", "list", "--json").json[0]["works"] is False


def test_wrong_usage_is_status_two_and_help_is_everywhere(staffed: Homeward):
    assert staffed("users", "disable").status == 2
    assert staffed("keys", "revoke", "no-id", "--as", "ada").status == 2
    assert staffed("audit", "verify", "--anchor", "x").status == 2
    for command in (["init"], ["serve"], ["users", "list"], ["keys", "renew"], ["audit", "verify"], ["doctor"], []):
        assert "--help" in staffed(*command, "--help").out


def test_an_unbroken_chain_verifies_and_gives_its_anchor(staffed: Homeward):
    staffed("keys", "renew", "vera", "--as", "ada")
    report = staffed("audit", "verify", "--json")
    assert (report.status, report.json["fault"]) == (0, None)
    anchor = f"{report.json['head']['number']}:{report.json['head']['hash']}"
    staffed("keys", "renew", "vera", "--as", "ada")
    assert staffed("audit", "verify", "--anchor", anchor).status == 0


def test_an_admin_gives_failed_photos_a_second_chance(staffed: Homeward):
    with database() as opened, opened.writing() as session:
        first, second, done = (make_photo(session) for _ in range(3))
        first.fail("worker_crashed")
        second.fail("pack_failed")
        done.finish(0, None)
    assert staffed("photos", "failed", "--json").json == [
        {"reason": "pack_failed", "photos": 1},
        {"reason": "worker_crashed", "photos": 1},
    ]
    assert staffed("photos", "failed").status == 1
    assert staffed("photos", "retry", "--as", "sue").err.startswith("homeward: sue may not do this")
    assert staffed("photos", "retry", "no-id", "--as", "ada").status == 2
    both = staffed("photos", "retry", str(first.id), str(done.id), "--as", "ada")
    assert (both.status, both.err) == (1, f"homeward: No failed photo has the id {done.id}; nothing was changed.\n")
    one = staffed("photos", "retry", str(first.id), "--as", "ada")
    assert (one.status, one.out) == (0, "1 photos wait to be tried again.\n")
    assert staffed("photos", "retry", "--as", "ada", "--json").json == {"retried": 1}
    assert staffed("photos", "failed").status == 0
    with database() as opened, opened.reading() as session:
        states = [session.get_one(Photo, each.id).state for each in (first, second, done)]
        retried = session.scalars(select(AuditEntry.object_id).where(AuditEntry.action == "photo.retry"))
        assert set(retried) == {str(first.id), str(second.id)}
    assert states == ["pending", "pending", "done"]
