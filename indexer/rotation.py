"""A new master key for an installation: what was sealed under the old one is sealed anew, what was digested stays.

    1  the new key is written beside the old one           nothing depends on it yet
    2  every wrapped key is wrapped anew, in one commit    with it the row that says whose installation this is
    3  the SQLite file is encrypted anew                   SQLCipher's own transaction
    4  the new key takes the old one's name                the old one stays under another until its owner deletes it

Whoever is killed anywhere begins again with `homeward keys rotate`, and goes on from where the records stand. Photos,
crops and templates keep their own keys and are not touched. Digests cannot be made again without what they were made
of, so their keys go along, wrapped under the new master key.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Table, bindparam, delete, select, update
from sqlalchemy.orm import Session

from indexer.errors import InstallationInUse, KeyFileWrong, KeyNotInFile
from indexer.installation import adopt_digests, key_check, wrapped_digests
from indexer.keyring import KeyRing, replace_key_file
from indexer.settings import IndexerSettings
from models.actor import Actor, act
from models.errors import DatabaseKeyWrong
from models.records import Case, Cohort, IdempotentRequest, Installation, Photo
from models.session import Database, open_database

ROWS_AT_ONCE = 1000
Rewrap = Callable[[bytes, str], bytes]


@dataclass(frozen=True)
class Rotated:
    """``new`` is in use from now on; ``kept_as``: where the old key file is."""

    new: KeyRing
    kept_as: Path
    wrapped: int


def new_key_file(settings: IndexerSettings) -> Path:
    return settings.key_file.with_name(f"{settings.key_file.name}.new")


def rotate(settings: IndexerSettings, acting: Callable[[Session], Actor]) -> Rotated:
    """Begin, or go on with, a rotation. Nothing else may use the installation meanwhile.

    ``acting`` names who does it. `KeyProblem`, `DatabaseKeyWrong`, `InstallationInUse`, and what ``acting`` raises.
    """
    if settings.master_key is not None:
        raise KeyNotInFile
    old, file = KeyRing.load(settings.key_file), new_key_file(settings)
    new = KeyRing.load(file) if file.exists() else None
    database, is_encrypted_anew = _opened(settings, old, new)
    try:
        with database.reading() as session:
            acting(session)  # refused before anything is made
        if not database.is_alone():
            raise InstallationInUse
        new = new or KeyRing.create(file)
        wrapped = _wrap_anew(database, old, new, acting)
        if not is_encrypted_anew and settings.database_url is None:
            database.encrypt_anew(new.database_key)
    finally:
        database.close()
    for snapshot in settings.snapshot_dir.glob("*") if settings.snapshot_dir.is_dir() else ():
        snapshot.unlink()  # sealed under the old key; the service makes it again
    return Rotated(new, replace_key_file(settings.key_file, file), wrapped)


def _opened(settings: IndexerSettings, old: KeyRing, new: KeyRing | None) -> tuple[Database, bool]:
    """With whichever key opens it: a file that was being encrypted is rolled back under the old one."""
    url = settings.database_url.get_secret_value() if settings.database_url else None
    try:
        return open_database(url, settings.database_file, old.database_key), False
    except DatabaseKeyWrong:
        if new is None:
            raise
        return open_database(url, settings.database_file, new.database_key), True


def _wrap_anew(database: Database, old: KeyRing, new: KeyRing, acting: Callable[[Session], Actor]) -> int:
    """How many keys were wrapped; 0 where an earlier try got as far. `KeyFileWrong`."""
    with database.writing() as session:
        made = session.get_one(Installation, 1, with_for_update=True)
        if made.key_check == key_check(new):
            return 0
        if made.key_check != key_check(old):
            raise KeyFileWrong(path="the key file", reason="this database was made with another key")
        adopt_digests(made, old)

        def again(wrapped: bytes, owner: str) -> bytes:
            return new.wrap(old.unwrap(wrapped, owner), owner)

        count = sum(_rewrap(session, again, kind, word) for kind, word in _OWNERS)
        session.execute(delete(IdempotentRequest))  # answers of the last day, sealed under the old key
        made.key_check = key_check(new)
        made.wrapped_digests = wrapped_digests(old, new)
        act(session, acting(session), "key.rotate", "installation", 1, f"{count} keys")
        return count


_OWNERS: tuple[tuple[type[Photo] | type[Case] | type[Cohort], str], ...] = (
    (Photo, "photo"),
    (Case, "case"),
    (Cohort, "cohort"),
)


def _rewrap(session: Session, again: Rewrap, kind: type[Photo] | type[Case] | type[Cohort], word: str) -> int:
    """Every key of this kind of row, so many at a time."""
    table: Table = kind.__table__  # type: ignore[assignment]  # of a mapped class it is one
    change = update(table).where(table.c.id == bindparam("row")).values(wrapped_key=bindparam("key"))
    count, last = 0, None
    while True:
        query = select(table.c.id, table.c.wrapped_key).where(table.c.wrapped_key.is_not(None)).order_by(table.c.id)
        rows = session.execute((query if last is None else query.where(table.c.id > last)).limit(ROWS_AT_ONCE)).all()
        if not rows:
            return count
        session.execute(change, [{"row": row.id, "key": again(row.wrapped_key, f"{word}/{row.id}")} for row in rows])
        count, last = count + len(rows), rows[-1].id
