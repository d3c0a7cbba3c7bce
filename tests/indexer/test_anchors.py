"""The worker keeps one anchor of the audit log a day, outside, and none of a log that was changed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

from indexer import anchors
from indexer.anchors import AnchorKeeper, KeptAnchor, read_anchors
from indexer.context import Context
from indexer.errors import AnchorFileUnreadable
from indexer.settings import IndexerSettings
from models.audit import Anchor, head_of, record_act
from models.records import AuditEntry
from tests.models.tampering import tamper


def write_rows(context: Context, count: int) -> Anchor:
    with context.database.writing() as session:
        for _ in range(count):
            record_act(session, AuditEntry(role="admin", action="x", object_type="user", object_id="1"))
    with context.database.reading() as session:
        return head_of(session)


@pytest.fixture
def file(context: Context, tmp_path: Path) -> Path:
    context.settings = context.settings.model_copy(update={"anchor_file": tmp_path / "anchors"})
    return tmp_path / "anchors"


def on_day(monkeypatch: pytest.MonkeyPatch, day: int) -> None:
    monkeypatch.setattr(anchors, "now", lambda: datetime(2026, 11, day, 9, tzinfo=UTC))


def test_one_line_a_day_is_added_and_none_changed(context: Context, file: Path, monkeypatch: pytest.MonkeyPatch):
    on_day(monkeypatch, 1)
    first = write_rows(context, 2)
    AnchorKeeper(context).step()
    write_rows(context, 1)
    AnchorKeeper(context).step()  # another worker, or this one started again
    assert file.read_text() == f"{first} 2026-11-01T09:00:00+00:00\n"
    on_day(monkeypatch, 2)
    second = write_rows(context, 1)
    AnchorKeeper(context).step()
    assert [each.anchor for each in read_anchors(file)] == [first, second]
    assert file.stat().st_mode & 0o077 == 0


def test_a_keeper_looks_once_an_hour(context: Context, file: Path, monkeypatch: pytest.MonkeyPatch):
    keeper = AnchorKeeper(context)
    on_day(monkeypatch, 1)
    keeper.step()
    on_day(monkeypatch, 2)
    keeper.step()
    assert len(read_anchors(file)) == 1


@pytest.mark.parametrize("tampering", ["UPDATE audit SET hash = previous_hash WHERE number = 2", "DELETE FROM audit"])
def test_a_log_that_does_not_fit_gets_no_further_anchor(
    context: Context, file: Path, monkeypatch: pytest.MonkeyPatch, tampering: str
):
    on_day(monkeypatch, 1)
    write_rows(context, 2)
    AnchorKeeper(context).step()
    before = file.read_text()
    tamper(context.database, tampering)
    on_day(monkeypatch, 2)
    with capture_logs() as logs:
        AnchorKeeper(context).step()
    assert [each["event"] for each in logs] == ["audit_log_does_not_fit_anchor"]
    assert file.read_text() == before


def test_a_place_that_cannot_be_written_stops_no_worker(context: Context, tmp_path: Path):
    context.settings = context.settings.model_copy(update={"anchor_file": tmp_path})
    with capture_logs() as logs:
        assert AnchorKeeper(context).step() is False
    assert [(each["event"], each["reason"]) for each in logs] == [("anchor_not_written", "IsADirectoryError")]


def test_lines_are_read_with_and_without_a_moment(tmp_path: Path):
    kept = KeptAnchor(Anchor(7, "a" * 64), datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=1))
    (tmp_path / "f").write_text(f"{kept}\n\n{kept.anchor}\n")
    assert read_anchors(tmp_path / "f") == [kept, KeptAnchor(kept.anchor, None)]


@pytest.mark.parametrize("line", ["7", "7:abc", f"x:{'a' * 64}", f"7:{'g' * 64}", f"7:{'a' * 64} yesterday"])
def test_a_line_that_is_no_anchor_is_named(tmp_path: Path, line: str):
    (tmp_path / "f").write_text(f"1:{'0' * 64}\n{line}\n")
    with pytest.raises(AnchorFileUnreadable, match="line 2"):
        read_anchors(tmp_path / "f")


def test_anchors_may_not_lie_beside_the_log(tmp_path: Path):
    with pytest.raises(ValidationError, match="anchor_file must lie outside"):
        IndexerSettings(data_dir=tmp_path, anchor_file=tmp_path / "below" / "anchors")
