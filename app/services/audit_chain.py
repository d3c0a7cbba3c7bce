"""Walking the audit chain: an edited, deleted or reordered row shows."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.audit import BEGINNING, Anchor, AuditEntry

AT_ONCE = 1000


@dataclass(frozen=True)
class ChainReport:
    """``fault`` is None when every row is as it was written. ``head`` is the anchor to keep now."""

    rows: int
    head: Anchor
    fault: str | None


def verify_chain(session: Session, anchors: Collection[Anchor] = ()) -> ChainReport:
    """Every row from the first to the last, held against ``anchors`` that were kept outside.

    Stops at the first row that is not as it was written. Without an anchor nobody can tell that the end was cut off,
    or that the whole log was written anew.
    """
    kept: dict[int, set[str]] = {}
    for anchor in anchors:
        kept.setdefault(anchor.number, set()).add(anchor.hash)
    query = select(AuditEntry).order_by(AuditEntry.number).execution_options(yield_per=AT_ONCE)
    with closing(session.scalars(query)) as entries:
        return _walk(entries, kept)


def _walk(entries: Iterable[AuditEntry], kept: Mapping[int, set[str]]) -> ChainReport:
    head = Anchor(0, BEGINNING)
    for entry in entries:
        fault = _fault(entry, head) or _other_than(kept, entry)
        if fault is not None:
            return ChainReport(head.number, head, fault)
        head = Anchor(entry.number, entry.hash)
    newest = max(kept, default=0)
    if newest > head.number:
        return ChainReport(head.number, head, f"rows after {head.number} were cut off: an anchor is at {newest}")
    return ChainReport(head.number, head, None)


def _other_than(kept: Mapping[int, set[str]], entry: AuditEntry) -> str | None:
    if kept.get(entry.number, set()) <= {entry.hash}:
        return None
    return f"row {entry.number} is not the one that an anchor was taken from"


def _fault(entry: AuditEntry, before: Anchor) -> str | None:
    if entry.number != before.number + 1:
        return f"row {before.number + 1} is missing"
    if entry.previous_hash != before.hash:
        return f"row {entry.number} does not follow row {before.number}: one of them was moved or replaced"
    if entry.hash != entry.computed_hash():
        return f"row {entry.number} was changed after it was written"
    return None
