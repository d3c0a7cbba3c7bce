"""Sending to the operator's addresses by mail."""

import smtplib
import socket
import ssl
from email.message import EmailMessage

from indexer.errors import MessageNotSent
from indexer.logs import get_log
from indexer.messages.content import Content
from indexer.messages.exchange import SECONDS, Line, within
from indexer.settings import IndexerSettings


def mail(settings: IndexerSettings, content: Content) -> None:
    """`MessageNotSent` unless the server took it for one address at least, within `SECONDS`.

    Those it refused beside are counted in the log: to try again would be to send it to all the others again.
    """
    try:
        within(SECONDS, lambda line: _exchange(line, settings, content))
    except (OSError, smtplib.SMTPException) as error:
        raise MessageNotSent(channel="mail", reason=type(error).__name__) from error


class _Server(smtplib.SMTP):
    """A mail server whose line can be hung up from the greeting on, under TLS or not."""

    def __init__(self, line: Line, settings: IndexerSettings) -> None:
        self._line = line
        self._tls = ssl.create_default_context() if settings.smtp_tls == "tls" else None
        super().__init__(settings.smtp_host or "", settings.smtp_port, timeout=SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        made = socket.create_connection((host, port), timeout)
        return self._line.over(self._tls.wrap_socket(made, server_hostname=host) if self._tls else made)


def _exchange(line: Line, settings: IndexerSettings, content: Content) -> None:
    with _Server(line, settings) as server:
        if settings.smtp_tls == "starttls":
            server.starttls(context=ssl.create_default_context())
            assert server.sock is not None
            line.over(server.sock)
        if settings.smtp_user is not None and settings.smtp_password is not None:
            server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        refused = server.send_message(_letter(settings, content))
        server.putcmd("quit")
        server.close()  # the letter was taken: a slow farewell must not have it sent again
    if refused:
        get_log().warning("mail_addresses_refused", addresses=len(refused))


def _letter(settings: IndexerSettings, content: Content) -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"] = settings.smtp_from, ", ".join(settings.smtp_to)
    letter["Subject"] = f"Homeward: {content.kind.replace('_', ' ')}"
    letter["Message-ID"] = f"<{content.id}@{content.installation}.homeward.invalid>"
    letter.set_content(
        f"{content.sentence}\nInstallation {content.installation}, {content.day}. Sign in to Homeward to see more.\n"
    )
    return letter
