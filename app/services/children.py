"""A child as their references show them: each look with its age, and what two cases of one child would share."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.services.cases import details_of
from app.services.pairs import DAYS_PER_YEAR, approved_references
from indexer.keyring import KeyRing
from models.case import Case
from models.face import Face, QualityClass
from models.reference import Reference

_MARKS = ("child_name", "birth_date", "police_reference")


@dataclass(frozen=True)
class Look:
    """One approved reference: the child's face, and how old the child is in it, in years."""

    reference: Reference
    face: Face
    age: float

    @property
    def is_enrolled(self) -> bool:
        """Good enough to stand for a street face, of which the others are never candidates."""
        return self.face.quality_class is not QualityClass.NOT_ENROLLED


@dataclass(frozen=True)
class Child:
    """``looks`` from the youngest on; references without an age are left out. ``sex``: None where nobody said.

    ``marks`` are entries that two cases of one child would share.
    """

    case: Case
    looks: Sequence[Look]
    sex: str | None
    marks: frozenset[str]


def children_of(session: Session, keyring: KeyRing, case_ids: Sequence[UUID]) -> list[Child]:
    """In the order of their ids."""
    cases = {case.id: case for case in session.scalars(select(Case).where(Case.id.in_(case_ids)))}
    references = approved_references(session, case_ids)
    return [_child(keyring, cases[each], references.get(each, [])) for each in case_ids]


def may_be_one(child: Child, other: Child) -> bool:
    """A case opened twice; brothers and sisters who were reported together are left out with them."""
    return bool(child.marks & other.marks)


def _child(keyring: KeyRing, case: Case, references: Iterable[tuple[Reference, Face]]) -> Child:
    details = details_of(keyring, case)
    pairs = list(references)
    aged = [(reference, face, _age(reference, details["birth_date"])) for reference, face in pairs]
    looks = [Look(reference, face, age) for reference, face, age in aged if age is not None]
    sex = details["sex"] if details["sex"] in ("female", "male") else None
    named = {f"{name} {_plain(details[name])}" for name in _MARKS if details[name]}
    marks = {str(case.id), *named, *(reference.digest.hex() for reference, _ in pairs)}
    return Child(case, sorted(looks, key=lambda look: (look.age, look.face.id)), sex, frozenset(marks))


def _age(reference: Reference, born: str | None) -> float | None:
    """As it was said, else from the dates of the picture and of birth."""
    if reference.age_years is not None:
        return reference.age_years
    if reference.taken_on is None or born is None:
        return None
    return (reference.taken_on - date.fromisoformat(born)).days / DAYS_PER_YEAR


def _plain(words: str) -> str:
    return "".join(words.split()).casefold()
