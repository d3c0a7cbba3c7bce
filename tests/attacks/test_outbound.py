"""S13: the service fetches nothing that a user names."""

import ast
import socket
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import app
import indexer
import models
from indexer.settings import IndexerSettings
from models.user import Role
from tests.app.conftest import Service
from tests.attacks.there import OneFacePack, work
from tests.indexer.pictures import drawn_photo

INSIDE = ["http://169.254.169.254/latest/meta-data", "http://[::1]:1/", "http://127.0.0.1:1/", "http://localhost:1/"]
NETWORK = {"httpx", "requests", "smtplib", "socket", "ssl", "urllib.request", "http.client", "aiohttp", "ftplib"}
MAY_TALK = {
    "app/commands/serve.py",  # listens
    "app/demo/installation.py",  # of this machine alone
    "indexer/messages/exchange.py",  # messages, to where the operator's settings say
    "indexer/messages/mail.py",
    "indexer/messages/webhook.py",
    "indexer/packs/installing.py",  # a pack, when its operator asks for it
}


@pytest.fixture
def asked_outside(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What this process looked up or connected to; from now on it cannot."""
    tried: list[object] = []
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def refuse(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[1] != 1 and address[0] == "127.0.0.1":  # the tests' own client
            return connect(self, address)
        tried.append(address)
        raise OSError("no network in this test")

    def refuse_name(host: Any, *more: Any, **named: Any) -> Any:
        if host in ("127.0.0.1", b"127.0.0.1"):
            return look_up(host, *more, **named)
        tried.append(host)
        raise OSError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse_name)
    return tried


@pytest.mark.parametrize("address", [*INSIDE, "https://evil.example/a.jpg"])
def test_an_address_that_is_said_of_a_photo_is_kept_and_not_asked(
    service: Service, asked_outside: list[object], address: str
):
    service.house.context.__dict__["_pack"] = OneFacePack()
    volunteer = service.sign_in(Role.VOLUNTEER)
    sent = volunteer.post("/v1/photos", files={"file": ("x.jpg", drawn_photo())}, data={"source_url": address})
    assert sent.status_code == 202
    work(service)
    assert asked_outside == []


@pytest.mark.parametrize("address", ["file:///etc/passwd", "gopher://x/", "ftp://x/", "javascript:alert(1)", "data:,x"])
def test_what_is_no_web_address_is_refused(service: Service, address: str):
    volunteer = service.sign_in(Role.VOLUNTEER)
    sent = volunteer.post("/v1/photos", files={"file": ("x.jpg", drawn_photo())}, data={"source_url": address})
    assert sent.status_code == 422


def test_only_messages_and_the_installing_of_packs_can_talk_to_others():
    talking = set()
    for package in (app, indexer, models):
        root = Path(package.__file__).parent
        for file in root.rglob("*.py"):
            if NETWORK & set(imported(file)):
                talking.add(str(file.relative_to(root.parent)))
    assert talking == MAY_TALK


def imported(file: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names += [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
    return names


@pytest.mark.parametrize("address", ["http://example.org/", "http://169.254.169.254/", "https://", "ftp://x", "//x"])
def test_messages_go_out_under_tls_or_to_this_machine(address: str):
    with pytest.raises(ValidationError, match="alert_webhook_url"):
        IndexerSettings(alert_webhook_url=address, alert_webhook_secret="s" * 24)
