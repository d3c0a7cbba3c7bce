"""Logs of the commands: one JSON object a line, and in it only what an allow-list lets through.

A log outlives what it tells of and is read by people who may see no face, case or place. So a field that is not listed
is left out, and a listed one holds a number, an id or a short word: never a name, a file's name, a place or a message.
"""

import logging
import re
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

ALLOWED = frozenset({
    "event", "level", "timestamp", "photo_id", "receipt_id", "pack", "worker", "faces", "reason", "code", "outcome",
    "request_id", "photos", "done", "failed", "lost", "charged", "released", "swept", "seconds", "tries",
    "candidates", "cases", "threshold", "channel", "kind",
})  # fmt: skip
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+-]{0,79}")  # a word, a code, an id, a moment
LEFT_OUT = "left_out"


def configure_logs(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send every log of structlog from ``level`` on to ``stream`` (standard error)."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_allowed,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )


def get_log() -> FilteringBoundLogger:
    log: FilteringBoundLogger = structlog.get_logger()
    return log


def only_allowed(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drop what is not on the list; say how much that was, so that a field is not missed in silence."""
    kept = {name: _plain(value) for name, value in event.items() if name in ALLOWED}
    dropped = len(event) - len(kept)
    return kept | ({LEFT_OUT: dropped} if dropped else {})


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    return text if _WORD.fullmatch(text) else LEFT_OUT
