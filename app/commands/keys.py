"""`homeward keys`: volunteers' keys."""

from typing import Any
from uuid import UUID

import typer
from sqlalchemy import select

from app.commands.common import ActingAs, AsJson, account_called, acting, load_settings, opened, say_json, show
from app.services.keys import renew_key, revoke_key
from models.records import ApiKey, User
from models.types import now
from models.user import Role

keys = typer.Typer(no_args_is_help=True, help="Volunteers' keys.")


@keys.command("list")
def list_command(as_json: AsJson = False) -> None:
    """Every key by its first characters; the rest is known to its volunteer alone."""
    query = select(ApiKey, User.name).join(User, User.id == ApiKey.user_id).order_by(ApiKey.made_at, ApiKey.id)
    with opened() as context, context.database.reading() as session:
        show([_row(key, name) for key, name in session.execute(query)], as_json)


@keys.command("renew")
def renew_command(volunteer: str, acting_as: ActingAs, as_json: AsJson = False) -> None:
    """A new key for VOLUNTEER as an admin, shown this once; the earlier ones stop working."""
    settings = load_settings()
    with opened() as context, context.database.writing() as session:
        actor = acting(session, acting_as, Role.ADMIN)
        user = account_called(session, volunteer)
        key, token = renew_key(session, context.keyring, settings, actor, user.id)
        expires_at = key.expires_at
    if as_json:
        say_json({"id": key.id, "key": token, "expires_at": expires_at})
    else:
        typer.echo(f"{token}\nShown this once; it expires on {expires_at:%Y-%m-%d}.")
        typer.echo("The volunteer enters it with: homeward-client login ADDRESS --key")


@keys.command("revoke")
def revoke_command(key_id: UUID, acting_as: ActingAs) -> None:
    """Revoke a key as an admin."""
    with opened() as context, context.database.writing() as session:
        revoke_key(session, acting(session, acting_as, Role.ADMIN), key_id)
    typer.echo("The key is revoked.")


def _row(key: ApiKey, volunteer: str) -> dict[str, Any]:
    return {
        "id": key.id,
        "volunteer": volunteer,
        "prefix": key.prefix,
        "expires_at": key.expires_at,
        "works": key.is_open(now()),
        "last_used_on": key.last_used_on,
    }
