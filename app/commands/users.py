"""`homeward users`: accounts, and the authorities that supervisors list."""

from typing import Annotated, Any
from uuid import UUID

import typer
from sqlalchemy import select

from app.commands.common import ActingAs, AsJson, account_called, acting, opened, show
from app.services.accounts import disable_account, forget_passkeys
from app.services.authorities import agree_to_authority, propose_authority
from models.records import Authority, User
from models.user import Role

users = typer.Typer(no_args_is_help=True, help="Accounts, and the authorities a release may go to.")
authorities = typer.Typer(no_args_is_help=True, help="To whom a release may go; two supervisors list one.")
users.add_typer(authorities, name="authorities")


@users.command("list")
def list_command(as_json: AsJson = False) -> None:
    """Every account, disabled ones too."""
    with opened() as context, context.database.reading() as session:
        found = session.scalars(select(User).order_by(User.created_at, User.id))
        show([{"id": u.id, "name": u.name, "role": u.role, "state": u.state} for u in found], as_json)


@users.command("disable")
def disable_command(name: str, acting_as: ActingAs) -> None:
    """Disable the account NAME as an admin; its sessions and keys end at once."""
    with opened() as context, context.database.writing() as session:
        actor = acting(session, acting_as, Role.ADMIN)
        disable_account(session, actor, account_called(session, name).id)
    typer.echo(f"{name} is disabled.")


@users.command("passkeys-lost")
def passkeys_lost_command(name: str, acting_as: ActingAs) -> None:
    """NAME has lost every passkey and recovery code: remove them, as an admin; its password alone opens it again."""
    with opened() as context, context.database.writing() as session:
        actor = acting(session, acting_as, Role.ADMIN)
        forget_passkeys(session, actor, account_called(session, name).id)
    typer.echo(f"{name} has no passkey any more and is signed out. Be sure that it was they who asked.")


@authorities.command("list")
def list_authorities_command(as_json: AsJson = False) -> None:
    """Every authority: listed ones, and those that wait for a second supervisor."""
    with opened() as context, context.database.reading() as session:
        show([_row(each) for each in session.scalars(select(Authority).order_by(Authority.name))], as_json)


@authorities.command("add")
def add_authority_command(
    name: str,
    contact: Annotated[str, typer.Option(help="How it is reached; supervisors read it.")],
    acting_as: ActingAs,
    as_json: AsJson = False,
) -> None:
    """Propose the authority NAME as a supervisor."""
    with opened() as context, context.database.writing() as session:
        show([_row(propose_authority(session, acting(session, acting_as, Role.SUPERVISOR), name, contact))], as_json)


@authorities.command("agree")
def agree_command(authority_id: UUID, acting_as: ActingAs, as_json: AsJson = False) -> None:
    """Put a proposed authority on the list, as another supervisor."""
    with opened() as context, context.database.writing() as session:
        show([_row(agree_to_authority(session, acting(session, acting_as, Role.SUPERVISOR), authority_id))], as_json)


def _row(authority: Authority) -> dict[str, Any]:
    return {
        "id": authority.id,
        "name": authority.name,
        "contact": authority.contact,
        "listed": authority.is_listed,
    }
