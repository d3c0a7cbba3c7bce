"""The client's one call: what it repeats, what it raises, and that a repeat carries the same key."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from homeward_client import Refused, ServiceUnreachable, transport
from homeward_client.transport import Transport


class ScriptedServer(ThreadingHTTPServer):
    """Answers from a script, in order; keeps what it was sent."""

    script: list[tuple[int, dict[str, str], object]]
    heard: list[tuple[str, str, str | None, bytes]]


class _Handler(BaseHTTPRequestHandler):
    server: ScriptedServer
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.heard.append((self.command, self.path, self.headers.get("idempotency-key"), body))
        status, headers, content = self.server.script.pop(0)
        if status == 0:  # cut the line without a word
            self.close_connection = True
            return
        payload = json.dumps(content).encode() if content is not None else b""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(payload)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)

    do_GET = do_POST = do_DELETE = do_PATCH = _answer  # noqa: N815 - named by http.server

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(("127.0.0.1", 0), _Handler) as server:
        server.script, server.heard = [], []
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def calls(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Transport]:
    monkeypatch.setattr(transport, "FIRST_WAIT_SECONDS", 0.001)
    calls = Transport(f"http://127.0.0.1:{server.server_port}", "token")
    yield calls
    calls.close()


def test_a_cut_line_and_a_busy_service_are_tried_again_with_the_same_key(
    server: ScriptedServer, calls: Transport
) -> None:
    server.script = [(0, {}, None), (503, {"Retry-After": "0"}, {}), (201, {}, {"id": 1})]
    assert calls.post("/v1/things", {"a": 1}) == {"id": 1}
    keys = {key for _, _, key, _ in server.heard}
    assert len(server.heard) == 3
    assert len(keys) == 1
    assert None not in keys


def test_nobody_sits_and_waits_for_tomorrow(server: ScriptedServer, calls: Transport) -> None:
    server.script = [(429, {"Retry-After": "3600"}, {"code": "review_limit_reached"})]
    with pytest.raises(Refused) as refused:
        calls.post("/v1/review/assignments")
    assert refused.value.code == "review_limit_reached"
    assert len(server.heard) == 1


def test_two_calls_have_two_keys(server: ScriptedServer, calls: Transport) -> None:
    server.script = [(201, {}, {}), (201, {}, {})]
    calls.post("/v1/things")
    calls.post("/v1/things")
    assert server.heard[0][2] != server.heard[1][2]


def test_a_refusal_is_raised_at_once_with_its_code(server: ScriptedServer, calls: Transport) -> None:
    server.script = [(422, {}, {"code": "image_too_large", "detail": "The picture claims 128 megapixels."})]
    with pytest.raises(Refused, match="128 megapixels") as refused:
        calls.post("/v1/photos")
    assert (refused.value.status, refused.value.code) == (422, "image_too_large")
    assert len(server.heard) == 1


def test_an_answer_that_is_no_problem_document_is_still_a_refusal(server: ScriptedServer, calls: Transport) -> None:
    server.script = [(400, {}, ["not", "a", "problem"])]
    with pytest.raises(Refused) as refused:
        calls.get("/v1/me")
    assert (refused.value.status, refused.value.code) == (400, "unknown")


def test_a_service_that_stays_away_is_given_up(server: ScriptedServer, calls: Transport) -> None:
    server.script = [(0, {}, None)] * transport.TRIES
    with pytest.raises(ServiceUnreachable):
        calls.get("/v1/me")
    assert server.script == []


def test_a_list_is_read_to_its_last_page(server: ScriptedServer, calls: Transport) -> None:
    server.script = [(200, {}, {"items": [1, 2], "next_cursor": "c"}), (200, {}, {"items": [3], "next_cursor": None})]
    assert list(calls.items("/v1/things", state="open")) == [1, 2, 3]
    assert [path for _, path, _, _ in server.heard] == ["/v1/things?state=open", "/v1/things?cursor=c&state=open"]


def test_a_redirect_is_not_followed_with_the_token(server: ScriptedServer, calls: Transport) -> None:
    server.script = [(302, {"Location": "http://127.0.0.1:9/elsewhere"}, {})]
    with pytest.raises(Refused):
        calls.get("/v1/me")
