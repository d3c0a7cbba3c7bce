"""F9: bodies that are larger, slower, more or other than they say."""

import gzip
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from tempfile import SpooledTemporaryFile

import httpx
import pytest

from app import body_limit, patience
from app.body_limit import FORM_BYTES, JSON_BYTES, LEAST_BYTES_A_SECOND
from app.house import House
from models.user import Role
from tests.app.conftest import Service, running
from tests.app.desk import refusal
from tests.indexer.pictures import drawn_photo

MB = 2**20
SILENCE = 0.5
JSON, FORM = "application/json", "multipart/form-data; boundary=b"
PLAIN_FORM = "application/x-www-form-urlencoded"
FILE = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
FIELD = b'--b\r\nContent-Disposition: form-data; name="note"\r\n\r\n'


@pytest.fixture
def small(make_house: Callable[..., House]) -> Iterator[Service]:
    """A service that takes files of a megabyte."""
    with running(make_house(max_upload_bytes=MB)) as started:
        yield started


@pytest.fixture
def impatient(make_house: Callable[..., House], monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """A service that waits half a second for the next byte, and has few threads."""
    monkeypatch.setattr(body_limit.BodyLimitMiddleware.__init__, "__defaults__", (SILENCE,))
    with running(make_house(threads=2)) as started:
        yield started


@pytest.fixture
def patient(make_house: Callable[..., House]) -> Iterator[Service]:
    with running(make_house(threads=2)) as started:
        yield started


TOO_LARGE, UNREADABLE = (413, "body_too_large"), (400, "body_unreadable")


# A field also has a limit of its own, Starlette's, of a megabyte: which of the two is passed first depends on how the
# bytes arrive.
@pytest.mark.parametrize(
    ("start", "refusals"), [(FILE, {TOO_LARGE}), (FIELD, {TOO_LARGE, UNREADABLE})], ids=["file", "field"]
)
def test_a_gigabyte_without_a_length_is_cut_off_at_the_limit_and_never_touches_the_disk(
    small: Service, monkeypatch: pytest.MonkeyPatch, start: bytes, refusals: set[tuple[int, str]]
):
    written: list[object] = []
    monkeypatch.setattr(SpooledTemporaryFile, "rollover", written.append)
    client, sent = small.sign_in(Role.VOLUNTEER), 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield start
        while sent < 1024 * MB:
            sent += 65536
            yield b"x" * 65536

    with suppress(httpx.WriteError):  # the service may hang up before its answer was read
        answer = client.post("/v1/photos", content=endless(), headers={"Content-Type": FORM})
        assert refusal(answer) in refusals
    assert sent < 32 * MB
    assert written == []
    assert list(small.house.context.store.names()) == []


@pytest.mark.parametrize("declared", [10, MB + FORM_BYTES])
def test_a_length_that_does_not_agree_with_the_body_keeps_nothing(small: Service, declared: int):
    """Shorter: what follows is no request. Longer than what comes before the sender hangs up: nothing was sent."""
    token = small.sign_in(Role.VOLUNTEER).token
    body = FILE + drawn_photo() + b"\r\n--b--\r\n"
    with connected(small) as sent:
        sent.sendall(head("POST", "/v1/photos", FORM, token, f"Content-Length: {declared}\r\n") + body)
        sent.shutdown(socket.SHUT_WR)
        answers = everything(sent)
    assert b" 202 " not in answers
    assert b" 500 " not in answers
    assert list(small.house.context.store.names()) == []


def test_a_compressed_body_is_not_unpacked(small: Service):
    packed = gzip.compress(b'{"name": "anna", "password": "' + b"x" * 50 * MB + b'"}')
    assert len(packed) < JSON_BYTES
    answer = small.client().post(
        "/v1/sessions", content=packed, headers={"Content-Type": JSON, "Content-Encoding": "gzip"}
    )
    assert refusal(answer)[0] in (400, 422)


@pytest.mark.parametrize("part", ["file", "field"])
def test_ten_thousand_parts_are_refused(small: Service, part: str):
    client = small.sign_in(Role.VOLUNTEER)
    name = 'name="file"; filename="x"' if part == "file" else 'name="note"'
    one = f"--b\r\nContent-Disposition: form-data; {name}\r\n\r\nx\r\n".encode()
    answer = client.post("/v1/photos", content=one * 10_000 + b"--b--\r\n", headers={"Content-Type": FORM})
    assert refusal(answer) == (400, "body_unreadable")


def test_a_body_that_stops_is_given_up(impatient: Service):
    token = impatient.sign_in(Role.VOLUNTEER).token
    for path, kind, who in (("/v1/photos", FORM, token), ("/v1/photos", FORM, None), ("/v1/sessions", JSON, None)):
        began = time.monotonic()
        with connected(impatient) as sent:
            sent.sendall(head("POST", path, kind, who, "Content-Length: 5000\r\n") + (FILE if kind == FORM else b"{"))
            answer = everything(sent)
        assert answer.startswith(b"HTTP/1.1 408 "), path
        assert b'"code":"body_too_slow"' in answer
        assert time.monotonic() - began < SILENCE + 5


def test_a_body_that_trickles_is_given_up(impatient: Service):
    assert LEAST_BYTES_A_SECOND > 5
    with connected(impatient) as sent:
        sent.sendall(head("POST", "/v1/sessions", JSON, None, "Content-Length: 5000\r\n"))
        sent.settimeout(0.2)
        answer = b""
        for _ in range(50):
            sent.sendall(b" ")
            try:
                answer = sent.recv(4096)
                break
            except TimeoutError:
                continue
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_a_form_of_a_page_that_stops_is_answered_with_a_page(impatient: Service):
    with connected(impatient) as sent:
        sent.sendall(head("POST", "/sign-in", PLAIN_FORM, None, "Content-Length: 5000\r\n") + b"name=x")
        answer = everything(sent)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"<!doctype html>" in answer.lower()


def test_what_has_not_arrived_holds_nobody_up(patient: Service):
    """More unfinished forms than the service works on at once, by strangers and by a volunteer."""
    volunteer = patient.sign_in(Role.VOLUNTEER)
    cookie = f"Cookie: __Host-homeward={volunteer.token}\r\n"
    ways = [
        head("POST", "/sign-in", PLAIN_FORM, None, "Content-Length: 5000\r\n") + b"name=x",
        head("POST", "/v1/sessions", JSON, None, "Content-Length: 5000\r\n") + b"{",
        head("POST", "/photos", FORM, None, f"Content-Length: 5000\r\n{cookie}") + FILE,
        head("POST", "/v1/photos", FORM, volunteer.token, "Content-Length: 5000\r\n") + FILE,
    ]
    with ExitStack() as open_ones:
        for way in ways * 5:
            open_ones.enter_context(connected(patient)).sendall(way)
        time.sleep(0.5)
        assert volunteer.get("/v1/me", timeout=10).status_code == 200
        assert patient.client().get("/help", timeout=10).status_code == 200


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "HEAD_SECONDS", SILENCE)


