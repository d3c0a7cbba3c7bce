"""The worker's part in messages: send what is due. A message that cannot be sent waits for its next try.

A receiver who is slow or away holds up no photo for long: one exchange ends in time (`indexer.messages.exchange`), a
channel that failed is left alone for this step, and a long step is followed by a longer rest.
"""

import time

from indexer.context import Context
from indexer.errors import MessageNotSent
from indexer.logs import get_log
from indexer.messages.content import Content
from indexer.messages.exchange import SECONDS
from indexer.messages.mail import mail
from indexer.messages.outbox import MOST_TRIES, claim, is_any_due, sent
from indexer.messages.webhook import post
from models.message import Channel, Message

LOOK_SECONDS = 10.0
REST = 9
"""So many times what a step took: messages have a tenth of the worker's time at most."""


class MessageSender:
    """One per worker; of several each message is claimed by one."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._look_at = 0.0
        self._log = get_log()

    def step(self) -> bool:
        """Try what is due, once; whether anything was. What the database raises."""
        began = time.monotonic()
        if began < self._look_at:
            return False
        with self._context.database.reading() as session:
            is_due = is_any_due(session)
        tried = [channel for channel in Channel if is_due and self._send_over(channel)]
        ended = time.monotonic()
        self._look_at = ended + LOOK_SECONDS + REST * (ended - began)
        return bool(tried)

    def _send_over(self, channel: Channel) -> bool:
        """One message after the other, until none is due, one cannot be sent, or time is over; whether any was."""
        ends, tried = time.monotonic() + SECONDS, False
        while message := self._claimed(channel):
            tried = True
            if not self._send(message) or time.monotonic() >= ends:
                break
        return tried

    def _claimed(self, channel: Channel) -> Message | None:
        with self._context.database.writing() as session:
            return claim(session, channel)

    def _send(self, message: Message) -> bool:
        try:
            self._over_channel(message)
        except MessageNotSent as error:
            about = {"channel": message.channel, "tries": message.tries, "reason": error.details["reason"]}
            self._log.warning("message_not_sent", **about)
            if message.tries >= MOST_TRIES:
                self._log.error("message_given_up", **about)
            return False
        with self._context.database.writing() as session:
            sent(session, message)
        self._log.info("message_sent", channel=message.channel, kind=message.kind)
        return True

    def _over_channel(self, message: Message) -> None:
        settings, content = self._context.settings, Content.of(message, self._context.keyring)
        if message.channel is Channel.MAIL and settings.smtp_host is not None:
            mail(settings, content)
        elif message.channel is Channel.WEBHOOK and settings.alert_webhook_url and settings.alert_webhook_secret:
            post(settings.alert_webhook_url, settings.alert_webhook_secret.get_secret_value(), content)
        else:
            raise MessageNotSent(channel=message.channel, reason="not_set_up")
