"""`homeward erase`: two accounts decide, as over the API: an admin proposes, a supervisor approves."""

from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy import select

from app.commands.common import ActingAs, AsJson, acting, opened, say_json, show
from app.schemas.erasures import ErasureOut
from app.services.erasures import all_described, approve_erasure, described, propose_erasure
from app.services.person_erasures import approve_for_people
from indexer.discards import sweep_discarded
from models.erasure import Erasure
from models.user import Role

erase = typer.Typer(no_args_is_help=True, help="Photos, and people in them, to be forgotten.")
Why = Annotated[str, typer.Option(help="Why; supervisors read it. Name nobody.")]
Faces = Annotated[
    list[int] | None,
    typer.Option("--face", metavar="NUMBER", help="Only this person in the photo; may be given again. The page and "
                 "GET /v1/erasures/ID/faces/NUMBER show who that is."),
]  # fmt: skip
SHOWN = ("id", "state", "reason", "faces", "candidates_at_work")


@erase.command("list")
def list_command(as_json: AsJson = False) -> None:
    """Those that were proposed and decided, the latest first."""
    with opened() as context, context.database.reading() as session:
        erasures = session.scalars(select(Erasure).order_by(Erasure.proposed_at.desc(), Erasure.id)).all()
        rows = [each.model_dump(mode="json") for each in all_described(session, erasures)]
    show(rows if as_json else [{name: row[name] for name in SHOWN} for row in rows], as_json)


@erase.command("propose")
def propose_command(photo_id: UUID, reason: Why, acting_as: ActingAs, as_json: AsJson = False) -> None:
    """Propose to erase PHOTO_ID, the id that its volunteer sees, as an admin."""
    with opened() as context, context.database.writing() as session:
        made = described(session, propose_erasure(session, acting(session, acting_as, Role.ADMIN), photo_id, reason))
    _say(made, f"Proposed as {made.id}; a supervisor decides.", as_json)


@erase.command("approve")
def approve_command(erasure_id: UUID, acting_as: ActingAs, face: Faces = None, as_json: AsJson = False) -> None:
    """Approve a proposed erasure or a withdrawal as a supervisor. What it names is destroyed at once."""
    with opened() as context:
        with context.database.reading() as session:
            actor = acting(session, acting_as, Role.SUPERVISOR)
        if face:
            went = approve_for_people(context, actor, erasure_id, face)
        else:
            with context.database.writing() as session:
                went = approve_erasure(session, actor, erasure_id)
        sweep_discarded(context)
    _say(went, "It is gone.", as_json)


def _say(told: ErasureOut, words: str, as_json: bool) -> None:
    say_json(told.model_dump(mode="json")) if as_json else typer.echo(words)
