"""Where a token is kept on this machine: a file only its owner can read."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from homeward_client.errors import NotLoggedIn


@dataclass(frozen=True)
class Credentials:
    url: str
    token: str


def credentials_file() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "homeward-client" / "credentials.json"


def save(credentials: Credentials, file: Path) -> None:
    """Keep the token, readable by its owner alone, from the first byte on."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = file.with_suffix(".new")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        json.dump(asdict(credentials), handle)
    aside.replace(file)


def load(file: Path) -> Credentials:
    """The kept token. `NotLoggedIn` when there is none, or the file is damaged."""
    try:
        kept = json.loads(file.read_text())
        return Credentials(url=str(kept["url"]), token=str(kept["token"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotLoggedIn(str(NotLoggedIn.__doc__)) from error
