"""`homeward gallery`: how it stands, and making it anew from the database."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Annotated

import typer

from indexer.context import Context
from indexer.gallery.follower import GalleryFollower
from indexer.gallery.projection import Recovery
from indexer.gallery.snapshot import MANIFEST

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

    return commands


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
