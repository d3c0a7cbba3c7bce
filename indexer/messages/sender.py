"""The worker's part in messages: send what is due. A message that cannot be sent waits, and holds up nothing else."""

import time

from indexer.context import Context
from indexer.errors import MessageNotSent
from indexer.logs import get_log
from indexer.messages.content import Content
from indexer.messages.mail import mail
from indexer.messages.outbox import claim, is_any_due, sent
from indexer.messages.webhook import post
from models.message import Channel, Message

LOOK_SECONDS = 10.0


class MessageSender:
    """One per worker; of several each message is claimed by one."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._look_at = 0.0
        self._log = get_log()

    def step(self) -> bool:
        """Try what is due, once; whether anything was. What the database raises."""
        if time.monotonic() < self._look_at:
            return False
        self._look_at = time.monotonic() + LOOK_SECONDS
        with self._context.database.reading() as session:
            if not is_any_due(session):
                return False
        with self._context.database.writing() as session:
            claimed = claim(session)
        for message in claimed:
            self._send(message)
        return bool(claimed)

    def _send(self, message: Message) -> None:
        try:
            self._over_channel(message)
        except MessageNotSent as error:
            self._log.warning(
                "message_not_sent", channel=message.channel, tries=message.tries, reason=error.details["reason"]
            )
            return
        with self._context.database.writing() as session:
            sent(session, message)
        self._log.info("message_sent", channel=message.channel, kind=message.kind)

    def _over_channel(self, message: Message) -> None:
        settings, content = self._context.settings, Content.of(message, self._context.keyring)
        if message.channel is Channel.MAIL and settings.smtp_host is not None:
            mail(settings, content)
        elif message.channel is Channel.WEBHOOK and settings.alert_webhook_url and settings.alert_webhook_secret:
            post(settings.alert_webhook_url, settings.alert_webhook_secret.get_secret_value(), content)
        else:
            raise MessageNotSent(channel=message.channel, reason="not_set_up")
