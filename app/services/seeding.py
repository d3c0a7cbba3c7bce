"""Which pair of known truth a reviewer is shown next, if one is due: never of a case they have seen or work on.

Same: two references of one case at different ages. Different: references of two cases of like age and sex, the most
alike first. Both cases' workers ticked that their photos may be used so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from app.services.cases import details_of
from app.services.pairs import DAYS_PER_YEAR, approved_references
from indexer.keyring import KeyRing
from indexer.sealed_records import case_key, unseal_template
from models.candidate import Candidate
from models.case import Case, CaseState
from models.face import Face
from models.pack import PackRecord
from models.reference import Reference
from models.review import Assignment
from models.seeded import SeededPair
from models.template import Template

CASES_LOOKED_AT = 60
"""Of those that may be used, another sample at each draw: every one is unsealed while the reviewer waits."""
YEARS_BETWEEN = 1.0  # of a pair of one child, at least
YEARS_ALIKE = 2.0  # of a pair of two children, at most


@dataclass(frozen=True)
class Look:
    """One reference of a case: its face, and how old the child is in it."""

    case: Case
    face: Face
    age: float
    sex: str | None


def is_due(session: Session, keyring: KeyRing, reviewer_id: UUID, share: float) -> bool:
    """By a keyed draw on how many pairs the reviewer has had: nobody foresees it, and asking again changes nothing."""
    return _draw(session, keyring, reviewer_id) / 2**64 < share


def make_pair(session: Session, keyring: KeyRing, reviewer_id: UUID, lapses_at: datetime) -> SeededPair | None:
    """A pair of one kind or the other by chance; of the other where there is none of the first; else None."""
    draw = _draw(session, keyring, reviewer_id)
    looks = _looks(session, keyring, reviewer_id, draw)
    if draw % 2:
        found = _one_child(looks) or _two_children(session, keyring, looks)
    else:
        found = _two_children(session, keyring, looks) or _one_child(looks)
    if found is None:
        return None
    shown, stands_for = found
    pair = SeededPair(
        reviewer_id=reviewer_id,
        case_id=shown.case.id,
        face_id=stands_for.face.id,
        same=shown.case.id == stands_for.case.id,
        seed=draw % 2**31,
        lapses_at=lapses_at,
    )
    session.add(pair)
    session.flush()
    return pair


def age_of(session: Session, keyring: KeyRing, face: Face) -> float | None:
    """Of the child in this face of a reference, in years; None where nobody said."""
    reference = session.get_one(Reference, face.reference_id)
    return _age(reference, details_of(keyring, session.get_one(Case, reference.case_id))["birth_date"])


def _draw(session: Session, keyring: KeyRing, reviewer_id: UUID) -> int:
    had = sum(
        session.scalar(select(func.count()).where(record.reviewer_id == reviewer_id)) or 0
        for record in (Assignment, SeededPair)
    )
    drawn = keyring.digest_of("seeded draw", reviewer_id.bytes + had.to_bytes(8))
    return int.from_bytes(drawn[:8])


def _looks(session: Session, keyring: KeyRing, reviewer_id: UUID, draw: int) -> list[list[Look]]:
    """By case, each from the youngest look to the oldest; references without an age are left out."""
    usable = select(Case).where(Case.state == CaseState.APPROVED, Case.may_test_reviewers)
    ids = session.scalars(
        usable.where(Case.worker_id != reviewer_id, ~_was_seen(reviewer_id)).with_only_columns(Case.id)
    )
    sample = sorted(ids, key=lambda each: keyring.digest_of("seeded order", each.bytes + draw.to_bytes(8)))
    chosen = sample[:CASES_LOOKED_AT]
    cases = {case.id: case for case in session.scalars(select(Case).where(Case.id.in_(chosen)))}
    references = approved_references(session, chosen)
    return [_of_case(keyring, cases[each], references.get(each, [])) for each in chosen]


def _was_seen(reviewer_id: UUID) -> ColumnElement[bool]:
    """By this reviewer, on either side of a pair, real or seeded."""
    real = exists().where(
        Assignment.candidate_id == Candidate.id,
        Assignment.reviewer_id == reviewer_id,
        Candidate.case_id == Case.id,
    )
    shown = exists().where(SeededPair.reviewer_id == reviewer_id, SeededPair.case_id == Case.id)
    stood = exists().where(
        SeededPair.reviewer_id == reviewer_id,
        SeededPair.face_id == Face.id,
        Face.reference_id == Reference.id,
        Reference.case_id == Case.id,
    )
    return or_(*(each.correlate(Case) for each in (real, shown, stood)))


def _of_case(keyring: KeyRing, case: Case, references: Iterable[tuple[Reference, Face]]) -> list[Look]:
    details = details_of(keyring, case)
    aged = [
        Look(case, face, age, details["sex"])
        for reference, face in references
        if (age := _age(reference, details["birth_date"])) is not None
    ]
    return sorted(aged, key=lambda look: look.age)


def _age(reference: Reference, born: str | None) -> float | None:
    if reference.age_years is not None:
        return reference.age_years
    if reference.taken_on is None or born is None:
        return None
    return (reference.taken_on - date.fromisoformat(born)).days / DAYS_PER_YEAR


def _one_child(cases: Sequence[Sequence[Look]]) -> tuple[Look, Look] | None:
    """The oldest look stands for the street face."""
    for looks in cases:
        if len(looks) > 1 and looks[-1].age - looks[0].age >= YEARS_BETWEEN:
            return looks[0], looks[-1]
    return None


def _two_children(session: Session, keyring: KeyRing, cases: Sequence[Sequence[Look]]) -> tuple[Look, Look] | None:
    """Of the first case that has one, the other child of like age and sex whose look scores highest with its own."""
    templates = _templates(session, keyring, [look for looks in cases for look in looks])
    for looks in cases:
        own = [look for look in looks if look.face.id in templates]
        others = [
            (float(templates[mine.face.id] @ templates[look.face.id]), mine, look)
            for mine in own
            for other in cases
            if other is not looks
            for look in other
            if look.face.id in templates and _is_like(mine, look)
        ]
        if others:
            _, mine, look = max(others, key=lambda each: each[0])
            return mine, look
    return None


def _is_like(one: Look, other: Look) -> bool:
    return one.sex == other.sex and one.sex in ("female", "male") and abs(one.age - other.age) <= YEARS_ALIKE


def _templates(session: Session, keyring: KeyRing, looks: Sequence[Look]) -> dict[int, NDArray[np.float32]]:
    """By face, under the pack that came last."""
    pack_id = session.scalar(select(PackRecord.id).order_by(PackRecord.first_used_at.desc()).limit(1))
    keys = {look.face.id: case_key(keyring, look.case) for look in looks}
    rows = session.execute(
        select(Template.face_id, Template.sealed).where(Template.face_id.in_(keys), Template.pack_id == pack_id)
    )
    return {row.face_id: unseal_template(keys[row.face_id], row.sealed, row.face_id, str(pack_id)) for row in rows}
