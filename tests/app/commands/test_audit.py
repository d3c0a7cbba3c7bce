"""`homeward audit`: anchors outside show what was cut off, and an export is checked by whoever has only the file."""

import json
from pathlib import Path

import pytest

from models.records import AuditEntry
from models.user import Role
from tests.app.commands.conftest import Homeward
from tests.app.commands.test_people import database
from tests.models.factories import make_user
from tests.models.tampering import tamper, unguarded

CUT = "DELETE FROM audit WHERE number > 3"
SWAP = (
    "UPDATE audit SET number = CASE number WHEN 2 THEN -3 ELSE -2 END WHERE number IN (2, 3)",
    "UPDATE audit SET number = -number WHERE number < 0",
)


@pytest.fixture
def staffed(homeward: Homeward) -> Homeward:
    """With five rows in its log, three of them by ada."""
    assert homeward("init", "--retention", "3", "--key-copied").status == 0
    with database() as opened, opened.writing() as session:
        for name, role in {"ada": Role.ADMIN, "olga": Role.AUDITOR, "vera": Role.VOLUNTEER}.items():
            make_user(session, role, name=name)
    for _ in range(3):
        assert homeward("keys", "renew", "vera", "--as", "ada").status == 0
    return homeward


def rows(staffed: Homeward) -> int:
    return staffed("audit", "verify", "--json").json["rows"]


def rewritten() -> None:
    """The whole log anew, as somebody could who has the key: every row chained, and one of them another."""
    with database() as opened, unguarded(opened) as session:
        previous = None
        for entry in session.query(AuditEntry).order_by(AuditEntry.number):
            entry.why = "nothing" if entry.number == 2 else entry.why
            entry.previous_hash = previous or entry.previous_hash
            entry.hash = previous = entry.computed_hash()


@pytest.mark.parametrize(
    ("tampering", "fault"),
    [
        (("UPDATE audit SET why = 'nothing' WHERE number = 2",), "row 2 was changed"),
        (("UPDATE audit SET covers = 'x' WHERE number = 3",), "row 3 was changed"),
        (("UPDATE audit SET salt = NULL WHERE number = 3",), "row 3 was changed"),
        (("DELETE FROM audit WHERE number = 2",), "row 2 is missing"),
        (SWAP, "row 2 does not follow row 1"),
        ((CUT,), "rows after 3 were cut off: an anchor is at"),
        ((), "row 4 is not the one that an anchor was taken from"),
    ],
    ids=["edited", "covers", "unsalted", "deleted", "reordered", "cut", "rewritten"],
)
def test_anchors_of_a_file_show_which_row(staffed: Homeward, tmp_path: Path, tampering: tuple[str, ...], fault: str):
    file = tmp_path / "anchors"
    lines = [staffed("audit", "anchor").out]
    staffed("keys", "renew", "vera", "--as", "ada")
    file.write_text("".join([*lines, staffed("audit", "anchor").out]))
    whole = staffed("audit", "verify", "--anchors", str(file))
    assert (whole.status, "held against 2 anchors" in whole.out) == (0, True)
    with database() as opened:
        tamper(opened, *tampering)
    if not tampering:
        rewritten()
        fault = fault.replace("row 4", f"row {lines[0].partition(':')[0]}")
    found = staffed("audit", "verify", "--anchors", str(file))
    assert found.status == 1
    assert found.out.startswith(fault)


def test_without_an_anchor_it_says_what_it_cannot_know(staffed: Homeward):
    with database() as opened:
        tamper(opened, CUT)
    cut = staffed("audit", "verify")
    assert (cut.status, "held against no anchor: its end may have been cut off" in cut.out) == (0, True)


