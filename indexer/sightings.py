"""What was entered about photos and children, opened for a look at whether it can be true."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from indexer.errors import SealBroken
from indexer.keyring import KeyRing
from indexer.plausibility import ChildEntries, PhotoEntries, ReferenceEntries
from indexer.sealed_records import about_case, about_exif, about_receipt, case_key, photo_key, unseal_json
from models.case import Case
from models.photo import Photo, Receipt
from models.reference import Reference


def child_entries(keyring: KeyRing, case: Case) -> ChildEntries:
    """`SealBroken`."""
    said = unseal_json(case_key(keyring, case), case.sealed_details, about_case(case.id))
    return ChildEntries(_day(said.get("birth_date")), said.get("sex"), _day(said.get("missing_since")))


def reference_entries(session: Session, case: Case) -> dict[UUID, ReferenceEntries]:
    rows = select(Reference).where(Reference.case_id == case.id)
    return {each.id: ReferenceEntries(each.taken_on, each.age_years) for each in session.scalars(rows)}


def photo_entries(session: Session, keyring: KeyRing, photo_ids: Iterable[UUID]) -> dict[UUID, PhotoEntries]:
    """Of each photo what its volunteers say who still vouch for it; what will not open says nothing."""
    wanted = list(photo_ids)
    photos = session.scalars(select(Photo).where(Photo.id.in_(wanted))).all()
    receipts: dict[UUID, list[Receipt]] = {}
    for receipt in session.scalars(select(Receipt).where(Receipt.photo_id.in_(wanted), Receipt.withdrawn_at.is_(None))):
        if receipt.photo_id is not None:
            receipts.setdefault(receipt.photo_id, []).append(receipt)
    return {photo.id: _entries(keyring, photo, receipts.get(photo.id, [])) for photo in photos}


def _entries(keyring: KeyRing, photo: Photo, receipts: list[Receipt]) -> PhotoEntries:
    try:
        key = photo_key(keyring, photo)
    except SealBroken:
        return PhotoEntries(photo.uploaded_at.date())
    camera = _opened(key, photo.sealed_exif, about_exif(photo.id))
    said = [_opened(key, each.sealed_details or b"", about_receipt(each.id)) for each in receipts]
    days = [day for each in said if (day := _day(each.get("taken_at")))]
    by_camera = _day(camera.get("taken_at"))
    alone = photo.faces_found == 1
    return PhotoEntries(
        sent_on=photo.uploaded_at.date(),
        taken_on=tuple(days) if days else ((by_camera,) if by_camera else ()),
        ages=tuple(each["apparent_age"] for each in said if alone and "apparent_age" in each),
        sexes=tuple(each["apparent_sex"] for each in said if alone and "apparent_sex" in each),
        places=tuple(_places(said)) or tuple(_places([camera])),
    )


def _opened(key: bytes, sealed: bytes, about: str) -> Mapping[str, Any]:
    """What will not open says nothing."""
    try:
        return unseal_json(key, sealed, about)
    except SealBroken:
        return {}


def _places(said: Iterable[Mapping[str, Any]]) -> Iterator[tuple[float, float]]:
    for each in said:
        if each.get("latitude") is not None and each.get("longitude") is not None:
            yield each["latitude"], each["longitude"]


def _day(said: str | None) -> date | None:
    """ISO 8601, a day or a moment; a day in whatever zone it was said."""
    try:
        return datetime.fromisoformat(said).date() if said else None
    except ValueError:
        return None
