"""`homeward retention`: what will be destroyed, and doing it now."""

from dataclasses import asdict
from typing import Annotated

import typer

from app.commands.common import ActingAs, AsJson, acting, opened, say_json
from indexer.discards import sweep_discarded
from indexer.retention import Clock, Forecast, believe, forecast
from indexer.retention_keeper import keep_retention
from models.actor import act
from models.types import now
from models.user import Role

retention = typer.Typer(no_args_is_help=True, help="What is kept no longer. `homeward work` sees to it by itself.")
ClockIsRight = Annotated[bool, typer.Option("--clock-is-right", help="The machine's clock jumped, and is right now.")]


@retention.command("preview")
def preview_command(as_json: AsJson = False) -> None:
    """Count the photos that will be destroyed, and say when. Status 1: it waits, for the clock is not believed."""
    with opened() as context, context.database.reading() as session:
        told = forecast(session, now())
    say_json(asdict(told)) if as_json else typer.echo(_words(told))
    if told.clock is not Clock.RIGHT:
        raise typer.Exit(1)


@retention.command("run")
def run_command(acting_as: ActingAs, clock_is_right: ClockIsRight = False, as_json: AsJson = False) -> None:
    """Announce and destroy what is due now, as an admin. What was not announced seven days ago stays."""
    with opened() as context:
        with context.database.writing() as session:
            actor = acting(session, acting_as, Role.ADMIN)
            act(session, actor, "retention.run", "installation", 1, "the clock is right" if clock_is_right else "")
            if clock_is_right:
                believe(session, now())
        while keep_retention(context, now()):
            pass
        while sweep_discarded(context):
            pass
    preview_command(as_json)


def _words(told: Forecast) -> str:
    lines = [
        f"Photos that led to nothing are kept for {told.months} months.",
        f"{told.past} are past that, {told.within_30} more within 30 days, {told.within_90} within 90.",
        f"{told.held} are on hold.",
    ]
    if told.destroys_at is not None:
        lines.append(f"{told.announced} are announced, and destroyed from {told.destroys_at:%Y-%m-%d %H:%M} UTC on.")
    if told.clock is not Clock.RIGHT:
        lines.append(
            f"Nothing is destroyed: the clock has jumped since {told.seen_at:%Y-%m-%d}, the last day it was believed."
        )
        lines.append("If it is right now: homeward retention run --clock-is-right --as ADMIN")
    return "\n".join(lines)
