"""`homeward packs`: list, verify, install. Exit status 0, 1 (did not hold) or 2 (usage)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from indexer.errors import PackError
from indexer.packs.catalogue import KNOWN, installed, known, verify_pack
from indexer.packs.installing import install_pack
from indexer.settings import IndexerSettings

AsJson = Annotated[bool, typer.Option("--json", help="Print data as JSON.")]
Name = Annotated[str, typer.Argument(help="The pack's name, such as buffalo_l, or a name of your own.")]
NameOrAll = Annotated[str | None, typer.Argument(help="One pack; without it, all installed ones.")]
Accepted = Annotated[bool, typer.Option("--accept-license", help="You have read and accept it.")]
Source = Annotated[Path | None, typer.Option("--from", help="A folder or ZIP that holds the pack.")]


def pack_commands(read_settings: Callable[[], IndexerSettings]) -> typer.Typer:
    """``read_settings`` says plainly what is wrong with them, and ends the program."""
    commands = typer.Typer(help="The detectors and embedders installed here.", no_args_is_help=True)

    @commands.command("list")
    def list_packs(as_json: AsJson = False) -> None:
        """Show the packs known here, whether they are installed, and which one is in use."""
        _list(read_settings(), as_json)

    @commands.command()
    def verify(name: NameOrAll = None, as_json: AsJson = False) -> None:
        """Check every file against the digest recorded at its first install, and that the pack loads."""
        _verify(read_settings(), name, as_json)

    @commands.command()
    def install(name: Name, accept_license: Accepted = False, source: Source = None) -> None:
        """Install a pack: its licence is shown, what you accept and every file's digest are recorded."""
        _install(read_settings(), name, accept_license, source)

    return commands


def _list(settings: IndexerSettings, as_json: bool) -> None:
    here = installed(settings)
    rows = [
        {
            "name": name,
            "installed": name in here,
            "in_use": name == settings.pack,
            "about": known(name).about,
            "licence": known(name).licence,
        }
        for name in sorted({*KNOWN, *here})
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        state = "in use" if row["in_use"] else "installed" if row["installed"] else "not installed"
        typer.echo(f"{row['name']} ({state}): {row['about']}\n    {row['licence']}")


def _verify(settings: IndexerSettings, name: str | None, as_json: bool) -> None:
    names = [name] if name else installed(settings)
    with _progress() as progress:
        problems = {each: _problem(settings, each) for each in progress.track(names, description="Verifying")}
    if as_json:
        typer.echo(json.dumps(problems, indent=2))
    else:
        for each, problem in problems.items():
            typer.echo(f"{each}: {problem or 'as installed'}", err=problem is not None)
    raise typer.Exit(1 if any(problems.values()) else 0)


def _problem(settings: IndexerSettings, name: str) -> str | None:
    try:
        verify_pack(settings, name)
    except PackError as error:
        return str(error)
    return None


def _install(settings: IndexerSettings, name: str, accept_license: bool, source: Path | None) -> None:
    try:
        typer.echo(f"Licence of {name}: {known(name).licence}")
        with _progress() as progress:
            task = progress.add_task(f"Installing {name}", total=None)
            made = install_pack(
                settings,
                name,
                source,
                accept_license,
                lambda done, total: progress.update(task, completed=done, total=total),
            )
    except PackError as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"Installed {name}; {len(made.files)} files recorded. Use it with HOMEWARD_PACK={name}.")


def _progress() -> Progress:
    console = Console(stderr=True)
    return Progress(console=console, transient=True, disable=not console.is_terminal)
