"""Holding what people decided against the acts that put it on record: an answer edited afterwards shows."""

from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from models.audit import AuditEntry
from models.candidate import Candidate
from models.decision import Decision
from models.review import Adjudication, Authority, Outcome, Release, Review
from models.seeded import SeededPair

AT_ONCE = 1000


@dataclass(frozen=True)
class Source:
    """Records that acts name by ``key``; only those that ``counts`` are decided."""

    record: type[Decision]
    key: InstrumentedAttribute[Any]
    counts: ColumnElement[bool]


@dataclass(frozen=True)
class Kind:
    """``actions`` put ``sources`` on record. With ``latest`` the newest act covers a record, else each one its own."""

    actions: tuple[str, ...]
    sources: tuple[Source, ...]
    latest: bool = False


KINDS = (
    Kind(
        ("review.answer",),
        (
            Source(Review, Review.assignment_id, true()),
            Source(SeededPair, SeededPair.id, SeededPair.answer.is_not(None)),
        ),
    ),
    Kind(("candidate.adjudicate",), (Source(Adjudication, Adjudication.candidate_id, true()),)),
    Kind(("release.propose", "release.agree"), (Source(Release, Release.candidate_id, true()),), latest=True),
    Kind(("outcome.record",), (Source(Outcome, Outcome.candidate_id, true()),)),
    Kind(("authority.propose", "authority.agree"), (Source(Authority, Authority.id, true()),), latest=True),
)


@dataclass(frozen=True)
class DecisionsReport:
    """``fault`` is None when every decision is as its act says. ``not_covered``: from before acts covered any."""

    covered: int
    not_covered: int
    fault: str | None


_Act = tuple[int, str | None]
"""A row's number, and the digests it carries."""


def verify_decisions(session: Session) -> DecisionsReport:
    """Every answer, adjudication, release, outcome and authority."""
    covered: Counter[bool] = Counter()
    faults = (_fault_of(session, kind, covered) for kind in KINDS)
    fault = next((fault for fault in faults if fault is not None), None) or _lost_words(session)
    return DecisionsReport(covered[True], covered[False], fault)


def _fault_of(session: Session, kind: Kind, covered: Counter[bool]) -> str | None:
    """The first of ``kind``; counts into ``covered`` those that hold."""
    acts = _acts(session, kind)
    for source in kind.sources:
        query = select(source.key, source.record).where(source.counts).execution_options(yield_per=AT_ONCE)
        with closing(session.execute(query)) as decided:
            for key, record in decided:
                fault, is_covered = _held_against(acts.get(str(key), []), source, str(key), record)
                if fault is not None:
                    return fault
                covered[is_covered] += 1
    gone = _first_left(acts.values())
    return None if gone is None else f"what row {gone} decided is gone"


def _acts(session: Session, kind: Kind) -> dict[str, list[_Act]]:
    """By what they name; they are taken out as their records are found."""
    columns = select(AuditEntry.object_id, AuditEntry.number, AuditEntry.covers)
    acts: dict[str, list[_Act]] = {}
    for row in session.execute(columns.where(AuditEntry.action.in_(kind.actions)).order_by(AuditEntry.number)):
        if kind.latest:
            acts[row.object_id] = []
        acts.setdefault(row.object_id, []).append((row.number, row.covers))
    return acts


def _held_against(acts: list[_Act], source: Source, key: str, record: Decision) -> tuple[str | None, bool]:
    """What is wrong with ``record``, and whether an act covers it. Its act is taken out of ``acts``."""
    for place, (_, covers) in enumerate(acts):
        if covers is None if record.salt is None else covers is not None and record.fits(covers):
            del acts[place]
            return None, covers is not None
    if acts:
        return f"what row {acts[0][0]} decided was changed afterwards", False
    table = source.record.__table__.name  # type: ignore[attr-defined]
    return f"{table} holds a decision that no row put on record ({key})", False


def _first_left(acts: Iterable[list[_Act]]) -> int | None:
    return min((number for left in acts for number, covers in left if covers is not None), default=None)


def _lost_words(session: Session) -> str | None:
    """A comment goes with the face it describes, or when its case is emptied, and that is on record."""
    wordless = select(Review.assignment_id, Candidate.case_id).join(Candidate, Review.candidate_id == Candidate.id)
    still_shown = Candidate.face_id.is_not(None), Review.salt.is_not(None), Review.words_salt.is_(None)
    emptied = set(session.scalars(select(AuditEntry.object_id).where(AuditEntry.action == "case.empty")))
    answers = session.execute(wordless.where(*still_shown)).all()
    seeded = select(SeededPair.id).where(SeededPair.face_id.is_not(None), SeededPair.salt.is_not(None))
    found = [row.assignment_id for row in answers if str(row.case_id) not in emptied]
    found += session.scalars(seeded.where(SeededPair.words_salt.is_(None)).limit(1))
    return f"the comment of the answer to assignment {found[0]} was taken out" if found else None
