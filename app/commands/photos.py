"""`homeward photos`: those that could not be worked on, and their second chance."""

from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy import func, select

from app.commands.common import ActingAs, AsJson, acting, opened, say_json, show
from app.commands.errors import PhotoNotFailed
from indexer.claims import retry_failed
from models.actor import act
from models.photo import Photo, PhotoState
from models.user import Role

photos = typer.Typer(no_args_is_help=True, help="Photos that could not be worked on.")
PhotoIds = Annotated[list[UUID] | None, typer.Argument(metavar="[ID]...", help="Which; without one, every failed one.")]


@photos.command("failed")
def failed_command(as_json: AsJson = False) -> None:
    """How many photos failed, by reason. Status 1: there are some."""
    with opened() as context, context.database.reading() as session:
        count = func.count().label("photos")
        failed = select(Photo.reason, count).where(Photo.state == PhotoState.FAILED).group_by(Photo.reason)
        rows = [{"reason": row.reason, "photos": row.photos} for row in session.execute(failed.order_by(Photo.reason))]
    show(rows, as_json)
    if rows:
        raise typer.Exit(1)


@photos.command("retry")
def retry_command(acting_as: ActingAs, ids: PhotoIds = None, as_json: AsJson = False) -> None:
    """Put failed photos back into the queue, as an admin; the worker tries each of them alone."""
    with opened() as context, context.database.writing() as session:
        actor = acting(session, acting_as, Role.ADMIN)
        retried = retry_failed(session, ids)
        if others := sorted(set(ids or ()) - set(retried), key=str):
            raise PhotoNotFailed(ids=", ".join(map(str, others)))
        for photo_id in retried:
            act(session, actor, "photo.retry", "photo", photo_id)
    say_json({"retried": len(retried)}) if as_json else typer.echo(f"{len(retried)} photos wait to be tried again.")
