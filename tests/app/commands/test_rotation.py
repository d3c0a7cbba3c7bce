"""`homeward keys rotate`: all opens under the new key, nothing under the old, and it goes on where it was killed."""

import re
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DatabaseError

from app.commands.common import load_settings
from indexer import rotation
from indexer.context import open_context
from indexer.errors import KeyFileWrong, SealBroken
from indexer.intake import known_receipt
from indexer.keyring import LASTING_DIGESTS, KeyRing
from indexer.sealed_records import about_photo, case_key, new_case_key, photo_key
from indexer.sealing import unseal
from models.actor import Actor
from models.errors import DatabaseKeyWrong
from models.records import AuditEntry, Case, IdempotentRequest, Photo, User
from models.session import Database, open_sqlite
from models.user import Role
from tests.app.commands.conftest import Homeward
from tests.app.commands.test_people import database
from tests.indexer.people import take_in
from tests.indexer.pictures import drawn_photo
from tests.models.factories import make_case, make_user

STEPS = [
    (rotation, "_wrap_anew", False),
    (rotation, "_wrap_anew", True),
    (Database, "encrypt_anew", False),
    (Database, "encrypt_anew", True),
    (rotation, "replace_key_file", False),
]


@pytest.fixture
def homeward_with_data(homeward: Homeward) -> Homeward:
    """With a photo, a case and people."""
    assert homeward("init", "--retention", "3", "--key-copied").status == 0
    with database() as opened, opened.writing() as session:
        make_user(session, Role.ADMIN, name="ada")
        make_user(session, Role.SUPERVISOR, name="sue")
        make_user(session, name="vera")
    with open_context(load_settings()) as context:
        with context.database.writing() as session:
            case = make_case(session, make_user(session, Role.CASE_WORKER))
            _, case.wrapped_key = new_case_key(context.keyring, case.id)
        with context.database.reading() as session:
            vera = session.scalars(select(User).where(User.name == "vera")).one()
        take_in(context, Actor(vera, "test"), drawn_photo())
    return homeward


def rotate(homeward: Homeward, *more: str):
    return homeward("keys", "rotate", "--yes", "--as", "ada", *more)


def everything_opens(old: KeyRing) -> None:
    """Under the key file that is there now, and not under ``old``."""
    with open_context(load_settings()) as context, context.database.reading() as session:
        photo, case = session.scalars(select(Photo)).one(), session.scalars(select(Case)).one()
        stored = context.store.get(photo.blob_name)
        assert unseal(photo_key(context.keyring, photo), stored, about_photo(photo.id)).startswith(b"\xff\xd8")
        assert case_key(context.keyring, case)
        vera = session.scalars(select(User.id).where(User.name == "vera")).one()
        assert known_receipt(session, context.keyring, vera, drawn_photo()) is not None  # it is recognised still
        for seal in (lambda: photo_key(old, photo), lambda: case_key(old, case)):
            with pytest.raises(SealBroken):
                seal()


def test_everything_opens_under_the_new_key_alone(homeward_with_data: Homeward):
    settings = load_settings()
    old = KeyRing.load(settings.key_file)
    told = rotate(homeward_with_data, "--json").json
    assert told["wrapped"] == 2
    new, kept = KeyRing.load(settings.key_file), Path(told["kept_as"])
    assert KeyRing.load(kept).copy_text == old.copy_text != new.copy_text
    assert not rotation.new_key_file(settings).exists()
    everything_opens(old)
    settings.key_file.write_text(old.copy_text)
    with pytest.raises((DatabaseKeyWrong, KeyFileWrong)), open_context(settings):
        pass
    settings.key_file.write_text(new.copy_text)
    with database() as opened, opened.reading() as session:
        assert session.query(IdempotentRequest).count() == 0
        assert session.scalars(select(AuditEntry.why).where(AuditEntry.action == "key.rotate")).all() == ["2 keys"]
    assert homeward_with_data("audit", "verify").status == 0
    assert homeward_with_data("doctor").status in (0, 1)


def test_it_can_be_done_again(homeward_with_data: Homeward):
    first = KeyRing.load(load_settings().key_file)
    assert rotate(homeward_with_data).status == 0
    second = KeyRing.load(load_settings().key_file)
    ran = rotate(homeward_with_data)
    assert (ran.status, KeyRing.load(load_settings().key_file).copy_text in ran.out) == (0, True)
    everything_opens(first)
    everything_opens(second)


