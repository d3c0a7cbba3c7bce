"""Logs of the commands: one JSON object a line, and in it only what an allow-list lets through.

A log outlives what it tells of and is read by people who may see no face, case or place. So a field that is not listed
is left out, and a listed one holds a number, an id or a short word: never a name, a file's name, a place or a message.

What libraries log, and an error that nobody expected, goes the same way: which error it was and where in the code, and
none of its words, for they may quote a path, a name or a row.
"""

import logging
import re
import sys
import threading
import traceback
from pathlib import PurePath
from types import TracebackType
from typing import TextIO

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

ALLOWED = frozenset({
    "event", "level", "timestamp", "photo_id", "receipt_id", "pack", "worker", "faces", "reason", "code", "outcome",
    "request_id", "photos", "done", "failed", "lost", "charged", "released", "swept", "seconds", "tries",
    "candidates", "cases", "threshold", "channel", "kind", "accounts", "addresses", "links", "port",
    "library", "frames", "cause",
})  # fmt: skip
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+-]{0,79}")  # a word, a code, an id, a moment
LEFT_OUT = "left_out"
DEEPEST = 12  # frames of an error, the innermost last


def configure_logs(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send every log from ``level`` on to ``stream`` (standard error); of libraries what warns or is worse."""
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
    logging.root.handlers = [each for each in logging.root.handlers if not isinstance(each, _Libraries)]
    logging.root.addHandler(_Libraries(logging.WARNING))
    logging.captureWarnings(True)
    threading.excepthook = lambda stopped: _ended(stopped.exc_value)
    sys.unraisablehook = lambda stopped: _ended(stopped.exc_value)
    sys.excepthook = end_plainly


def end_plainly(_kind: type[BaseException], error: BaseException, _traceback: TracebackType | None) -> None:
    """For `sys.excepthook`, in place of a traceback with the error's words."""
    if isinstance(error, KeyboardInterrupt):
        return
    _ended(error)


def where(error: BaseException) -> dict[str, object]:
    """Which error it was, what caused it, and where: fields for a log."""
    frames = traceback.extract_tb(error.__traceback__)[-DEEPEST:]
    cause = error.__cause__ or error.__context__
    return {
        "reason": type(error).__name__,
        "frames": [f"{PurePath(frame.filename).name}:{frame.lineno}" for frame in frames],
        **({"cause": type(cause).__name__} if cause else {}),
    }


def _ended(error: BaseException | None) -> None:
    get_log().error("unexpected", **(where(error) if error else {}))


class _Libraries(logging.Handler):
    """What `logging` is given, without the words."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        place = {"frames": [f"{PurePath(record.pathname).name}:{record.lineno}"]}
        level = logging.ERROR if record.levelno >= logging.ERROR else logging.WARNING
        get_log().log(level, "library", library=record.name, **(where(error) if error else place))


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
    if isinstance(value, list):
        return [_plain(each) for each in value]
    text = str(value)
    return text if _WORD.fullmatch(text) else LEFT_OUT
