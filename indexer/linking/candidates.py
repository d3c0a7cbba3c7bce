"""Which candidate of a case a street face belongs to: its own, or that of another face of the same child."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from indexer.linking.groups import Groups, groups_of
from models.candidate import Candidate, CandidateState
from models.link import LinkReason

DECIDED_AGAINST = frozenset({CandidateState.REJECTED, CandidateState.NOT_THE_CHILD, CandidateState.WITHDRAWN})


def known_candidates(session: Session, case_id: UUID, face_ids: list[int]) -> dict[int, Candidate]:
    """By face id, for those that have one. No candidate is given to two faces: the first in the list has it.

    A face's own candidate comes first, then the oldest of its group. What people decided against stays with the face
    they looked at and with copies of the same photo: a link that is wrong must not keep a child from being looked at.
    """
    everyone = groups_of(session, face_ids)
    copies = groups_of(session, face_ids, LinkReason.NEAR_REPEAT)
    of_case = select(Candidate).where(Candidate.case_id == case_id)
    members = {member for group in everyone.values() for member in group}
    there = session.scalars(of_case.where(Candidate.face_id.in_(members)).order_by(Candidate.found_at, Candidate.id))
    candidates = {candidate.face_id: candidate for candidate in there if candidate.face_id is not None}
    given: dict[int, Candidate] = {}
    for face_id in face_ids:
        candidate = candidates.get(face_id) or _of_group(face_id, candidates, everyone, copies)
        if candidate is not None and candidate not in given.values():
            given[face_id] = candidate
    return given


def _of_group(face_id: int, candidates: dict[int, Candidate], everyone: Groups, copies: Groups) -> Candidate | None:
    for member, candidate in candidates.items():
        if member in copies[face_id]:
            return candidate
        if member in everyone[face_id] and candidate.state not in DECIDED_AGAINST:
            return candidate
    return None