def test_the_workers_anchors_are_used_where_none_are_named(
    staffed: Homeward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOMEWARD_ANCHOR_FILE", str(tmp_path / "anchors"))
    assert staffed("audit", "verify", "--json").json["anchors"] == 0
    (tmp_path / "anchors").write_text(staffed("audit", "anchor").out)
    assert staffed("audit", "verify", "--json").json["anchors"] == 1
    (tmp_path / "anchors").write_text("nonsense\n")
    wrong = staffed("audit", "verify")
    assert (wrong.status, wrong.err.count("\n"), "line 1" in wrong.err) == (1, 1, True)
    missing = staffed("audit", "verify", "--anchors", str(tmp_path / "missing"))
    assert (missing.status, missing.err.count("\n")) == (1, 1)


def exported(staffed: Homeward, file: Path, *asked: str) -> list[dict]:
    done = staffed("audit", "export", str(file), "--as", "olga", "--why", "court order 7", *asked)
    assert done.status == 0, done.err
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_an_export_holds_every_row_its_anchors_and_the_act_of_exporting(
    staffed: Homeward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOMEWARD_ANCHOR_FILE", str(tmp_path / "anchors"))
    (tmp_path / "anchors").write_text(staffed("audit", "anchor").out)
    about, *content = exported(staffed, tmp_path / "all.jsonl")
    assert [each["kind"] for each in content] == ["row"] * rows(staffed) + ["anchor"]
    assert (content[-2]["action"], content[-2]["why"]) == ("audit.export", "all: court order 7")
    assert about["head"] == f"{content[-2]['number']}:{content[-2]['hash']}"
    assert (tmp_path / "all.jsonl").stat().st_mode & 0o077 == 0
    checked = staffed("audit", "check", str(tmp_path / "all.jsonl"), "--anchors", str(tmp_path / "anchors"))
    assert (checked.status, checked.out.startswith(f"{rows(staffed)} rows shown, 0 left out")) == (0, True)


def test_rows_that_were_not_asked_for_tell_nothing_and_the_rest_is_still_chained(staffed: Homeward, tmp_path: Path):
    file = tmp_path / "part.jsonl"
    shown = [each for each in exported(staffed, file, "--account", "ada") if each["kind"] == "row"]
    assert [each["action"] for each in shown] == ["key.make"] * 3
    hidden = [json.loads(line) for line in file.read_text().splitlines() if '"left_out"' in line]
    assert {tuple(each) for each in hidden} == {("kind", "number", "content_digest", "hash")}
    report = staffed("audit", "check", str(file), "--json").json
    assert (report["shown"], report["left_out"], report["unchecked"], report["fault"]) == (3, len(hidden), 0, None)


def test_by_what_it_was_done_to_and_when(staffed: Homeward, tmp_path: Path):
    [first, *_] = [each for each in exported(staffed, tmp_path / "1", "--account", "ada") if each["kind"] == "row"]
    only = [each for each in exported(staffed, tmp_path / "2", "--object", first["object_id"]) if each["kind"] == "row"]
    assert only == [first]
    none = exported(staffed, tmp_path / "3", "--since", "2000-01-01", "--until", "2000-01-02T00:00:00")
    assert not [each for each in none if each["kind"] == "row"]


def test_rows_from_before_they_were_salted_are_counted_where_they_are_left_out(staffed: Homeward, tmp_path: Path):
    with database() as opened, unguarded(opened) as session:
        previous = None
        for entry in session.query(AuditEntry).order_by(AuditEntry.number):
            entry.salt = None if entry.number == 1 else entry.salt
            entry.previous_hash = previous or entry.previous_hash
            entry.hash = previous = entry.computed_hash()
    assert staffed("audit", "verify").status == 0
    exported(staffed, tmp_path / "part", "--account", "ada")
    report = staffed("audit", "check", str(tmp_path / "part"), "--json").json
    assert (report["shown"], report["unchecked"], report["fault"]) == (3, 1, None)
    exported(staffed, tmp_path / "all")
    assert staffed("audit", "check", str(tmp_path / "all"), "--json").json["unchecked"] == 0


CHANGES = (
    (2, {"why": "x"}, "row 2 is not the one"),
    (2, {"hash": "0" * 64}, "row 2 is not the one"),
    (1, {"content_digest": "0" * 64}, "row 1 is not the one"),
    (2, None, "row 2 is missing"),
    (-1, None, "rows after"),
    (2, {"number": "2; x"}, "the line after row 1"),
    (2, {"added": 1}, "the line after row 1"),
)


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_an_export_that_was_changed_shows(staffed: Homeward, tmp_path: Path):
    file = tmp_path / "part.jsonl"
    with database() as opened, opened.reading() as session:
        second = session.query(AuditEntry).filter(AuditEntry.number == 2).one().object_id
    whole = exported(staffed, file, "--object", second)
    for line, change, fault in CHANGES:
        content = [dict(each) for each in whole]
        if change is None:
            del content[line]
        else:
            content[line] |= change
        file.write_text("".join(json.dumps(each) + "\n" for each in content))
        checked = staffed("audit", "check", str(file))
        assert (checked.status, checked.out.startswith(fault)) == (1, True), checked.out


def test_an_export_takes_an_auditor_and_a_new_file(staffed: Homeward, tmp_path: Path):
    by_admin = staffed("audit", "export", str(tmp_path / "x"), "--as", "ada", "--why", "y")
    assert (by_admin.status, by_admin.err) == (1, "homeward: ada may not do this: it takes an active auditor.\n")
    assert staffed("audit", "export", str(tmp_path / "x"), "--as", "olga").status == 2
    (tmp_path / "there").write_text("kept")
    over = staffed("audit", "export", str(tmp_path / "there"), "--as", "olga", "--why", "y")
    assert (over.status, over.err.count("\n"), (tmp_path / "there").read_text()) == (1, 1, "kept")
    for nonsense in ("nothing", "[]", "{}", '{"kind": "row"}'):
        (tmp_path / "there").write_text(nonsense)
        assert staffed("audit", "check", str(tmp_path / "there")).status == 1
    assert staffed("audit", "check", str(tmp_path / "missing")).err.count("\n") == 1
