"""`homeward init`: key, folder, database, first invitations. Run again, it upgrades and overwrites nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated

import typer

from app.commands.common import AsJson, load_settings, require_safe_places, say_json
from app.commands.errors import DataDirUnusable, KeyCopyMissing
from app.services.founding import found_installation, founding_invitations
from app.settings import ServiceSettings
from indexer.errors import KeyFileMissing
from indexer.installation import installation_of, keyring_of, require_own_key
from indexer.keyring import KeyRing
from models.migrations.upgrade import current, upgrade
from models.records import Installation
from models.session import Database, open_database, open_postgresql

TRIES = 3


class Retention(StrEnum):
    """How many months a photo is kept that led to nothing."""

    THREE = "3"
    TWELVE = "12"
    THIRTY_SIX = "36"


def init_command(
    retention: Annotated[Retention | None, typer.Option(help="Months photos are kept; asked for if left out.")] = None,
    key_copied: Annotated[
        bool, typer.Option("--key-copied", help="For scripts: the key file is copied elsewhere.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make an installation, or bring one to this version's schema. No key and no data are ever overwritten."""
    settings = load_settings()
    require_safe_places(settings)
    _make_data_dir(settings)
    keyring = _key(settings)
    with _database(settings, keyring) as database:
        upgrade(database)
        require_own_key(database, keyring, settings.key_file)
        made = installation_of(database)
        if made is None and not key_copied:
            _have_key_copied(keyring)
        months = made.retention_months if made else int(retention or _ask_retention())
        tokens = _found(database, keyring, settings, made, months)
        _report(settings, database, months, tokens, as_json)


def _make_data_dir(settings: ServiceSettings) -> None:
    """`DataDirUnusable`."""
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise DataDirUnusable(path=settings.data_dir, reason=error.strerror) from None


def _key(settings: ServiceSettings) -> KeyRing:
    """The key, made where there is none yet. `KeyFileMissing`: data are never keyed anew."""
    if settings.master_key is not None or settings.key_file.exists():
        return keyring_of(settings)
    if _has_data(settings):
        raise KeyFileMissing(path=settings.key_file)
    return KeyRing.create(settings.key_file)


def _has_data(settings: ServiceSettings) -> bool:
    if settings.database_url is None:
        return settings.database_file.exists()
    database = open_postgresql(settings.database_url.get_secret_value())
    try:
        return current(database) is not None and installation_of(database) is not None
    finally:
        database.close()


@contextmanager
def _database(settings: ServiceSettings, keyring: KeyRing) -> Iterator[Database]:
    url = settings.database_url.get_secret_value() if settings.database_url else None
    database = open_database(url, settings.database_file, keyring.database_key)
    try:
        yield database
    finally:
        database.close()


def _have_key_copied(keyring: KeyRing) -> None:
    """`KeyCopyMissing`: without a copy a broken disk loses everything; a second `homeward init` shows it again."""
    typer.echo(
        "Everything is sealed under this key. Copy it by hand or print it, and keep it apart from backups:\n", err=True
    )
    typer.echo(keyring.copy_text, err=True)
    for _ in range(TRIES):
        if keyring.copy_was_kept(typer.prompt("The last 8 characters of your copy", err=True)):
            return
        typer.echo("That is not what the copy ends with.", err=True)
    raise KeyCopyMissing


def _ask_retention() -> str:
    question = "For how many months are photos kept that led to nothing (3, 12, 36)?"
    while True:
        answer: str = typer.prompt(question, default=Retention.TWELVE.value, err=True)
        if answer in set(Retention):
            return answer


def _found(
    database: Database, keyring: KeyRing, settings: ServiceSettings, made: Installation | None, months: int
) -> dict[str, str]:
    with database.writing() as session:
        if made is None:
            found_installation(session, keyring, months)
        return founding_invitations(session, keyring, settings)


def _report(settings: ServiceSettings, database: Database, months: int, tokens: dict[str, str], as_json: bool) -> None:
    kind = database.engine.dialect.name
    if as_json:
        place = {"data_dir": settings.data_dir, "key_file": settings.key_file, "database": kind}
        say_json({**place, "schema": current(database), "retention_months": months, "invitations": tokens})
        return
    typer.echo(f"Ready in {settings.data_dir} ({kind}, schema {current(database)}); key in {settings.key_file}.")
    typer.echo(f"Photos that led to nothing are kept for {months} months.")
    for role, token in tokens.items():
        typer.echo(f"One-time invitation for the first {role}, {settings.invitation_days} days: {token}")
    typer.echo("Next: `homeward serve`, and beside it `homeward work`.")
