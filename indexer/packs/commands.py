"""`homeward packs`: list, verify, install. Exit status 0, 1 (did not hold) or 2 (usage)."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from indexer.errors import PackError
from indexer.packs.catalogue import KNOWN, installed, known, verify_pack
from indexer.packs.installing import install_pack
from indexer.settings import IndexerSettings

packs_app = typer.Typer(help="The detectors and embedders installed here.", no_args_is_help=True)
talk = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print data as JSON.")]


@packs_app.command("list")
def list_packs(as_json: AsJson = False) -> None:
    """Show the packs known here, whether they are installed, and which one is in use."""
    settings = IndexerSettings()
    here = installed(settings)
    names = sorted({*KNOWN, *here})
    rows = [
        {
            "name": name,
            "installed": name in here,
            "in_use": name == settings.pack,
            "about": known(name).about,
            "licence": known(name).licence,
        }
        for name in names
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        state = "in use" if row["in_use"] else "installed" if row["installed"] else "not installed"
        typer.echo(f"{row['name']} ({state}): {row['about']}\n    {row['licence']}")


@packs_app.command()
def verify(
    name: Annotated[str | None, typer.Argument(help="One pack; without it, all installed ones.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check every file against the digest recorded at its first install, and that the pack loads."""
    settings = IndexerSettings()
    problems: dict[str, str | None] = {}
    for each in [name] if name else installed(settings):
        try:
            verify_pack(settings, each)
            problems[each] = None
        except PackError as error:
            problems[each] = str(error)
    if as_json:
        typer.echo(json.dumps(problems, indent=2))
    else:
        for each, problem in problems.items():
            typer.echo(f"{each}: {problem or 'as installed'}")
    raise typer.Exit(1 if any(problems.values()) else 0)


@packs_app.command()
def install(
    name: Annotated[str, typer.Argument(help="The pack's name, such as buffalo_l, or a name of your own.")],
    accept_license: Annotated[bool, typer.Option("--accept-license", help="You have read and accept it.")] = False,
    source: Annotated[Path | None, typer.Option("--from", help="A folder or ZIP that holds the pack.")] = None,
) -> None:
    """Install a pack: its licence is shown, what you accept and every file's digest are recorded."""
    try:
        typer.echo(f"Licence of {name}: {known(name).licence}")
        with Progress(console=talk, transient=True) as progress:
            task = progress.add_task(f"Installing {name}", total=None)
            made = install_pack(
                IndexerSettings(),
                name,
                source,
                accept_license,
                lambda done, total: progress.update(task, completed=done, total=total),
            )
    except PackError as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"Installed {name}; {len(made.files)} files recorded. Use it with HOMEWARD_PACK={name}.")
