"""A Homeward of the demo's own: a folder, a key, a running service. Everything runs as an operator would run it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from app.errors import AppError

READY_SECONDS = 120.0  # the first start converts the `open` pack
STOP_SECONDS = 30.0
MARKER = ".homeward-demo"  # only a folder that bears it is ever emptied


class DemoFailed(AppError):
    """The demo did not go as it should: {reason}."""


class DemoFolderForeign(AppError):
    """{folder} holds something that is not this demo's, and the demo empties its folder.

    Remove it yourself, or name another with --folder."""


@dataclass(frozen=True)
class Installation:
    """A data folder and its key; commands run on it in processes of their own."""

    folder: Path
    port: int
    more: Mapping[str, str] = field(default_factory=dict)  # further HOMEWARD_* settings

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Ours without any HOMEWARD_* of the caller's: a demo must not touch a real installation."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HOMEWARD_")}
        return kept | {
            "HOMEWARD_DATA_DIR": str(self.folder / "data"),
            "HOMEWARD_KEY_FILE": str(self.folder / "key" / "master.key"),
            "HOMEWARD_PORT": str(self.port),
            "HOMEWARD_PUBLIC_ORIGIN": self.url,
            **self.more,
        }

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "app", *arguments]

    def run(self, *arguments: str) -> str:
        """Run `homeward ARGUMENTS` to its end; what it printed. `DemoFailed`."""
        done = subprocess.run(  # noqa: S603 - our own program
            self.command(*arguments), env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise DemoFailed(reason=f"homeward {arguments[0]}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def run_json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json"))

    @contextmanager
    def running(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """`homeward ARGUMENTS` in the background, stopped gracefully at the end; what it says goes to a log."""
        log = (self.folder / f"{arguments[0]}.log").open("ab")
        with log, subprocess.Popen(self.command(*arguments), env=self.environment, stdout=log, stderr=log) as process:  # noqa: S603
            try:
                yield process
            finally:
                _stop(process)

    @contextmanager
    def serving(self) -> Iterator[subprocess.Popen[bytes]]:
        """The service, ready to answer."""
        with self.running("serve") as process:
            self._wait_until_ready(process)
            yield process

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        with httpx.Client(base_url=self.url, timeout=2) as client:
            while time.monotonic() < deadline:
                if process.poll() is not None:
                    said = (self.folder / "serve.log").read_text().strip()[-500:]
                    raise DemoFailed(reason=f"the service ended: {said}")
                if _is_ready(client):
                    return
                time.sleep(0.1)
        raise DemoFailed(reason="the service did not become ready")


def _is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Gracefully; by force only when that takes too long, so that nothing of the demo is left running."""
    process.terminate()
    try:
        process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def fresh_installation(folder: Path, more: Mapping[str, str] | None = None) -> Installation:
    """An empty installation; what an earlier demo left in ``folder`` is removed, and nothing else ever is.

    `DemoFolderForeign`, `DemoFailed`.
    """
    try:
        if (folder / MARKER).is_file():
            shutil.rmtree(folder)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise DemoFolderForeign(folder=folder)
        (folder / MARKER).write_text("Made by `homeward demo`, which empties this folder each time it starts.\n")
    except OSError as error:
        raise DemoFailed(reason=f"{folder} cannot be used ({error.strerror})") from None
    return Installation(folder, free_port(), more or {})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
