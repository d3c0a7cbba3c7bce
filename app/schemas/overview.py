"""What admins, auditors and supervisors read about the running of the house. No face, no place, no child."""

from datetime import datetime
from uuid import UUID

from app.schemas.accounts import AccountOut
from app.schemas.base import Answer
from models.alert import AlertKind


class AlertOut(Answer):
    id: UUID
    kind: AlertKind
    object_type: str
    object_id: str
    at: datetime
    account: AccountOut | None  # whose account the alert is about


class Queue(Answer):
    waiting: int
    oldest_seconds: int | None


class Filing(Answer):
    """Some laws ask an operator to register once faces of this many persons are stored; faces are counted, not persons.

    PRC, Security Management Measures for the Application of Facial Recognition Technology, article 15 (2025-06-01).
    """

    limit: int
    stored_faces: int
    near: bool


class Stats(Answer):
    photos_by_state: dict[str, int]
    photos_by_reason: dict[str, int]
    queue: Queue
    faces: int
    filing: Filing
    messages_given_up: int  # to the operator's own addresses; tried so often that they are tried no more


class GalleryOut(Answer):
    pack_id: str | None
    faces: int
    last_change: int
    newest_change: int
    lag: int
    ready: bool


class PackOut(Answer):
    id: str
    name: str
    licence: str
    limits: str | None  # what it is weak at; null for a pack that is not in use
    dimension: int
    in_use: bool


class Packs(Answer):
    items: list[PackOut]


class AuditOut(Answer):
    number: int
    at: datetime
    actor_id: UUID | None
    role: str
    action: str
    object_type: str
    object_id: str
    why: str
    request_id: str
    previous_hash: str
    hash: str
