"""Sending to the operator's addresses by mail."""

import smtplib
import ssl
from email.message import EmailMessage

from indexer.errors import MessageNotSent
from indexer.logs import get_log
from indexer.messages.content import Content
from indexer.settings import IndexerSettings

SECONDS = 10.0


def mail(settings: IndexerSettings, content: Content) -> None:
    """`MessageNotSent` unless the server took it for one address at least.

    Those it refused beside are counted in the log: to try again would be to send it to all the others again.
    """
    try:
        with _server(settings) as server:
            if settings.smtp_user is not None and settings.smtp_password is not None:
                server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
            refused = server.send_message(_letter(settings, content))
    except (OSError, smtplib.SMTPException) as error:
        raise MessageNotSent(channel="mail", reason=type(error).__name__) from error
    if refused:
        get_log().warning("mail_addresses_refused", addresses=len(refused))


def _server(settings: IndexerSettings) -> smtplib.SMTP:
    host, port = settings.smtp_host or "", settings.smtp_port
    if settings.smtp_tls == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port, timeout=SECONDS)
    if settings.smtp_tls == "starttls":
        try:
            server.starttls(context=ssl.create_default_context())
        except (OSError, smtplib.SMTPException):
            server.close()
            raise
    return server


def _letter(settings: IndexerSettings, content: Content) -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"] = settings.smtp_from, ", ".join(settings.smtp_to)
    letter["Subject"] = f"Homeward: {content.kind.replace('_', ' ')}"
    letter["Message-ID"] = f"<{content.id}@{content.installation}.homeward.invalid>"
    letter.set_content(
        f"{content.sentence}\nInstallation {content.installation}, {content.day}. Sign in to Homeward to see more.\n"
    )
    return letter
