"""`homeward keys`: volunteers' keys."""

from typing import Annotated, Any
from uuid import UUID

import typer
from sqlalchemy import select

from app.commands.common import (
    ActingAs,
    AsJson,
    account_called,
    acting,
    load_settings,
    opened,
    require_safe_places,
    say_json,
    show,
)
from app.services.keys import renew_key, revoke_key
from indexer.rotation import new_key_file, rotate
from models.records import ApiKey, User
from models.types import now
from models.user import Role

keys = typer.Typer(no_args_is_help=True, help="Volunteers' keys, and the master key.")
Stopped = Annotated[bool, typer.Option("--yes", help="For scripts: everything is stopped; do not ask.")]


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


@keys.command("rotate")
def rotate_command(acting_as: ActingAs, stopped: Stopped = False, as_json: AsJson = False) -> None:
    """Give this installation a new master key, as an admin, while nothing else runs. Begun again, it goes on."""
    settings = load_settings()
    require_safe_places(settings)
    if not new_key_file(settings).exists() and not stopped:
        typer.echo("A new key will be made. The paper copy of the old one opens nothing made from now on.", err=True)
        typer.confirm("Have you stopped the service and every worker?", abort=True, err=True)
    rotated = rotate(settings, lambda session: acting(session, acting_as, Role.ADMIN))
    if as_json:
        say_json({"key_file": settings.key_file, "kept_as": rotated.kept_as, "wrapped": rotated.wrapped})
        return
    typer.echo(
        f"{rotated.wrapped} keys are wrapped anew. Write this down and keep it apart, as you did with the old one:"
    )
    typer.echo(rotated.new.copy_text)
    typer.echo(
        f"The old key is kept as {rotated.kept_as}, for backups made before today. Delete it with the last of them."
    )


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
