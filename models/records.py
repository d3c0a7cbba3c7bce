"""Every record, imported once so that metadata is whole (Alembic and tests read it from here)."""

from models.alert import Alert
from models.audit import AuditEntry
from models.base import Base
from models.calibration import CalibrationRecord
from models.candidate import Candidate, Search, SearchResult
from models.case import Case
from models.cohort import Cohort, CohortMember, FaceStatistics
from models.erasure import DiscardedBlob, Erasure, LedgerEntry
from models.face import Face
from models.hold import Hold
from models.installation import Installation
from models.link import Cursor, FaceLink, LinkThreshold
from models.message import Message
from models.pack import PackRecord
from models.passkey import Passkey, RecoveryCode, UsedChallenge
from models.photo import Photo, PhotoBand, Receipt
from models.reference import Reference
from models.request import IdempotentRequest
from models.retention import RetentionState
from models.review import Adjudication, Assignment, Authority, Outcome, Release, Review
from models.seeded import SeededPair
from models.standing import SearchedReference, StandingThreshold
from models.template import GalleryChange, Template
from models.upload_count import UploadCount
from models.user import ApiKey, Invitation, User, UserSession

__all__ = [
    "Adjudication",
    "Alert",
    "ApiKey",
    "Assignment",
    "AuditEntry",
    "Authority",
    "Base",
    "CalibrationRecord",
    "Candidate",
    "Case",
    "Cohort",
    "CohortMember",
    "Cursor",
    "DiscardedBlob",
    "Erasure",
    "Face",
    "FaceLink",
    "FaceStatistics",
    "GalleryChange",
    "Hold",
    "IdempotentRequest",
    "Installation",
    "Invitation",
    "LedgerEntry",
    "LinkThreshold",
    "Message",
    "Outcome",
    "PackRecord",
    "Passkey",
    "Photo",
    "PhotoBand",
    "Receipt",
    "RecoveryCode",
    "Reference",
    "Release",
    "RetentionState",
    "Review",
    "Search",
    "SearchResult",
    "SearchedReference",
    "SeededPair",
    "StandingThreshold",
    "Template",
    "UploadCount",
    "UsedChallenge",
    "User",
    "UserSession",
]