@pytest.mark.parametrize("begun", [b"", b"GET /livez HTT", b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: "])
def test_a_head_that_does_not_end_is_given_up(served: Service, begun: bytes):
    with connected(served) as sent:
        sent.sendall(begun)
        assert everything(sent) == b""


def test_a_second_head_that_does_not_end_is_given_up_too(served: Service):
    with connected(served) as sent:
        sent.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert sent.recv(65536).startswith(b"HTTP/1.1 200 ")
        sent.sendall(b"GET /livez HTT")
        assert b"200" not in everything(sent)


def test_an_answer_that_takes_long_is_waited_for(served: Service):
    """The deadline is for the head alone: a body that is on its way, and an answer, have their own."""
    volunteer = served.sign_in(Role.VOLUNTEER)
    body = FILE + drawn_photo() + b"\r\n--b--\r\n"
    with connected(served) as sent:
        sent.sendall(head("POST", "/v1/photos", FORM, volunteer.token, f"Content-Length: {len(body)}\r\n"))
        for start in range(0, len(body), len(body) // 4 + 1):
            time.sleep(SILENCE / 2)
            sent.sendall(body[start : start + len(body) // 4 + 1])
        assert sent.recv(65536).startswith(b"HTTP/1.1 202 ")


def head(method: str, path: str, kind: str, token: str | None, more: str) -> bytes:
    who = f"Authorization: Bearer {token}\r\n" if token else ""
    browser = "Sec-Fetch-Site: same-origin\r\nAccept: text/html\r\n"
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n{browser}{who}{more}\r\n".encode()


def connected(service: Service) -> socket.socket:
    url = httpx.URL(service.url)
    return socket.create_connection((url.host, url.port), timeout=30)


def everything(sent: socket.socket) -> bytes:
    """What comes back until the service hangs up."""
    parts = []
    while part := sent.recv(65536):
        parts.append(part)
    return b"".join(parts)
