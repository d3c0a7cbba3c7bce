"""The faces of one candidate by number: the street face is 0, the case's references follow as they were approved, and
from `LINKED_FROM` on come other street faces that are linked to it, in the order they came.

So a reference that is approved, or a face that is linked while people look moves nothing. One that is removed moves
those behind it down: they are of the same child.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.services.cases import details_of
from indexer.context import Context
from indexer.linking.groups import groups_of
from indexer.sealed_records import about_exif, about_receipt, photo_key, unseal_json
from models.candidate import Candidate
from models.case import Case
from models.face import Face
from models.photo import Photo, PhotoState, Receipt
from models.reference import Reference

DAYS_PER_YEAR = 365.25
LINKED_FROM = 500
"""Number of the first linked street face: a case has fewer references."""
MOST_LINKED = 20
"""So many more looks of a child help; more tire whoever compares."""


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
    street = _street(session, candidate)
    if street is None:
        return []
    taken = _street_day(session, context, street)
    born = details_of(context.keyring, session.get_one(Case, candidate.case_id))["birth_date"]
    references = [
        PairFace(number, Side.REFERENCE, face, _years(reference, born, taken))
        for number, (reference, face) in enumerate(_references(session, candidate.case_id), start=1)
    ]
    linked = enumerate(linked_faces(session, street), start=LINKED_FROM)
    more = [PairFace(number, Side.STREET, face, None) for number, face in linked]
    return [PairFace(0, Side.STREET, street, None), *references, *more]


def face_of(session: Session, candidate: Candidate, number: int) -> Face:
    """The face that has this number in `pair_of`; nothing is unsealed to find it. `NotFound`."""
    street = _street(session, candidate)
    if street is None:
        raise NotFound(thing="face")
    if number >= LINKED_FROM:
        faces, place = linked_faces(session, street), number - LINKED_FROM
    else:
        faces, place = [street, *(face for _, face in _references(session, candidate.case_id))], number
    if place >= len(faces):
        raise NotFound(thing="face")
    return faces[place]


def linked_faces(session: Session, street: Face) -> list[Face]:
    """Other street faces of the same child, `MOST_LINKED` at most, as they came; none that is hidden."""
    others = groups_of(session, [street.id])[street.id] - {street.id}
    shown = select(Face).join(Photo, Face.photo_id == Photo.id).where(Photo.state != PhotoState.HIDDEN)
    return list(session.scalars(shown.where(Face.id.in_(others)).order_by(Face.id).limit(MOST_LINKED)))


def _street(session: Session, candidate: Candidate) -> Face | None:
    return session.get(Face, candidate.face_id) if candidate.face_id is not None else None


def _references(session: Session, case_id: UUID) -> Sequence[tuple[Reference, Face]]:
    chosen = (Face.reference_id == Reference.id) & (Face.number == Reference.chosen)
    query = select(Reference, Face).join(Face, chosen)
    approved = query.where(Reference.case_id == case_id, Reference.approved_at.is_not(None))
    return [(row[0], row[1]) for row in session.execute(approved.order_by(Reference.approved_at, Reference.id))]


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


def _street_day(session: Session, context: Context, street: Face) -> date | None:
    """The day a volunteer gave, else the camera's. An upload may come years later: its day says nothing."""
    photo = session.get_one(Photo, street.photo_id)
    times = [source.taken_at for source in sources_of(session, context, photo)]
    said = [time for time in [*times, camera_details(context, photo)["taken_at"]] if time]
    return datetime.fromisoformat(said[0]).date() if said else None


@dataclass(frozen=True)
class Source:
    """What one volunteer said of a photo, and when it came: never who they are."""

    taken_at: str | None
    latitude: float | None
    longitude: float | None
    place: str | None
    note: str | None
    source_url: str | None
    uploaded_at: datetime


def sources_of(session: Session, context: Context, photo: Photo) -> list[Source]:
    """Every upload of the photo, the first one first."""
    key = photo_key(context.keyring, photo)
    receipts = session.scalars(select(Receipt).where(Receipt.photo_id == photo.id).order_by(Receipt.uploaded_at))
    return [_source(key, receipt) for receipt in receipts if receipt.sealed_details is not None]


def _source(key: bytes, receipt: Receipt) -> Source:
    assert receipt.sealed_details is not None
    said = unseal_json(key, receipt.sealed_details, about_receipt(receipt.id))
    names = ("taken_at", "latitude", "longitude", "place", "note", "source_url")
    return Source(**{name: said.get(name) for name in names}, uploaded_at=receipt.uploaded_at)


def camera_details(context: Context, photo: Photo) -> dict[str, Any]:
    """`taken_at`, `latitude`, `longitude` as the camera wrote them, or None."""
    return unseal_json(photo_key(context.keyring, photo), photo.sealed_exif, about_exif(photo.id))
