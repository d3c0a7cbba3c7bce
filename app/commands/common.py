"""What commands share: settings, who acts, and how results are printed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, cast

import typer
from rich.console import Console
from rich.table import Column, Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.commands.errors import (
    AccountCannot,
    AccountUnknown,
    DataDirUnusable,
    KeyPlaceUnsafe,
)
from app.settings import ServiceSettings
from indexer.cli import load_settings as load_settings_of
from indexer.context import Context, open_context
from indexer.places import require_private
from models.actor import Actor
from models.records import User
from models.user import Role

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ActingAs = Annotated[str, typer.Option("--as", metavar="ACCOUNT", help="The account that does this; it is on record.")]

WIDTH_OF_A_PIPE = 400  # it has none of its own, and what is cut is of no use to the next command


def load_settings() -> ServiceSettings:
    return cast("ServiceSettings", load_settings_of(ServiceSettings))


@contextmanager
def opened() -> Iterator[Context]:
    """The installation's context, its places checked first."""
    settings = load_settings()
    require_safe_places(settings)
    with open_context(settings) as context:
        yield context


def require_safe_places(settings: ServiceSettings) -> None:
    """The key apart from the data, and the data for its owner's eyes only.

    `KeyPlaceUnsafe`, `DataDirUnusable`, `DataDirExposed`, `DataExposed`.
    """
    key_file, data_dir = settings.key_file.resolve(), settings.data_dir.resolve()
    if key_file.is_relative_to(data_dir):
        raise KeyPlaceUnsafe(path=key_file)
    if data_dir.exists() and not data_dir.is_dir():
        raise DataDirUnusable(path=data_dir, reason="it is a file")
    require_private(settings)


def acting(session: Session, name: str, role: Role) -> Actor:
    """The named account, which must be approved and of ``role``. `AccountUnknown`, `AccountCannot`."""
    user = account_called(session, name)
    if user.role is not role or not user.is_active:
        raise AccountCannot(name=name, role=role)
    return Actor(user, "cli")


def account_called(session: Session, name: str) -> User:
    """`AccountUnknown`."""
    user = session.scalar(select(User).where(User.name == name.casefold()))
    if user is None:
        raise AccountUnknown(name=name)
    return user


def show(rows: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    """Rows as a table, or as a JSON list."""
    if as_json:
        say_json(list(rows))
    elif rows:
        table = Table(*(Column(name, overflow="fold", no_wrap=name == "id") for name in rows[0]))
        for row in rows:
            table.add_row(*("" if value is None else str(value) for value in row.values()))
        console = Console()
        console.print(table, width=None if console.is_terminal else WIDTH_OF_A_PIPE)


def say_json(data: object) -> None:
    typer.echo(json.dumps(data, default=str, ensure_ascii=False, indent=2))
