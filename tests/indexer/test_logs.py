"""What a log may say."""

import io
import json
import logging
import sys
import threading
import warnings

import pytest
import structlog

from indexer.logs import ALLOWED, LEFT_OUT, configure_logs, end_plainly, get_log


@pytest.fixture
def lines():
    stream = io.StringIO()
    configure_logs(stream)
    yield stream
    structlog.reset_defaults()


def test_a_field_that_is_not_listed_is_left_out_and_counted(lines: io.StringIO):
    get_log().info("photo_done", faces=2, place="Markt 3", name="Anna")
    entry = json.loads(lines.getvalue())
    assert (entry["event"], entry["faces"], entry[LEFT_OUT]) == ("photo_done", 2, 2)
    assert "Markt" not in lines.getvalue()


@pytest.mark.parametrize("value", ["two words", "line\nbreak", "/home/anna/photo.jpg", "x" * 81])
def test_a_listed_field_holds_no_free_text(lines: io.StringIO, value: str):
    get_log().error("machine_trouble", reason=value)
    assert json.loads(lines.getvalue())["reason"] == LEFT_OUT


def told(lines: io.StringIO) -> list[dict]:
    """Every line, and nothing of the words that were planted."""
    assert "Anna" not in lines.getvalue()
    entries = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert all(set(entry) <= ALLOWED for entry in entries)
    return entries


def failed() -> BaseException:
    def look_up() -> None:
        {}["Anna"]

    try:
        look_up()
    except KeyError as error:
        caused = FileNotFoundError(2, "No such file", "/home/Anna/photo.jpg")
        caused.__cause__ = error
        return caused


def test_a_library_tells_where_and_never_what(lines: io.StringIO):
    logging.getLogger("some.library").warning("cannot read %s", "/home/Anna/photo.jpg")
    logging.getLogger("some.library").info("Anna")
    logging.getLogger("other").error("Anna failed", exc_info=failed())
    warnings.showwarning("Anna", UserWarning, "images.py", 3)
    first, second, third = told(lines)
    assert (first["level"], first["library"]) == ("warning", "some.library")
    assert first["frames"][0].startswith("test_logs.py:")
    assert (second["level"], second["reason"], second["cause"]) == ("error", "FileNotFoundError", "KeyError")
    assert third["library"] == "py.warnings"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_error_that_nobody_expected_is_told_without_its_words(lines: io.StringIO):
    def fail() -> None:
        raise failed()

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    error = failed()
    sys.excepthook(type(error), error, None)
    assert sys.excepthook is end_plainly
    assert [(entry["event"], entry["reason"]) for entry in told(lines)] == [("unexpected", "FileNotFoundError")] * 2


def test_configuring_twice_tells_once(lines: io.StringIO):
    configure_logs(lines)
    logging.getLogger("some.library").warning("x")
    assert len(told(lines)) == 1
