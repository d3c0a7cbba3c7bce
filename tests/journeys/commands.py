"""What operators and volunteers type, and how a test waits."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from click.testing import Result
from typer.testing import CliRunner

from app.cli import cli
from app.demo.installation import Installation


def homeward(installation: Installation, *arguments: str) -> Result:
    """`homeward ARGUMENTS` within this process, where a process of its own would show nothing more."""
    return CliRunner(env=installation.environment).invoke(cli, arguments, catch_exceptions=False)


def homeward_client(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`homeward-client ARGUMENTS`, as on a machine that keeps its credentials in ``folder``."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("HOMEWARD_")}
    command = [sys.executable, "-m", "homeward_client.cli", *arguments]
    environment = plain | {"XDG_CONFIG_HOME": str(folder)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def until(holds: Callable[[], bool], seconds: float = 60) -> float:
    """Wait for ``holds``, and return how long that took. ``seconds`` only ends a test that would hang."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() < began + seconds, "what was waited for did not come"
        time.sleep(0.1)
    return time.monotonic() - began
