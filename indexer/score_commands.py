"""`homeward scores`: what scores are normalised against, and what turns them into likelihood ratios."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from indexer.calibrations import install_calibration, read_calibration, remove_calibration
from indexer.cohorts.base import FOLDS
from indexer.cohorts.folder import cohort_from_folder
from indexer.cohorts.keeper import CohortKeeper
from indexer.cohorts.records import eligible_references, left_for_every_case, member_count, newest
from indexer.context import Context
from indexer.folder import files_in
from indexer.linking.threshold import install_linking, linking_in_use, read_linking
from indexer.normalising import LEAST_COHORT
from models.calibration import CalibrationRecord
from models.cohort import CohortSource

CohortFolder = Annotated[
    Path | None, typer.Option("--folder", help="A folder of pictures of children.", exists=True, file_okay=False)
]
CalibrationFile = Annotated[
    Path | None, typer.Option("--install", help="calibration.json of an evaluation.", exists=True, dir_okay=False)
]
LinkingFile = Annotated[
    Path | None, typer.Option("--install", help="linking.json of an evaluation.", exists=True, dir_okay=False)
]
Remove = Annotated[bool, typer.Option("--remove", help="Use none from now on.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_SOURCES = {
    CohortSource.REFERENCES: "references of other cases",
    CohortSource.LINKED_FACES: "street faces of linked children",
    CohortSource.FOLDER: "pictures of a folder",
}


ABOUT = LEAST_COHORT * FOLDS // (FOLDS - 1)  # with folds of one size

Opened = Callable[[], AbstractContextManager[Context]]


def score_commands(opened: Opened) -> typer.Typer:
    """``opened`` gives the installation's context, errors already put plainly."""
    commands = typer.Typer(help="What the scores of this installation mean.", no_args_is_help=True)
    _add_cohort(commands, opened)
    _add_calibration(commands, opened)
    _add_linking(commands, opened)
    return commands


def _add_cohort(commands: typer.Typer, opened: Opened) -> None:
    @commands.command()
    def cohort(folder: CohortFolder = None, as_json: AsJson = False) -> None:
        """Say which faces of other children scores are normalised against; with --folder, use those in its pictures.

        For installations with too few cases: the folder must show 300 children or more, one in each picture, none of
        them searched for here. Status 1: scores are not normalised.
        """
        with opened() as context:
            if folder is not None:
                _choose_folder(context, folder)
            is_used = _say_cohort(context, as_json)
        _end(is_used)


def _add_calibration(commands: typer.Typer, opened: Opened) -> None:
    @commands.command()
    def calibration(install: CalibrationFile = None, remove: Remove = False, as_json: AsJson = False) -> None:
        """Say which calibration gives likelihood ratios; --install FILE from `homeward evaluate --fit`; --remove it.

        Status 1: there is none, and `llr` is null in every answer.
        """
        with opened() as context:
            if install is not None:
                install_calibration(context, read_calibration(install))
            elif remove:
                remove_calibration(context)
            is_used = _say_calibration(context, as_json)
        _end(is_used or remove)


def _add_linking(commands: typer.Typer, opened: Opened) -> None:
    @commands.command()
    def linking(install: LinkingFile = None, as_json: AsJson = False) -> None:
        """Say from which score on street faces are taken for one child; --install FILE from `homeward evaluate --fit`.

        Status 1: there is none, and only copies of one photo are linked.
        """
        with opened() as context:
            if install is not None:
                install_linking(context, read_linking(install))
            is_used = _say_linking(context, as_json)
        _end(is_used)


def _end(holds: bool) -> None:
    if not holds:
        raise typer.Exit(1)


def _choose_folder(context: Context, folder: Path) -> None:
    files = files_in(folder)
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("Embedding faces", total=len(files))
        cohort_from_folder(context, files, lambda: progress.advance(bar))
    keeper = CohortKeeper(context)
    while keeper.step():
        pass


def _say_cohort(context: Context, as_json: bool) -> bool:
    """Whether there is one."""
    with context.database.reading() as session:
        record = newest(session, context.pack.info.id, ready=True)
        stand = {
            "source": record.source.value if record else None,
            "faces": member_count(session, record.id) if record else 0,
            "references": left_for_every_case(eligible_references(session, context.pack.info.id).values()),
        }
    if as_json:
        typer.echo(json.dumps(stand))
    elif record:
        typer.echo(f"Scores are normalised against {stand['faces']} faces: {_SOURCES[record.source]}")
    else:
        there = stand["references"]
        needed = f"{LEAST_COHORT} references of other cases are needed for each case (about {ABOUT} in all)"
        typer.echo(f"Scores are raw: {needed}, {there} are there")
    return record is not None


def _say_calibration(context: Context, as_json: bool) -> bool:
    """Whether there is one."""
    with context.database.reading() as session:
        record = session.get(CalibrationRecord, context.pack.info.id)
        content = record.content if record else None
    if as_json:
        typer.echo(json.dumps({"calibration": content}, ensure_ascii=False))
    elif content is None:
        typer.echo("No calibration: `llr` is null in every answer")
    else:
        bounds = f"between {content['lowest']} and {content['highest']}"
        about = f"{content['kind']} scores, made {content['made_at']}, {bounds}"
        typer.echo(f"Calibration of pack {context.pack.info.name}: {about}")
    return content is not None


def _say_linking(context: Context, as_json: bool) -> bool:
    """Whether there is one."""
    with context.database.reading() as session:
        found = linking_in_use(session, context.pack.info.id)
    if as_json:
        typer.echo(json.dumps({"linking": found.content if found else None}, ensure_ascii=False))
    elif found is None:
        typer.echo("No threshold: only copies of one photo are linked")
    else:
        shown = f"at least {100 * found.precision:.1f} % of such pairs among {found.faces} faces were one child"
        typer.echo(f"Faces are linked from a raw score of {found.score} on: {shown}")
    return found is not None
