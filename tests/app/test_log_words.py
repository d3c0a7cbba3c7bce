"""What the service writes while it runs, its server's own lines too, quotes nothing that was sent or stored."""

import json
import logging
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from app.commands.serve import server_config
from app.house import House
from app.main import create_app
from indexer.logs import configure_logs
from tests.app.conftest import running


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_unexpected_error_and_nonsense_on_the_line_are_told_without_words(
    make_house: Callable[..., House], capfd: pytest.CaptureFixture[str]
):
    logging.getLogger("uvicorn.error").setLevel(logging.NOTSET)  # other tests' services are quieter
    house = make_house(port=0)
    app = create_app(house)

    @app.get("/v1/planted/{name}")
    def fail(name: str) -> None:
        raise FileNotFoundError(2, "No such file", f"/home/{name}/photo.jpg")

    configure_logs()
    with running(house, app, server_config(house.settings, app)) as service:
        answer = service.client("hws_planted").get("/v1/planted/Anna?password=Anna", headers={"Cookie": "a=Anna"})
        with socket.create_connection(("127.0.0.1", urlsplit(service.url).port)) as line:
            line.sendall(b"Anna\r\n\r\n")
            assert line.recv(12) == b"HTTP/1.1 400"
    said = "".join(capfd.readouterr())
    entries = [json.loads(each) for each in said.splitlines()]
    assert (answer.status_code, "Anna" in answer.text, "Anna" in said, "planted" in said) == (500, False, False, False)
    assert [each["event"] for each in entries] == ["unexpected", "library", "library"]
    assert entries[0]["request_id"] == answer.headers["X-Request-Id"]
    assert {each["reason"] for each in entries[:2]} == {"FileNotFoundError"}
