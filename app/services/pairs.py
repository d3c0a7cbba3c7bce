"""The faces of one candidate by number: the street face is 0, the case's references follow as they were approved, and
from `LINKED_FROM` on come other street faces that are linked to it, in the order they came.

So a reference that is approved, or a face that is linked while people look moves nothing. One that is removed moves
those behind it down: they are of the same child.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.services.cases import details_of
from app.services.sources import street_days
from indexer.context import Context
from indexer.linking.groups import groups_of
from models.candidate import Candidate
from models.case import Case
from models.face import Face
from models.photo import Photo, PhotoState
from models.reference import Reference

DAYS_PER_YEAR = 365.25
LINKED_FROM = 500
"""Number of the first linked street face: a case has fewer references."""
MOST_LINKED = 20
"""So many more looks of a child help; more tire whoever compares."""
_IDS_AT_ONCE = 5_000


class Side(StrEnum):
    REFERENCE = "reference"
    STREET = "street"


@dataclass(frozen=True)
class PairFace:
    """One face of a pair. ``street_about_years_after``: whole years from this reference to the street photo."""

    number: int
    side: Side
    face: Face
    street_about_years_after: int | None


def pair_of(session: Session, context: Context, candidate: Candidate) -> list[PairFace]:
    """The street face, the references, then linked street faces; empty when the photo is gone."""
    return pairs_of(session, context, [candidate])[candidate.id]


def pairs_of(session: Session, context: Context, candidates: Sequence[Candidate]) -> dict[UUID, list[PairFace]]:
    """`pair_of` of each, by candidate id, in as many queries for a page of them as for one."""
    streets = _streets(session, candidates)
    case_ids = {candidate.case_id for candidate in candidates if candidate.face_id in streets}
    days = street_days(session, context, streets.values())
    linked = linked_faces(session, days)
    references, born = approved_references(session, case_ids), _birth_dates(session, context, case_ids)

    def pair(candidate: Candidate) -> list[PairFace]:
        street = streets.get(candidate.face_id)
        if street is None:
            return []
        known = [
            PairFace(number, Side.REFERENCE, face, _years(reference, born[candidate.case_id], days[street.id]))
            for number, (reference, face) in enumerate(references.get(candidate.case_id, []), start=1)
        ]
        linked_to = enumerate(linked[street.id], start=LINKED_FROM)
        more = [PairFace(number, Side.STREET, face, None) for number, face in linked_to]
        return [PairFace(0, Side.STREET, street, None), *known, *more]

    return {candidate.id: pair(candidate) for candidate in candidates}


def face_of(session: Session, candidate: Candidate, number: int) -> Face:
    """The face that has this number in `pair_of`; nothing is unsealed to find it. `NotFound`."""
    street = _streets(session, [candidate]).get(candidate.face_id)
    if street is None:
        raise NotFound(thing="face")
    if number >= LINKED_FROM:
        faces, place = linked_faces(session, [street.id])[street.id], number - LINKED_FROM
    else:
        references = approved_references(session, [candidate.case_id]).get(candidate.case_id, [])
        faces, place = [street, *(face for _, face in references)], number
    if place >= len(faces):
        raise NotFound(thing="face")
    return faces[place]


def linked_faces(session: Session, street_ids: Iterable[int]) -> dict[int, list[Face]]:
    """By face, others of the same child, `MOST_LINKED` at most, as they came; none that is hidden."""
    groups = groups_of(session, street_ids)
    others = {face_id: sorted(group - {face_id}) for face_id, group in groups.items()}
    shown = select(Face).join(Photo, Face.photo_id == Photo.id).where(Photo.state != PhotoState.HIDDEN)
    wanted = sorted({each for ids in others.values() for each in ids})
    faces: dict[int, Face] = {}
    for start in range(0, len(wanted), _IDS_AT_ONCE):
        some = shown.where(Face.id.in_(wanted[start : start + _IDS_AT_ONCE]))
        faces |= {face.id: face for face in session.scalars(some)}
    return {face_id: [faces[each] for each in ids if each in faces][:MOST_LINKED] for face_id, ids in others.items()}


def _streets(session: Session, candidates: Iterable[Candidate]) -> dict[int | None, Face]:
    ids = [candidate.face_id for candidate in candidates if candidate.face_id is not None]
    return {face.id: face for face in session.scalars(select(Face).where(Face.id.in_(ids)))}


def approved_references(session: Session, case_ids: Iterable[UUID]) -> dict[UUID, list[tuple[Reference, Face]]]:
    """By case, each with the face chosen in it, in the order in which they were approved."""
    chosen = (Face.reference_id == Reference.id) & (Face.number == Reference.chosen)
    query = select(Reference, Face).join(Face, chosen)
    approved = query.where(Reference.case_id.in_(list(case_ids)), Reference.approved_at.is_not(None))
    found: dict[UUID, list[tuple[Reference, Face]]] = {}
    for reference, face in session.execute(approved.order_by(Reference.approved_at, Reference.id)):
        found.setdefault(reference.case_id, []).append((reference, face))
    return found


def _birth_dates(session: Session, context: Context, case_ids: Iterable[UUID]) -> dict[UUID, str | None]:
    cases = session.scalars(select(Case).where(Case.id.in_(list(case_ids))))
    return {case.id: details_of(context.keyring, case)["birth_date"] for case in cases}


def _years(reference: Reference, born: str | None, taken: date | None) -> int | None:
    """From the date of the reference, else from its age and the date of birth.

    None where a date is missing, or where they cannot all be right: the street photo would be the older one.
    """
    if taken is None:
        return None
    if reference.taken_on is not None:
        days = float((taken - reference.taken_on).days)
    elif reference.age_years is not None and born is not None:
        days = (taken - date.fromisoformat(born)).days - reference.age_years * DAYS_PER_YEAR
    else:
        return None
    years = round(days / DAYS_PER_YEAR)
    return years if years >= 0 else None
