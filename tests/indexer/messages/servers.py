"""A real web server and a real mail server on this machine, that keep what they are sent."""

import socketserver
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class Web(ThreadingHTTPServer):
    """Answers with the next of ``statuses``, then 204; ``got`` holds (path, headers, body)."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Receiver)
        self.statuses: list[int] = []
        self.got: list[tuple[str, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"


class _Receiver(BaseHTTPRequestHandler):
    server: Web

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, dict(self.headers), body))
        status = self.server.statuses.pop(0) if self.server.statuses else 204
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST  # noqa: N815 - the name that http.server looks for

    def log_message(self, *_: object) -> None:
        """Nothing."""


class Post(socketserver.ThreadingTCPServer):
    """Speaks enough SMTP to take letters; ``refusing``: it takes none, or none for ``refused``.

    With ``tls`` it offers STARTTLS, and takes letters under it alone.
    """

    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Postman)
        self.refusing = False
        self.refused = ""
        self.tls: ssl.SSLContext | None = None
        self.letters: list[str] = []

    @property
    def port(self) -> int:
        return self.server_address[1]


class _Postman(socketserver.StreamRequestHandler):
    server: Post

    def handle(self) -> None:
        self._say("220 ready")
        while line := self.rfile.readline().decode().strip():
            match line.upper().split()[0]:
                case "EHLO" if self.server.tls:
                    self._say("250-here\r\n250 STARTTLS")
                case "STARTTLS" if self.server.tls:
                    self._say("220 go on")
                    self.request = self.server.tls.wrap_socket(self.request, server_side=True)
                    self.setup()
                case "MAIL" if self.server.tls and not isinstance(self.request, ssl.SSLSocket):
                    self._say("530 not in the open")
                case "DATA":
                    self._say("354 go on")
                    self._take()
                case "RCPT" if self.server.refusing or (self.server.refused and self.server.refused in line):
                    self._say("550 no")
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 ok")

    def finish(self) -> None:
        super().finish()
        self.request.close()  # under TLS it is another socket than the one that the server closes

    def _take(self) -> None:
        lines = []
        while (line := self.rfile.readline().decode()) != ".\r\n":
            lines.append(line)
        self.server.letters.append("".join(lines))
        self._say("250 taken")

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
