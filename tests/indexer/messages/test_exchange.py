"""A receiver who drips, or speaks TLS: the worker gets on, and what was sent once is not sent again."""

import socketserver
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from indexer.errors import MessageNotSent
from indexer.messages.content import Content
from indexer.messages.mail import mail
from indexer.messages.webhook import post
from indexer.settings import IndexerSettings
from tests.indexer.messages.certificates import self_signed
from tests.indexer.messages.servers import Post, Web, serving

CONTENT = Content("an id", "candidates_found", 3, "0123456789abcdef", "2026-11-24")
SECRET = "a secret of at least 24 characters"
ENOUGH = 1.0
BETWEEN_BYTES, BYTES = 0.3, 30


class Drip(socketserver.ThreadingTCPServer):
    """Says ``first`` at once, then a byte every 0.3 seconds: no wait is long, and there are 9 seconds of them."""

    daemon_threads = True

    def __init__(self, first: bytes, certificate: Path | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Dripping)
        self.first, self.let_down = first, Event()
        if certificate is not None:
            self.socket = under_tls(certificate).wrap_socket(self.socket, server_side=True)


class _Dripping(socketserver.BaseRequestHandler):
    server: Drip

    def handle(self) -> None:
        try:
            self.request.sendall(self.server.first)
            for _ in range(BYTES):
                time.sleep(BETWEEN_BYTES)
                self.request.sendall(b"x")
        except OSError:
            self.server.let_down.set()


def under_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def settings(port: int, tls: str) -> IndexerSettings:
    about = {"smtp_from": "homeward@example.org", "smtp_to": ("desk@example.org",)}
    return IndexerSettings(smtp_host="127.0.0.1", smtp_port=port, smtp_tls=tls, **about)


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return file


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("webhook", "mail"):
        monkeypatch.setattr(f"indexer.messages.{module}.SECONDS", ENOUGH)


def to_web(port: int) -> None:
    post(f"http://127.0.0.1:{port}/hook", SECRET, CONTENT)


def to_web_under_tls(port: int) -> None:
    post(f"https://127.0.0.1:{port}/hook", SECRET, CONTENT)


def by_mail(port: int) -> None:
    mail(settings(port, "none"), CONTENT)


def by_mail_under_tls(port: int) -> None:
    mail(settings(port, "tls"), CONTENT)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    ("send", "first"),
    [
        (to_web, b""),
        (to_web, b"HTTP/1.1 200 OK\r\nX-Slow: "),
        (to_web_under_tls, b"HTTP/1.1 200 "),
        (by_mail, b"220 "),
        (by_mail, b"220 ready\r\n250 "),
        (by_mail_under_tls, b"220 "),
    ],
)
def test_a_receiver_who_drips_is_hung_up_on(certificate: Path, send: Callable[[int], None], first: bytes):
    drip = Drip(first, certificate if "tls" in send.__name__ else None)
    with serving(drip):
        began = time.monotonic()
        with pytest.raises(MessageNotSent, match="TimeoutError"):
            send(drip.server_address[1])
        assert time.monotonic() - began < ENOUGH + 1
        assert drip.let_down.wait(3)  # nor does a thread stay on the line


@pytest.mark.usefixtures("hurried")
def test_an_answer_counts_by_its_status_however_slow_its_body(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tests.indexer.messages.test_exchange.BYTES", 3)
    drip = Drip(b"HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n")
    with serving(drip):
        to_web(drip.server_address[1])


def test_a_webhook_goes_out_under_tls(certificate: Path):
    web = Web()
    web.socket = under_tls(certificate).wrap_socket(web.socket, server_side=True)
    with serving(web):
        to_web_under_tls(web.server_address[1])
    assert [path for path, _, _ in web.got] == ["/hook"]


def test_a_letter_goes_out_under_tls(certificate: Path):
    office = Post()
    office.socket = under_tls(certificate).wrap_socket(office.socket, server_side=True)
    with serving(office):
        by_mail_under_tls(office.port)
    assert len(office.letters) == 1


def test_a_letter_goes_out_once_the_server_has_started_tls(certificate: Path):
    office = Post()
    office.tls = under_tls(certificate)
    with serving(office):
        mail(settings(office.port, "starttls"), CONTENT)
    assert len(office.letters) == 1


@pytest.mark.usefixtures("certificate")
def test_a_server_that_shows_no_trusted_certificate_gets_nothing(tmp_path_factory: pytest.TempPathFactory):
    other = self_signed(tmp_path_factory.mktemp("other"))
    office = Post()
    office.socket = under_tls(other).wrap_socket(office.socket, server_side=True)
    office.handle_error = lambda *_: None  # it is told so, and prints it
    with serving(office), pytest.raises(MessageNotSent, match="SSLCertVerificationError"):
        by_mail_under_tls(office.port)
    assert office.letters == []
