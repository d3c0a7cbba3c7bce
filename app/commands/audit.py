"""`homeward audit`: does the log still say what it said, anchors of it, and exports for an authority."""

import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from app.commands.common import ActingAs, AsJson, account_called, acting, opened, say_json
from app.commands.errors import ExportNotRead, ExportNotWritten
from app.services.audit_chain import verify_chain
from app.services.audit_decisions import verify_decisions
from app.services.audit_export import Asked, ExportReport, check_export, exported
from indexer.anchors import KeptAnchor, anchor_now, read_anchors
from indexer.cli import plain_errors
from indexer.context import Context
from indexer.messages.content import installation_id
from models.actor import act
from models.audit import Anchor, head_of
from models.user import Role

audit = typer.Typer(no_args_is_help=True, help="The audit log.")


def _anchor(text: str) -> Anchor:
    try:
        return Anchor.parse(text)
    except ValueError as error:
        raise typer.BadParameter(f"{error}, as an earlier `audit verify` printed it") from None


OneAnchor = Annotated[
    Anchor | None, typer.Option(metavar="NUMBER:HASH", parser=_anchor, help="An earlier head, kept elsewhere.")
]
AnchorFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Anchors, one a line; left out: the file that `anchor_file` names.")
]
Moment = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="In UTC.")]


@audit.callback()
def audit_callback() -> None:
    """The audit log."""


@audit.command("verify")
def verify_command(anchor: OneAnchor = None, anchors: AnchorFile = None, as_json: AsJson = False) -> None:
    """Walk the chain and hold every decision against it; exit status 1, and which row, if one is not as it was."""
    with opened() as context:
        kept = [each.anchor for each in _kept(context, anchors)] + ([anchor] if anchor else [])
        with context.database.reading() as session:
            chain, decisions = verify_chain(session, kept), verify_decisions(session)
    fault = chain.fault or decisions.fault
    if as_json:
        counts = {"anchors": len(kept), "decisions": decisions.covered, "decisions_not_covered": decisions.not_covered}
        say_json(asdict(chain) | counts | {"fault": fault})
    else:
        held = f"held against {len(kept)} anchors" if kept else "held against no anchor: its end may have been cut off"
        unbroken = f"{chain.rows} rows, unbroken, {held}; {decisions.covered} decisions are as their rows say."
        typer.echo(fault or f"{unbroken} Keep this elsewhere: {chain.head}")
    raise typer.Exit(0 if fault is None else 1)


@audit.command("anchor")
def anchor_command() -> None:
    """Print NUMBER:HASH of the newest row, and the time: a line to keep where nobody who runs this can change it."""
    with opened() as context, context.database.reading() as session:
        typer.echo(str(anchor_now(session)))


@audit.command("export")
def export_command(
    file: Annotated[Path, typer.Argument(help="Is made; nothing is overwritten.")],
    acting_as: ActingAs,
    why: Annotated[str, typer.Option(help="For whom and what; it is on record.")],
    object_id: Annotated[str | None, typer.Option("--object", metavar="ID", help="Only what was done to this.")] = None,
    account: Annotated[str | None, typer.Option(metavar="NAME", help="Only what this account did.")] = None,
    since: Moment = None,
    until: Moment = None,
) -> None:
    """Write the log for an authority, as an auditor: JSON Lines, with what shows that its rows belong to the chain."""
    with opened() as context:
        with context.database.writing() as session:
            actor = acting(session, acting_as, Role.AUDITOR)
            whose = account_called(session, account).id if account else None
            asked = Asked(object_id, whose, _utc(since), _utc(until))
            words = ", ".join(f"{name} {value}" for name, value in asked.words.items())
            act(session, actor, "audit.export", "audit", head_of(session).number, f"{words or 'all'}: {why}"[:2000])
        _write(context, file, asked)
    typer.echo(f"Written to {file}; `homeward audit check {file}` shows whether it is whole.")


@audit.command("check")
def check_command(
    file: Annotated[Path, typer.Argument(help="An export.")],
    anchors: Annotated[Path | None, typer.Option(metavar="FILE", help="Anchors that came another way.")] = None,
    as_json: AsJson = False,
) -> None:
    """Whether an export is whole and its rows belong to one chain. Needs no installation."""
    with plain_errors():
        report = _checked(file, [each.anchor for each in read_anchors(anchors)] if anchors else [])
    if as_json:
        say_json(asdict(report))
    else:
        typer.echo(report.fault or f"{report.shown} rows shown, {report.left_out} left out, one chain to {report.head}")
    raise typer.Exit(0 if report.fault is None else 1)


def _kept(context: Context, anchors: Path | None) -> list[KeptAnchor]:
    """`AnchorFileUnreadable`, unless none is named and the worker has written none yet."""
    file = anchors or context.settings.anchor_file
    return [] if file is None or (anchors is None and not file.exists()) else read_anchors(file)


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None


def _write(context: Context, file: Path, asked: Asked) -> None:
    """Its owner's alone. `ExportNotWritten`, `AnchorFileUnreadable`."""
    kept = _kept(context, None)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out, context.database.reading() as session:
            out.writelines(exported(session, installation_id(context.keyring), asked, kept))
    except OSError as error:
        raise ExportNotWritten(path=file, reason=error.strerror) from None


def _checked(file: Path, anchors: list[Anchor]) -> ExportReport:
    """`ExportNotRead`."""
    try:
        with file.open(encoding="utf-8", errors="replace") as opened_file:
            return check_export(opened_file, anchors)
    except OSError as error:
        raise ExportNotRead(path=file, reason=error.strerror) from None
