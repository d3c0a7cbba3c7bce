"""A part of the audit log for somebody outside, with all that is needed to see that it is a part of that log.

JSON Lines: what was asked, then every row in order, then the anchors that were kept. A row that was not asked for is
given as a digest of its content: the chain can be walked past it, and it tells nothing, for each content is salted.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TextIO
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from indexer.anchors import KeptAnchor
from models.audit import BEGINNING, Anchor, AuditEntry, hash_after, head_of
from models.types import now

FORMAT = 1
AT_ONCE = 1000


@dataclass(frozen=True)
class Asked:
    """Which rows are shown; None asks for all."""

    object_id: str | None = None
    actor_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None

    def shows(self, entry: AuditEntry) -> bool:
        return (
            self.object_id in {None, entry.object_id}
            and self.actor_id in {None, entry.actor_id}
            and (self.since is None or entry.at >= self.since)
            and (self.until is None or entry.at < self.until)
        )

    @property
    def words(self) -> dict[str, str]:
        return {name: str(value) for name, value in vars(self).items() if value is not None}


def exported(session: Session, installation: str, asked: Asked, kept: Sequence[KeptAnchor]) -> Iterator[str]:
    """Line by line, up to the row that is the newest now."""
    head = head_of(session)
    about = {"format": FORMAT, "installation": installation, "made_at": now().isoformat(), "asked": asked.words}
    yield _line("export", **about, head=str(head))
    query = select(AuditEntry).where(AuditEntry.number <= head.number).order_by(AuditEntry.number)
    with closing(session.scalars(query.execution_options(yield_per=AT_ONCE))) as entries:
        for entry in entries:
            yield _shown(entry) if asked.shows(entry) else _left_out(entry)
    for each in kept:
        yield _line("anchor", anchor=str(each.anchor), at=each.at.isoformat() if each.at else None)


def _shown(entry: AuditEntry) -> str:
    row = {column.key: getattr(entry, column.key) for column in AuditEntry.__table__.columns}
    row["at"], row["actor_id"] = entry.at.isoformat(), str(entry.actor_id) if entry.actor_id else None
    return _line("row", **row)


def _left_out(entry: AuditEntry) -> str:
    digest = None if entry.salt is None else entry.content_digest()
    return _line("left_out", number=entry.number, content_digest=digest, hash=entry.hash)


def _line(kind: str, **content: object) -> str:
    return json.dumps({"kind": kind, **content}, ensure_ascii=False) + "\n"


@dataclass(frozen=True)
class ExportReport:
    """``fault`` is None when the rows shown belong to one chain that ends in the head and meets every anchor.

    ``unchecked``: rows left out that are from before contents were salted; what comes before them is not chained to
    what comes after.
    """

    shown: int
    left_out: int
    unchecked: int
    head: Anchor
    fault: str | None


def check_export(file: TextIO, anchors: Sequence[Anchor] = ()) -> ExportReport:
    """Needs nothing but the file, and ``anchors`` that came another way."""
    return _Walk().over((json.loads(line) for line in file), anchors)


class _Walk:
    """The chain as far as it was seen."""

    def __init__(self) -> None:
        self.at = Anchor(0, BEGINNING)
        self.counts = {"row": 0, "left_out": 0, "unchecked": 0}
        self.hashes: dict[int, str] = {0: BEGINNING}

    def over(self, lines: Iterable[Any], anchors: Sequence[Anchor]) -> ExportReport:
        claimed, kept = None, list(anchors)
        try:
            for content in lines:
                if content["kind"] == "export":
                    claimed = Anchor.parse(content["head"])
                elif content["kind"] == "anchor":
                    kept.append(Anchor.parse(content["anchor"]))
                elif (fault := self._step(content)) is not None:
                    return self._report(fault)
        except (KeyError, TypeError, ValueError, AttributeError):  # not JSON, or not ours
            return self._report(f"the line after row {self.at.number} is not one of an export")
        return self._report(self._against(claimed, kept))

    def _step(self, content: dict[str, Any]) -> str | None:
        number = int(content["number"])
        if number != self.at.number + 1:
            return f"row {self.at.number + 1} is missing"
        computed = self._row(content) if content["kind"] == "row" else self._hidden(content)
        if computed != content["hash"]:
            return f"row {number} is not the one that was written after row {self.at.number}"
        self.at = Anchor(number, computed)
        self.hashes[number] = computed
        return None

    def _row(self, content: dict[str, Any]) -> str:
        self.counts["row"] += 1
        columns = {name: value for name, value in content.items() if name != "kind"}
        columns["at"] = datetime.fromisoformat(columns["at"])
        columns["previous_hash"] = self.at.hash
        return AuditEntry(**columns).computed_hash()

    def _hidden(self, content: dict[str, Any]) -> str:
        self.counts["left_out"] += 1
        if content["content_digest"] is None:
            self.counts["unchecked"] += 1
            return str(content["hash"])
        return hash_after(self.at.hash, content["content_digest"])

    def _against(self, claimed: Anchor | None, kept: Sequence[Anchor]) -> str | None:
        if claimed != self.at:
            return f"rows after {self.at.number} were cut off: the export says that it ends at {claimed}"
        for anchor in kept:
            if anchor.number > self.at.number:
                return f"rows after {self.at.number} are missing: an anchor is at {anchor.number}"
            if self.hashes[anchor.number] != anchor.hash:
                return f"row {anchor.number} is not the one that an anchor was taken from"
        return None

    def _report(self, fault: str | None) -> ExportReport:
        counts = self.counts
        return ExportReport(counts["row"], counts["left_out"], counts["unchecked"], self.at, fault)
