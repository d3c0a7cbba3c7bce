"""What `homeward init` wrote: the one row that says whose key this is and how long photos are kept."""

import json
from functools import partial
from pathlib import Path
from typing import Any

from indexer.errors import KeyFileWrong
from indexer.keyring import KeyRing
from indexer.settings import IndexerSettings
from models.records import Installation
from models.session import Database

_DIGESTS = "digests"


def keyring_of(settings: IndexerSettings) -> KeyRing:
    """From the environment where it is given there, else from the key file. `KeyProblem`."""
    if settings.master_key is not None:
        return KeyRing.read(settings.master_key.get_secret_value(), "HOMEWARD_MASTER_KEY")
    return KeyRing.load(settings.key_file)


def key_check(keyring: KeyRing) -> str:
    """A digest that only this key makes: 64 hexadecimal characters."""
    return keyring.digest_of("key check", b"homeward").hex()


def installation_of(database: Database) -> Installation | None:
    """None before `homeward init`."""
    with database.reading() as session:
        return session.get(Installation, 1)


def require_own_key(database: Database, keyring: KeyRing, key_file: Path) -> None:
    """PostgreSQL opens without our key; photos sealed under two keys would be half lost. From here on ``keyring`` makes
    the digests of this installation. `KeyFileWrong`."""
    made = installation_of(database)
    if made is None:
        return
    if made.key_check != key_check(keyring):
        begun = key_file.with_name(f"{key_file.name}.new").exists()
        hint = "; `homeward keys rotate` was begun: run it again" if begun else ""
        raise KeyFileWrong(path=key_file, reason=f"this database was made with another key{hint}")
    adopt_digests(made, keyring)
    if database.engine.dialect.name == "postgresql":  # an SQLite file opens with its key alone
        database.check_connections(partial(_require_same_key, key_check(keyring), key_file))


def _require_same_key(expected: str, key_file: Path, connection: Any) -> None:
    """A service that lost all its connections, so that `homeward keys rotate` saw nobody, must not go on sealing under
    the key that was: nobody could open that again. Waits for a rotation that is going on. `KeyFileWrong`."""
    row = connection.execute("SELECT key_check FROM installation WHERE id = 1 FOR SHARE").fetchone()
    if row is not None and row[0] != expected:
        raise KeyFileWrong(path=key_file, reason="`homeward keys rotate` made another; start this process again")


def adopt_digests(made: Installation, keyring: KeyRing) -> None:
    """Have ``keyring`` make the digests that this installation has always made, whatever its key was. `SealBroken`."""
    if made.wrapped_digests is not None:
        keyring.adopt(json.loads(keyring.unwrap(made.wrapped_digests, _DIGESTS)))


def wrapped_digests(old: KeyRing, new: KeyRing) -> bytes:
    """For ``new`` to make the digests of ``old``."""
    return new.wrap(json.dumps(old.digest_keys()).encode(), _DIGESTS)
