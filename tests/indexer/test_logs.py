"""What a log may say."""

import io
import json

import pytest
import structlog

from indexer.logs import LEFT_OUT, configure_logs, get_log


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
