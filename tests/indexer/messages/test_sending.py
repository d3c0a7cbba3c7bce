"""Messages: durable, signed, tried again under the same id, and empty of everything but a count."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from pydantic import ValidationError
from sqlalchemy import select
from structlog.testing import capture_logs

from indexer.context import Context
from indexer.messages import outbox
from indexer.messages.content import installation_id
from indexer.messages.outbox import MOST_TRIES, gather
from indexer.messages.sender import LOOK_SECONDS, REST, MessageSender
from indexer.settings import IndexerSettings
from models.alert import AlertKind
from models.message import Channel, Message
from models.types import now
from tests.indexer.messages.servers import Post, Web, serving

SECRET = "a secret of at least 24 characters"
FROM_TO = {"smtp_from": "homeward@example.org", "smtp_to": ("desk@example.org", "night@example.org")}
FOUND = AlertKind.CANDIDATES_FOUND


@pytest.fixture
def web() -> Iterator[Web]:
    server = Web()
    with serving(server):
        yield server


@pytest.fixture
def post() -> Iterator[Post]:
    server = Post()
    with serving(server):
        yield server


def set_up(context: Context, **settings: object) -> None:
    given = {name: getattr(context.settings, name) for name in ("data_dir", "key_file")}
    context.settings = IndexerSettings(**given, **settings)


def to_web(context: Context, web: Web) -> None:
    set_up(context, alert_webhook_url=web.url, alert_webhook_secret=SECRET)


def to_post(context: Context, post: Post) -> None:
    set_up(context, smtp_host="127.0.0.1", smtp_port=post.port, smtp_tls="none", **FROM_TO)


def tell(context: Context, count: int) -> None:
    with context.database.writing() as session:
        gather(session, context.settings, FOUND, count)


def let_time_pass(context: Context) -> None:
    with context.database.writing() as session:
        for message in session.scalars(select(Message)):
            message.next_try_at = now() - timedelta(seconds=1)


def waiting(context: Context) -> list[Message]:
    with context.database.reading() as session:
        return list(session.scalars(select(Message)))


def test_a_webhook_is_signed_and_says_nothing_but_what_how_many_where_and_when(context: Context, web: Web):
    to_web(context, web)
    tell(context, 3)
    let_time_pass(context)
    assert MessageSender(context).step()
    [(path, headers, body)] = web.got
    assert path == "/hook"
    said = json.loads(body)
    assert said == {
        "id": headers["X-Homeward-Id"],
        "kind": "candidates_found",
        "count": 3,
        "installation": installation_id(context.keyring),
        "day": now().date().isoformat(),
    }
    expected = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-Homeward-Signature"] == f"sha256={expected}"
    assert waiting(context) == []


def test_a_letter_says_no_more(context: Context, post: Post):
    to_post(context, post)
    tell(context, 4)
    [message] = waiting(context)
    let_time_pass(context)
    assert MessageSender(context).step()
    [letter] = post.letters
    head, body = letter.replace("\r\n", "\n").split("\n\n", 1)
    installation, day = installation_id(context.keyring), now().date().isoformat()
    assert body == (
        "Standing search found candidates that people should look at: 4.\n"
        f"Installation {installation}, {day}. Sign in to Homeward to see more.\n"
    )
    names = {line.split(":")[0] for line in head.split("\n") if not line.startswith(" ")}
    assert names == {"From", "To", "Subject", "Message-ID", "Content-Type", "Content-Transfer-Encoding", "MIME-Version"}
    assert "Subject: Homeward: candidates found" in head
    assert str(message.id) in head
    assert waiting(context) == []


def test_what_is_found_within_a_minute_is_one_message(context: Context, web: Web):
    to_web(context, web)
    tell(context, 3)
    tell(context, 2)
    assert not MessageSender(context).step()
    assert [each.count for each in waiting(context)] == [5]
    let_time_pass(context)
    MessageSender(context).step()
    tell(context, 1)
    let_time_pass(context)
    MessageSender(context).step()
    assert [json.loads(body)["count"] for _, _, body in web.got] == [5, 1]


@pytest.mark.parametrize("status", [500, 404, 302])
def test_a_refused_webhook_is_tried_again_later_under_the_same_id(context: Context, web: Web, status: int):
    to_web(context, web)
    web.statuses = [status]
    tell(context, 1)
    let_time_pass(context)
    assert MessageSender(context).step()
    [message] = waiting(context)
    assert message.tries == 1
    assert message.next_try_at > now() + timedelta(seconds=50)
    assert not MessageSender(context).step()
    let_time_pass(context)
    assert MessageSender(context).step()
    assert [headers["X-Homeward-Id"] for _, headers, _ in web.got] == [str(message.id)] * 2
    assert waiting(context) == []


def test_a_mail_server_that_is_away_or_refuses_loses_nothing(context: Context, post: Post):
    to_post(context, post)
    post.refusing = True
    tell(context, 1)
    let_time_pass(context)
    assert MessageSender(context).step()
    context.settings = context.settings.model_copy(update={"smtp_port": 1})
    let_time_pass(context)
    assert MessageSender(context).step()
    assert [each.tries for each in waiting(context)] == [2]
    to_post(context, post)
    post.refusing = False
    let_time_pass(context)
    assert MessageSender(context).step()
    assert (len(post.letters), waiting(context)) == (1, [])


def test_one_address_that_is_refused_brings_the_others_no_second_letter(context: Context, post: Post):
    to_post(context, post)
    context.settings = context.settings.model_copy(update={"smtp_to": ["gone@example.org", "here@example.org"]})
    post.refused = "gone@example.org"
    tell(context, 1)
    let_time_pass(context)
    assert MessageSender(context).step()
    assert (len(post.letters), waiting(context)) == (1, [])


def test_a_worker_that_dies_while_sending_sends_again(context: Context, web: Web, monkeypatch: pytest.MonkeyPatch):
    to_web(context, web)
    tell(context, 1)
    let_time_pass(context)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("indexer.messages.sender.sent", die)
        MessageSender(context).step()
    let_time_pass(context)
    assert MessageSender(context).step()
    assert len({headers["X-Homeward-Id"] for _, headers, _ in web.got}) == 1
    assert len(web.got) == 2


def test_two_workers_send_a_message_once(context: Context, web: Web):
    to_web(context, web)
    tell(context, 1)
    let_time_pass(context)
    with context.database.writing() as session:
        assert outbox.claim(session, Channel.WEBHOOK) is not None
    assert not MessageSender(context).step()
    assert web.got == []


def test_after_many_tries_a_message_is_left_alone(context: Context, web: Web):
    to_web(context, web)
    with context.database.writing() as session:
        row = {"kind": FOUND, "count": 1, "day": now().date(), "tries": MOST_TRIES, "next_try_at": now()}
        session.add(Message(id=uuid4(), channel=Channel.WEBHOOK, **row))
    assert not MessageSender(context).step()
    assert web.got == []
    with context.database.reading() as session:
        assert outbox.given_up(session) == 1


def test_the_last_try_is_told_in_the_log(context: Context, web: Web):
    to_web(context, web)
    web.statuses = [500, 500]
    tell(context, 1)
    with context.database.writing() as session:
        session.scalars(select(Message)).one().tries = MOST_TRIES - 2
    for expected in ([], ["message_given_up"]):
        let_time_pass(context)
        with capture_logs() as logs:
            assert MessageSender(context).step()
        assert [each["event"] for each in logs if each["log_level"] == "error"] == expected


def test_a_channel_that_fails_is_left_alone_for_this_step_and_holds_up_no_other(context: Context, web: Web, post: Post):
    web.statuses = [500]
    letters = {"smtp_host": "127.0.0.1", "smtp_port": post.port, "smtp_tls": "none", **FROM_TO}
    set_up(context, alert_webhook_url=web.url, alert_webhook_secret=SECRET, **letters)
    with context.database.writing() as session:
        for channel in (Channel.WEBHOOK, Channel.WEBHOOK, Channel.MAIL, Channel.MAIL):
            session.add(Message(channel=channel, kind=FOUND, count=1, day=now().date()))
    assert MessageSender(context).step()
    assert (len(web.got), len(post.letters)) == (1, 2)
    assert sorted((each.channel, each.tries) for each in waiting(context)) == [
        (Channel.WEBHOOK, 0),
        (Channel.WEBHOOK, 1),
    ]


def test_after_a_long_step_photos_come_first(context: Context, web: Web, monkeypatch: pytest.MonkeyPatch):
    to_web(context, web)
    sender = MessageSender(context)
    at = [1000.0]
    monkeypatch.setattr("indexer.messages.sender.time.monotonic", lambda: at[0])

    def send_slowly(*_: object) -> None:
        at[0] += 8

    monkeypatch.setattr("indexer.messages.sender.post", send_slowly)
    with context.database.writing() as session:
        session.add_all(Message(channel=Channel.WEBHOOK, kind=FOUND, count=1, day=now().date()) for _ in range(3))
    assert sender.step()
    assert len(waiting(context)) == 1  # the third would have begun after ten seconds
    at[0] += LOOK_SECONDS + REST * 16 - 1
    assert not sender.step()
    at[0] += 1
    assert sender.step()
    assert waiting(context) == []


def test_by_default_nothing_waits_to_be_sent(context: Context):
    tell(context, 3)
    assert waiting(context) == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"alert_webhook_url": "http://example.org/hook", "alert_webhook_secret": SECRET}, "https://"),
        ({"alert_webhook_url": "ftp://example.org/hook", "alert_webhook_secret": SECRET}, "an address like"),
        ({"alert_webhook_url": "https://me:word@example.org/", "alert_webhook_secret": SECRET}, "without a name"),
        ({"alert_webhook_url": "https://example.org/hook"}, "alert_webhook_secret"),
        ({"alert_webhook_url": "https://example.org/hook", "alert_webhook_secret": "short"}, "24"),
        ({"smtp_host": "mail.example.org"}, "smtp_from and smtp_to"),
        ({"smtp_host": "mail.example.org", "smtp_tls": "none"} | FROM_TO, "on this machine"),
    ],
)
def test_unsafe_or_half_settings_are_refused(settings: dict[str, object], said: str):
    with pytest.raises(ValidationError, match=said):
        IndexerSettings(**settings)
