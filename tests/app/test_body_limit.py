"""The size of a body, whatever the sender says it is."""

import socket
from collections.abc import Iterator

import httpx
import pytest

from app.body_limit import FORM_BYTES, JSON_BYTES
from models.user import Role
from tests.app.conftest import Service, running


@pytest.fixture
def small(make_house) -> Iterator[Service]:
    with running(make_house(max_upload_bytes=2**20)) as started:
        yield started


FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'


def chunks(size: int) -> Iterator[bytes]:
    yield FORM
    for _ in range(size // 4096 + 1):
        yield b"x" * 4096


@pytest.mark.parametrize(
    ("path", "limit"),
    [("/v1/photos", 2**20 + FORM_BYTES), ("/v1/cases/0/references", 2**20 + FORM_BYTES), ("/v1/sessions", JSON_BYTES)],
)
def test_a_body_over_the_limit_is_refused_declared_or_not(small: Service, path: str, limit: int):
    client = small.sign_in(Role.VOLUNTEER)
    kind = {"Content-Type": "multipart/form-data; boundary=b"} if limit > JSON_BYTES else {}
    for body in (FORM + b"x" * limit, chunks(limit + 1)):
        answer = client.post(path, content=body, headers={"Content-Type": "application/json"} | kind)
        if answer.status_code == 404:  # the route of another module
            continue
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
        assert str(limit) in answer.json()["detail"]


def test_a_body_of_the_limit_passes(small: Service):
    answer = small.client().post(
        "/v1/sessions", content=b" " * (JSON_BYTES - 2) + b"{}", headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


@pytest.mark.parametrize("length", [str(10**9), "9" * 20])
def test_a_lying_length_is_refused_before_a_byte_is_read(small: Service, length: str):
    assert raw(small, f"Content-Length: {length}\r\n") == b"413"


@pytest.mark.parametrize(
    "header", ["Content-Length: -1", "Content-Length: 1e3", "Content-Length: 5\r\nContent-Length: 6"]
)
def test_a_malformed_length_is_a_bad_request(small: Service, header: str):
    assert raw(small, f"{header}\r\n") == b"400"


def raw(service: Service, headers: str) -> bytes:
    """The status of a request that httpx would not send."""
    url = httpx.URL(service.url)
    with socket.create_connection((url.host, url.port), timeout=30) as sent:
        sent.sendall(f"POST /v1/sessions HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode())
        return sent.recv(4096).split()[1]