@pytest.mark.parametrize(("where", "step", "after"), STEPS)
def test_killed_at_any_step_it_goes_on(
    homeward_with_data: Homeward, monkeypatch: pytest.MonkeyPatch, where: object, step: str, after: bool
):
    old, real = KeyRing.load(load_settings().key_file), getattr(where, step)

    came: list[str] = []

    def killed(*arguments: object) -> None:
        came.append(step)
        if after:
            real(*arguments)
        raise SystemExit(137)

    with monkeypatch.context() as patched:
        patched.setattr(where, step, killed)
        rotate(homeward_with_data)
    assert bool(came) is rotation.new_key_file(load_settings()).exists()  # PostgreSQL has no file to encrypt
    assert rotate(homeward_with_data).status == 0
    everything_opens(old)


def test_what_was_begun_is_said_to_whoever_starts_the_service(homeward_with_data: Homeward, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(rotation, "replace_key_file", lambda *_: (_ for _ in ()).throw(SystemExit(137)))
        patched.setattr(Database, "encrypt_anew", lambda *_: None)
        rotate(homeward_with_data)
    assert "`homeward keys rotate` was begun: run it again" in homeward_with_data("audit", "verify").err


def test_while_something_runs_nothing_is_changed(homeward_with_data: Homeward):
    with database() as opened, opened.reading() as session:
        assert session.query(Photo).count() == 1
        ran = rotate(homeward_with_data)
        assert (ran.status, ran.err.startswith("homeward: Something still uses this installation")) == (1, True)
    assert rotate(homeward_with_data).status == 0


def test_a_service_that_nobody_saw_does_not_go_on_with_the_old_key(homeward_with_data: Homeward):
    """Its pool is empty, as after a restart of the database server."""
    with open_context(load_settings()) as context:
        context.database.engine.dispose()
        assert rotate(homeward_with_data).status == 0
        with pytest.raises((KeyFileWrong, DatabaseError)), context.database.writing() as session:
            make_user(session, name="lost")
    assert homeward_with_data("audit", "verify").status == 0


def test_a_key_may_come_from_the_environment_and_is_never_in_the_settings_file(
    homeward_with_data: Homeward, monkeypatch: pytest.MonkeyPatch
):
    settings = load_settings()
    words = settings.key_file.read_text()
    settings.key_file.unlink()
    assert homeward_with_data("audit", "verify").status == 1
    monkeypatch.setenv("HOMEWARD_MASTER_KEY", words)
    assert homeward_with_data("audit", "verify").status == 0
    assert homeward_with_data("init").status == 0  # makes no key file beside it
    assert not settings.key_file.exists()
    assert "only a key file is renewed" in rotate(homeward_with_data).err
    monkeypatch.setenv("HOMEWARD_MASTER_KEY", "A" * 56)
    weak = homeward_with_data("audit", "verify")
    assert (weak.status, "HOMEWARD_MASTER_KEY is not the right one" in weak.err, "AAAA" in weak.err) == (1, True, False)
    monkeypatch.delenv("HOMEWARD_MASTER_KEY")
    (settings.data_dir / "homeward.toml").write_text(f"master_key = {words.split()!r}")
    told = homeward_with_data("audit", "verify")
    assert (told.status, "master_key stands in homeward.toml" in told.err, words.split()[-1] in told.err) == (
        2,
        True,
        False,
    )


def test_only_an_admin_rotates(homeward_with_data: Homeward):
    ran = homeward_with_data("keys", "rotate", "--yes", "--as", "sue")
    assert ran.err == "homeward: sue may not do this: it takes an active admin.\n"
    assert not rotation.new_key_file(load_settings()).exists()


def test_every_lasting_digest_is_on_the_list():
    """What is digested in the source under a fixed name either goes along or is known to live for a moment."""
    root = Path(rotation.__file__).parents[1]
    source = "".join(file.read_text() for part in ("app", "indexer") for file in (root / part).rglob("*.py"))
    named = set(re.findall(r'digest_of\("([a-z ]+)"', source))
    assert named - LASTING_DIGESTS == {
        "case version",
        "cursor",
        "form token",
        "key check",
        "request",
        "used passkey challenge",
    }
    assert LASTING_DIGESTS - named == set()


def test_an_sqlite_file_opens_under_the_new_key_alone(tmp_path: Path):
    one, other = "1" * 64, "2" * 64
    file = tmp_path / "x.db"
    made = open_sqlite(file, one)
    made.encrypt_anew(other)
    made.close()
    with pytest.raises(DatabaseKeyWrong):
        open_sqlite(file, one)
    open_sqlite(file, other).close()
