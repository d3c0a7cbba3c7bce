"""The `homeward` program, run in this process with settings of the test's own."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from app.cli import main


@dataclass
class Place:
    data: Path
    key: Path


@dataclass
class Ran:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Homeward = Callable[..., Ran]


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Where the settings point to; on PostgreSQL with a database of its own."""
    place = Place(tmp_path / "data", tmp_path / "keys" / "master.key")
    monkeypatch.setenv("HOMEWARD_DATA_DIR", str(place.data))
    monkeypatch.setenv("HOMEWARD_KEY_FILE", str(place.key))
    if request.param == "postgresql":
        monkeypatch.setenv("HOMEWARD_DATABASE_URL", request.getfixturevalue("postgresql_url"))
    return place


@pytest.fixture
def homeward(place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Homeward]:
    mask = os.umask(0o022)

    def run(*arguments: str, typed: str = "") -> Ran:
        monkeypatch.setattr(sys, "argv", ["homeward", *arguments])
        monkeypatch.setattr(sys, "stdin", StringIO(typed))
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main()
        printed = capsys.readouterr()
        return Ran(int(stopped.value.code or 0), printed.out, printed.err)

    yield run
    os.umask(mask)
