"""What `homeward init` wrote: the one row that says whose key this is and how long photos are kept."""

from pathlib import Path

from indexer.errors import KeyFileWrong
from indexer.keyring import KeyRing
from models.records import Installation
from models.session import Database


def key_check(keyring: KeyRing) -> str:
    """A digest that only this key makes: 64 hexadecimal characters."""
    return keyring.digest_of("key check", b"homeward").hex()


def installation_of(database: Database) -> Installation | None:
    """None before `homeward init`."""
    with database.reading() as session:
        return session.get(Installation, 1)


def require_own_key(database: Database, keyring: KeyRing, key_file: Path) -> None:
    """PostgreSQL opens without our key; photos sealed under two keys would be half lost. `KeyFileWrong`."""
    made = installation_of(database)
    if made is not None and made.key_check != key_check(keyring):
        raise KeyFileWrong(path=key_file, reason="this database was made with another key")
