"""Real photos and packs for measurements, which lie beside the repository and never in it."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("HOMEWARD_SHARED") or Path(__file__).resolve().parents[2] / "shared")


def missing(what: str) -> None:
    """Skip the test; where everything is required (CI), fail it: a skip there would hide a missing component."""
    if os.environ.get("HOMEWARD_REQUIRE_ALL"):
        pytest.fail(f"{what} is required here and missing")
    pytest.skip(f"{what} is not here")


def shared_path(name: str) -> Path:
    """The path of ``name`` (such as ``data/detection``) among the shared material."""
    path = SHARED / name
    if not path.exists():
        missing(f"the shared material {name}")
    return path
