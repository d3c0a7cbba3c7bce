"""`homeward audit`: does the log still say what it said?"""

from dataclasses import asdict
from typing import Annotated

import typer

from app.commands.common import AsJson, opened, say_json
from app.services.audit_chain import Anchor, verify_chain

audit = typer.Typer(no_args_is_help=True, help="The audit log.")


def _anchor(text: str) -> Anchor:
    number, _, digest = text.partition(":")
    if not number.isdecimal() or len(digest) != 64:
        raise typer.BadParameter("an anchor is NUMBER:HASH, as an earlier `audit verify` printed it")
    return Anchor(int(number), digest)


@audit.callback()
def audit_callback() -> None:
    """The audit log."""


@audit.command("verify")
def verify_command(
    anchor: Annotated[str | None, typer.Option(metavar="NUMBER:HASH", help="An earlier head, kept elsewhere.")] = None,
    as_json: AsJson = False,
) -> None:
    """Walk the chain; exit status 1 if a row was edited, deleted or reordered."""
    kept = _anchor(anchor) if anchor else None
    with opened() as context, context.database.reading() as session:
        report = verify_chain(session, kept)
    if as_json:
        say_json(asdict(report))
    else:
        typer.echo(
            report.fault
            or f"{report.rows} rows, unbroken. Keep this elsewhere: {report.head.number}:{report.head.hash}"
        )
    raise typer.Exit(0 if report.fault is None else 1)
