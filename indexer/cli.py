"""The indexer's commands: `python -m indexer ...`, and the same under `homeward`.

Exit status: 0, 1 (did not hold; one line on standard error says why), 2 (wrong usage or settings).
"""

import json
import logging
import signal
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Annotated

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich.console import Console
from rich.progress import Progress
from sqlalchemy.exc import OperationalError

from indexer.context import Context, open_context
from indexer.evaluation.commands import evaluate_command
from indexer.folder import Summary, files_in, take_in, volunteer_called
from indexer.gallery.commands import gallery_commands
from indexer.logs import configure_logs, end_plainly
from indexer.packs.commands import pack_commands
from indexer.score_commands import score_commands
from indexer.settings import IndexerSettings
from indexer.worker import Worker
from models.errors import HomewardError

Once = Annotated[bool, typer.Option("--once", help="Stop when no photo waits any more.")]
Folder = Annotated[Path, typer.Argument(help="A folder of photos.", exists=True, file_okay=False, readable=True)]
AsVolunteer = Annotated[str, typer.Option("--as", help="The volunteer's account they are taken in under.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")]


def indexer_commands(settings_class: type[IndexerSettings]) -> typer.Typer:
    """`work`, `ingest`, `evaluate`, `gallery` and `packs`.

    ``settings_class`` is what reads the environment and homeward.toml.
    """

    @contextmanager
    def opened(level: int = logging.WARNING) -> Iterator[Context]:
        """A command that ends says what it did in its own words; what goes on tells of each step."""
        configure_logs(level=level)
        with plain_errors(), open_context(load_settings(settings_class)) as context:
            yield context

    commands = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)

    @commands.command()
    def work(once: Once = False) -> None:
        """Find and embed the faces of the photos that wait, until stopped (SIGTERM or Ctrl-C)."""
        with opened(logging.INFO) as context:
            Worker(context, _stopped_by_signals()).run(once)

    @commands.command()
    def ingest(folder: Folder, volunteer: AsVolunteer, as_json: AsJson = False) -> None:
        """Take in every photo of a folder. Started again, it goes on where it stopped."""
        files = files_in(folder)
        if not files:
            print(f"homeward: there is no file in {folder}; name the folder that holds the photos", file=sys.stderr)
            raise typer.Exit(1)
        with opened() as context:
            summary = _take_in_files(context, files, volunteer)
        print(_summary_json(summary) if as_json else _summary_text(summary))
        if summary.refused:
            raise typer.Exit(1)

    @contextmanager
    def settled() -> Iterator[IndexerSettings]:
        with plain_errors():
            yield load_settings(settings_class)

    commands.command("evaluate")(evaluate_command(settled))
    commands.add_typer(gallery_commands(opened), name="gallery")
    commands.add_typer(score_commands(opened), name="scores")
    commands.add_typer(pack_commands(lambda: load_settings(settings_class)), name="packs")
    return commands


def main() -> None:
    configure_logs(level=logging.WARNING)
    try:
        indexer_commands(IndexerSettings)(prog_name="python -m indexer")
    finally:
        sys.excepthook = end_plainly  # Typer puts its own there, which prints the words of an error


@contextmanager
def plain_errors() -> Iterator[None]:
    """What a person can act on, in one line and without a traceback."""
    try:
        yield
    except HomewardError as error:
        print(f"homeward: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    except OperationalError as error:
        print(f"homeward: the database did not answer ({str(error.orig).splitlines()[0]})", file=sys.stderr)
        raise typer.Exit(1) from None


def load_settings(settings_class: type[IndexerSettings]) -> IndexerSettings:
    """The settings; a wrong one is told by its name, never by its value."""
    try:
        return settings_class()
    except ValidationError as error:
        for fault in error.errors():
            print(f"homeward: setting {'.'.join(map(str, fault['loc']))}: {fault['msg']}", file=sys.stderr)
        raise typer.Exit(2) from None
    except SettingsError as error:  # its words name the setting; a list is given as JSON
        print(f"homeward: {error}", file=sys.stderr)
        raise typer.Exit(2) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        print(f"homeward: homeward.toml cannot be read: {error}", file=sys.stderr)
        raise typer.Exit(2) from None


def _stopped_by_signals() -> Event:
    stopping = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopping.set())
    return stopping


def _take_in_files(context: Context, files: list[Path], volunteer: str) -> Summary:
    actor = volunteer_called(context, volunteer)
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("Taking photos in", total=len(files))
        return take_in(context, actor, files, lambda: progress.advance(bar))


def _summary_json(summary: Summary) -> str:
    refused = [{"file": str(file), "code": error.code, "why": str(error)} for file, error in summary.refused]
    counts = {"taken_in": summary.taken_in, "known": summary.known, "reasons": dict(summary.reasons)}
    return json.dumps(counts | {"refused": refused})  # ASCII: not every file's name is text


def _summary_text(summary: Summary) -> str:
    lines = [f"{summary.taken_in} taken in, {summary.known} known already, {len(summary.refused)} refused"]
    lines += [f"  {count} x {code}" for code, count in summary.reasons.most_common()]
    lines += [f"  {_shown(file)}: {error}" for file, error in summary.refused]
    return "\n".join(lines)


def _shown(file: Path) -> str:
    """A stranger's file may have a name that moves the cursor or turns the line around."""
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in str(file))
