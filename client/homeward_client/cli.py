"""`homeward-client`: what a volunteer installs. Exit status 0, 1 (did not hold) or 2 (usage)."""

import json
import sys
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import Progress

from homeward_client.client import Client
from homeward_client.credentials import Credentials, credentials_file, load, save
from homeward_client.errors import ClientError
from homeward_client.photos import PhotoStatus
from homeward_client.uploads import Summary, photos_in, send_all

program = typer.Typer(help="Send street photos to a Homeward service.", no_args_is_help=True, add_completion=False)
talk = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print data as JSON.")]


@program.command()
def login(
    url: Annotated[str, typer.Argument(help="Address of the service, such as https://homeward.example.org.")],
    name: Annotated[str | None, typer.Option(help="The name your account shall have; asked for.")] = None,
    invitation: Annotated[str | None, typer.Option(help="The one-time invitation you got; asked for.")] = None,
    key: Annotated[bool, typer.Option("--key", help="Enter a key that an admin gave you instead.")] = False,
    accept_conduct: Annotated[bool, typer.Option("--accept-conduct", help="Accept the conduct rules.")] = False,
) -> None:
    """Use a one-time invitation, or a renewed key; the key is kept on this machine, readable by you alone."""
    _refuse_plain_http(url)
    with _with_key(url) if key else _invited(url, name, invitation, accept_conduct) as client:
        assert client.token is not None
        save(Credentials(url, client.token), credentials_file())
    talk.print("Logged in. The key is kept in", str(credentials_file()))


def _with_key(url: str) -> Client:
    """Tried before it is kept."""
    client = Client(url, typer.prompt("Key", hide_input=True, err=True).strip())
    client.me()
    return client


def _invited(url: str, name: str | None, invitation: str | None, accept_conduct: bool) -> Client:
    name = name or typer.prompt("Name", err=True)
    invitation = invitation or typer.prompt("Invitation", hide_input=True, err=True)
    if not accept_conduct:
        typer.confirm(CONDUCT, abort=True, err=True)
    return Client.accept(url, invitation.strip(), name)


CONDUCT = """The conduct rules:
- Photograph only where it puts no child in danger; never follow, stop or confront anyone.
- Send photos to Homeward only; do not post, share or keep them.
- A child in danger now is a matter for the police, at once.
Do you accept them?"""


@program.command()
def upload(
    path: Annotated[Path, typer.Argument(exists=True, help="A photo, or a folder of photos.")],
    place: Annotated[str | None, typer.Option(help="Where they were taken, in your words.")] = None,
    note: Annotated[str | None, typer.Option(help="Anything that may help.")] = None,
    as_json: AsJson = False,
) -> None:
    """Send photos. Start it again after a break: nothing is stored twice."""
    files = photos_in(path)
    if not files:
        raise ClientError(f"There is no JPEG, PNG or WebP photo in {path}.")
    with _client() as client, Progress(console=talk, transient=True) as progress:
        task = progress.add_task("Sending", total=len(files))
        summary = send_all(client.photos, files, place, note, lambda: progress.advance(task))
    _report(summary, as_json)
    raise typer.Exit(1 if summary.refused else 0)


@program.command()
def status(
    photo_id: Annotated[UUID | None, typer.Argument(help="One photo; without it, all of yours.")] = None,
    as_json: AsJson = False,
) -> None:
    """What became of your photos."""
    with _client() as client:
        shown = [client.photos.status(photo_id)] if photo_id else list(client.photos.all())
    if as_json:
        print(json.dumps([_plain(photo) for photo in shown], indent=2))
        return
    for photo in shown:
        print(f"{photo.id}  {photo.uploaded_at:%Y-%m-%d %H:%M}  {photo.status}  {_faces(photo)}")
        for reason in photo.reasons:
            print(f"    {reason}")


@program.command()
def withdraw(photo_id: Annotated[UUID, typer.Argument(help="The photo's id, from `status`.")]) -> None:
    """Take a photo back."""
    with _client() as client:
        client.photos.withdraw(photo_id)
    talk.print("Withdrawn.")


def _client() -> Client:
    kept = load(credentials_file())
    return Client(kept.url, kept.token)


def _refuse_plain_http(url: str) -> None:
    """A key or a photo must not cross a network in the clear."""
    parts = urlsplit(url)
    local = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
    if not ((parts.scheme == "https" and parts.hostname) or local):
        raise typer.BadParameter("the address must begin with https://")


def _report(summary: Summary, as_json: bool) -> None:
    if as_json:
        sent = [{"file": str(file), **_plain(photo)} for file, photo in summary.sent]
        refused = [{"file": str(file), "code": no.code, "detail": no.detail} for file, no in summary.refused]
        print(json.dumps({"sent": sent, "refused": refused}, indent=2))
        return
    print(f"{len(summary.sent)} sent, {len(summary.refused)} refused")
    for file, problem in summary.refused:
        print(f"    {_shown(file)}: {problem.detail}")


def _shown(file: Path) -> str:
    """A stranger's file may have a name that moves the cursor or turns the line around."""
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in str(file))


def _plain(photo: PhotoStatus) -> dict[str, object]:
    return {
        "id": str(photo.id),
        "status": photo.status,
        "faces_found": photo.faces_found,
        "reasons": list(photo.reasons),
        "uploaded_at": photo.uploaded_at.isoformat(),
    }


def _faces(photo: PhotoStatus) -> str:
    return "" if photo.faces_found is None else f"{photo.faces_found} faces"


def main() -> None:
    """Run the program; what went wrong is one line."""
    try:
        program()
    except (ClientError, OSError) as error:
        talk.print(str(error), style="red", markup=False)
        sys.exit(1)


if __name__ == "__main__":
    main()
