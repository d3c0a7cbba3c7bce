"""What a case worker takes away is in no seeded pair any more: when a case is closed, its tick or a reference removed.

The answers stay, for they are the reviewer's own figures; they show and say nothing of a child.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from models.seeded import SeededPair


def forget_pairs_of_case(session: Session, case_id: UUID) -> None:
    """On either side. The caller holds the case's lock, so that no pair of it is being made."""
    _forget(session, (SeededPair.case_id == case_id) | (SeededPair.other_case_id == case_id))


def forget_pairs_with(session: Session, face_ids: Sequence[int]) -> None:
    """In which one of these faces stands for a street face. The caller holds the lock of their case."""
    _forget(session, SeededPair.face_id.in_(face_ids))


def _forget(session: Session, which: ColumnElement[bool]) -> None:
    for pair in session.scalars(select(SeededPair).where(which).order_by(SeededPair.id).with_for_update()).all():
        pair.forget()
