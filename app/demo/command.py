"""`homeward demo`: the main job, whole, on a folder of its own."""

from contextlib import closing
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

from app.demo.accounts import Accounts, make_accounts
from app.demo.eyes import Eyes
from app.demo.installation import DemoFailed, Installation, fresh_installation
from app.demo.story import ONE_PHOTOGRAPH, Cast, Story, references_of, stranger_reference
from homeward_client import ClientError
from homeward_client.uploads import photos_in
from indexer.packs.base import Pack
from indexer.packs.catalogue import load_pack
from indexer.settings import IndexerSettings

DEMO_FOLDER = Path(".demo")


class OwnPictures(NamedTuple):
    """Folders of the operator's own: street photos, and references of one child."""

    photos: Path
    references: Path


def demo_command(
    no_serve: Annotated[bool, typer.Option("--no-serve", help="End when the story is told.")] = False,
    photos: Annotated[Path | None, typer.Option(exists=True, help="A folder of your own street photos.")] = None,
    references: Annotated[Path | None, typer.Option(exists=True, help="References of one child of yours.")] = None,
    folder: Annotated[
        Path, typer.Option(help="Where the demo lives: a new or empty folder, or an earlier demo's.")
    ] = DEMO_FOLDER,
) -> None:
    """Show the whole of Homeward: upload, ingest, search, review, release; then serve it."""
    own = _own_pictures(photos, references)
    say = Console()
    try:
        _run(say, folder.resolve(), own, no_serve)
    except ClientError as error:
        raise DemoFailed(reason=str(error)) from error


def _own_pictures(photos: Path | None, references: Path | None) -> OwnPictures | None:
    """The operator's own folders, looked into before anything is made. `DemoFailed`."""
    if photos is None and references is None:
        return None
    if photos is None or references is None:
        raise typer.BadParameter("--photos and --references go together (PHOTOS= and REFERENCES= with make)")
    for folder in (photos, references):
        if not photos_in(folder):
            raise DemoFailed(reason=f"there is no JPEG, PNG or WebP photo in {folder}")
    return OwnPictures(photos, references)


def _run(say: Console, folder: Path, own: OwnPictures | None, no_serve: bool) -> None:
    installation = fresh_installation(folder)
    founding = installation.run_json("init", "--retention", "12", "--key-copied")["invitations"]
    pack = _pack(installation, say)
    with installation.serving(), closing(make_accounts(installation, founding)) as accounts:
        story = Story(installation, accounts, say)
        if own is None:
            _tell(story, pack)
        else:
            _tell_own(story, own)
        if not no_serve:
            _show_accounts(installation, accounts, say)
            _stay(installation, say)


def _pack(installation: Installation, say: Console) -> Pack:
    with say.status("The `open` pack is made from the package that carries dlib's networks"):
        pack = load_pack(IndexerSettings(data_dir=installation.folder / "data"))
    say.print(f"Pack {pack.info.name} ({pack.info.licence}): {pack.info.limits}")
    return pack


def _tell(story: Story, pack: Pack) -> None:
    cast = Cast.of(pack)
    story.ingest_scenes(cast)
    one = story.open_case("Demo child one", references_of(cast), age_years=30)
    two = story.open_case("Demo child two", [stranger_reference()], age_years=40)
    story.search(one, "Case one: a child who is in some of the photos")
    story.explain()
    story.search(two, "Case two: a child who is in none of them - every candidate is a false one")
    story.review(Eyes(pack, [*cast.group, cast.stranger]))
    story.release_first()
    story.show_case(one, "Case one, after the review")
    story.say.print(f"\n[bold]{ONE_PHOTOGRAPH}[/bold]")


def _tell_own(story: Story, own: OwnPictures) -> None:
    pictures = [file.read_bytes() for file in photos_in(own.references)]
    case = story.open_case("Demo child", pictures, age_years=None)
    story.ingest_folder(own.photos)
    story.search(case, f"The child of {own.references.name} in the photos of {own.photos.name}")
    story.explain()


def _show_accounts(installation: Installation, accounts: Accounts, say: Console) -> None:
    table = Table(title=f"Accounts of this demo at {installation.url}", title_justify="left")
    for column in ("name", "role", "password"):
        table.add_column(column)
    for account in accounts.all():
        table.add_row(account.name, account.role, account.password or "(holds a key)")
    say.print(table)


def _stay(installation: Installation, say: Console) -> None:
    say.print(f"Serving at {installation.url} until Ctrl+C: open {installation.url}/sign-in")
    try:
        with installation.running("work") as worker:
            worker.wait()
    except KeyboardInterrupt:
        say.print("Stopped.")
