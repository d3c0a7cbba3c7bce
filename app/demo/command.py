"""`homeward demo`: the main job, whole, on a folder of its own."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.demo.accounts import Accounts, make_accounts
from app.demo.eyes import Eyes
from app.demo.installation import Installation, fresh_installation
from app.demo.story import ONE_PHOTOGRAPH, Cast, Story, references_of, stranger_reference
from homeward_client.uploads import photos_in
from indexer.packs.base import Pack
from indexer.packs.catalogue import load_pack
from indexer.settings import IndexerSettings

DEMO_FOLDER = Path(".demo")


def demo_command(
    no_serve: Annotated[bool, typer.Option("--no-serve", help="End when the story is told.")] = False,
    photos: Annotated[Path | None, typer.Option(exists=True, help="A folder of your own street photos.")] = None,
    references: Annotated[Path | None, typer.Option(exists=True, help="References of one child of yours.")] = None,
    folder: Annotated[Path, typer.Option(help="Where the demo lives; emptied first.")] = DEMO_FOLDER,
) -> None:
    """Show the whole of Homeward: upload, ingest, search, review, release; then serve it."""
    if (photos is None) != (references is None):
        raise typer.BadParameter("--photos and --references go together")
    say = Console()
    installation = fresh_installation(folder.resolve())
    founding = installation.run_json("init", "--retention", "12", "--key-copied")["invitations"]
    pack = _pack(installation, say)
    with installation.serving(), closing(make_accounts(installation, founding)) as accounts:
        story = Story(installation, accounts, say)
        if photos is not None and references is not None:
            _tell_own(story, photos, references)
        else:
            _tell(story, pack)
        _show_accounts(installation, accounts, say)
        if not no_serve:
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
    story.search(two, "Case two: a child who is in none of them - every candidate is a false one")
    story.review(Eyes(pack, [*cast.group, cast.stranger]))
    story.release_first()
    story.show_case(one, "Case one, after the review")
    story.say.print(f"\n[bold]{ONE_PHOTOGRAPH}[/bold]")


def _tell_own(story: Story, photos: Path, references: Path) -> None:
    story.ingest_folder(photos)
    case = story.open_case("Demo child", [file.read_bytes() for file in photos_in(references)], age_years=None)
    story.search(case, f"The child of {references.name} in the photos of {photos.name}")


def _show_accounts(installation: Installation, accounts: Accounts, say: Console) -> None:
    table = Table(title=f"Accounts of this demo at {installation.url}", title_justify="left")
    for column in ("name", "role", "password"):
        table.add_column(column)
    for account in accounts.all():
        table.add_row(account.name, account.role, account.password or "(holds a key)")
    say.print(table)


def _stay(installation: Installation, say: Console) -> None:
    say.print(f"Serving at {installation.url} until Ctrl+C; sign in with POST {installation.url}/v1/sessions")
    try:
        with installation.running("work") as worker:
            worker.wait()
    except KeyboardInterrupt:
        say.print("Stopped.")
