"""`homeward gallery`: how it stands, and making it anew from the database."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from indexer.cohorts.folder import cohort_from_folder
from indexer.cohorts.keeper import CohortKeeper
from indexer.cohorts.records import eligible_references, member_count, newest
from indexer.context import Context
from indexer.folder import files_in
from indexer.gallery.follower import GalleryFollower
from indexer.gallery.projection import Recovery
from indexer.gallery.snapshot import MANIFEST
from indexer.normalising import LEAST_COHORT
from models.cohort import CohortSource

CohortFolder = Annotated[
    Path | None, typer.Option("--folder", help="A folder of pictures of children.", exists=True, file_okay=False)
]
_SOURCES = {
    CohortSource.REFERENCES: "references of other cases",
    CohortSource.LINKED_FACES: "street faces of linked children",
    CohortSource.FOLDER: "pictures of a folder",
}
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
HOLDS = frozenset({Recovery.LOADED, Recovery.MISSING})


def gallery_commands(opened: Callable[[], AbstractContextManager[Context]]) -> typer.Typer:
    """``opened`` gives the installation's context, errors already put plainly."""
    commands = typer.Typer(help="The searchable copy of the faces, which may be deleted.", no_args_is_help=True)

    @commands.command()
    def status(as_json: AsJson = False) -> None:
        """Load the gallery as the service would, and say how that went. Status 1: its snapshot was unusable."""
        with opened() as context:
            follower = GalleryFollower(context)
            outcome = follower.recover()
            _say(context, follower, outcome, as_json)
        if outcome not in HOLDS:
            raise typer.Exit(1)

    @commands.command()
    def rebuild(as_json: AsJson = False) -> None:
        """Forget the snapshot, read every template from the database, and write a new snapshot."""
        with opened() as context:
            (context.settings.snapshot_dir / MANIFEST).unlink(missing_ok=True)
            follower = GalleryFollower(context)
            outcome = follower.recover()
            follower.snapshot()
            _say(context, follower, outcome, as_json)

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
        if not is_used:
            raise typer.Exit(1)

    return commands


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
            "references": len(eligible_references(session, context.pack.info.id)),
        }
    if as_json:
        typer.echo(json.dumps(stand))
    elif record:
        typer.echo(f"Scores are normalised against {stand['faces']} faces: {_SOURCES[record.source]}")
    else:
        typer.echo(
            f"Scores are raw: {LEAST_COHORT} references of open cases are needed, {stand['references']} are there"
        )
    return record is not None


def _say(context: Context, follower: GalleryFollower, outcome: Recovery, as_json: bool) -> None:
    """``outcome``: loaded, or why it was rebuilt from the database."""
    info = context.pack.info
    stand = {
        "pack": info.name,
        "pack_id": info.id,
        "faces": follower.size,
        "last_change": follower.last_change,
        "outcome": outcome.value,
    }
    if as_json:
        typer.echo(json.dumps(stand))
        return
    how = "loaded from its snapshot" if outcome is Recovery.LOADED else f"rebuilt from the database ({outcome})"
    typer.echo(f"{follower.size} faces of pack {info.name}, up to change {follower.last_change}, {how}")
