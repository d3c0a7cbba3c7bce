"""Walking the audit chain: an edited, deleted or reordered row shows."""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.audit import BEGINNING, AuditEntry

AT_ONCE = 1000


@dataclass(frozen=True)
class Anchor:
    """A row as it was seen once, kept outside: the chain's end cannot be cut off before it unnoticed."""

    number: int
    hash: str


@dataclass(frozen=True)
class ChainReport:
    """``fault`` is None when every row is as it was written. ``head`` is the anchor to keep now."""

    rows: int
    head: Anchor
    fault: str | None


def verify_chain(session: Session, anchor: Anchor | None = None) -> ChainReport:
    """Every row from the first to the last; stops at the first that is not as it was written."""
    query = select(AuditEntry).order_by(AuditEntry.number).execution_options(yield_per=AT_ONCE)
    with closing(session.scalars(query)) as entries:
        return _walk(entries, anchor)


def _walk(entries: Iterable[AuditEntry], anchor: Anchor | None) -> ChainReport:
    head = Anchor(0, BEGINNING)
    for entry in entries:
        fault = _fault(entry, head) or _other_than(anchor, entry)
        if fault is not None:
            return ChainReport(head.number, head, fault)
        head = Anchor(entry.number, entry.hash)
    if anchor is not None and anchor.number > head.number:
        return ChainReport(
            head.number, head, f"rows after {head.number} were cut off: the anchor is at {anchor.number}"
        )
    return ChainReport(head.number, head, None)


def _other_than(anchor: Anchor | None, entry: AuditEntry) -> str | None:
    if anchor is None or entry.number != anchor.number or entry.hash == anchor.hash:
        return None
    return f"row {entry.number} is not the one that the anchor was taken from"


def _fault(entry: AuditEntry, before: Anchor) -> str | None:
    if entry.number != before.number + 1:
        return f"row {before.number + 1} is missing"
    if entry.previous_hash != before.hash:
        return f"row {entry.number} does not follow row {before.number}: one of them was moved or replaced"
    if entry.hash != entry.computed_hash():
        return f"row {entry.number} was changed after it was written"
    return None
