"""Candidates that people have spoken on, for supervisors: see, adjudicate, conclude."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.queries import one_visible
from app.schemas.candidates import AskedState, CandidateDetail, LockedAnswer, RecordedOutcome, ReleaseOut
from app.schemas.review import ShownFace
from app.services.crops import Shown, seen, shown_crop
from app.services.pairs import face_of, pairs_of
from indexer.context import Context
from indexer.sealed_records import about_photo, photo_key
from indexer.sealing import unseal
from models.actor import Actor, act
from models.alert import Alert, AlertKind
from models.candidate import Candidate, CandidateState
from models.case import Case
from models.errors import SamePerson
from models.face import Face
from models.photo import Photo
from models.review import Adjudication, Authority, Outcome, Release, Review

PHOTO_NUMBER = 1000
"""Of the whole photo: no face comes to it, so a reference that is approved later does not move it."""

SHOWN_TO_SUPERVISORS = tuple(CandidateState(state.value) for state in AskedState)
_WITH_PHOTO = tuple(
    state for state in SHOWN_TO_SUPERVISORS if state not in (CandidateState.CONFLICT, CandidateState.CONFIRMED)
)


def visible_candidates() -> Select[Candidate]:
    """Those that two reviewers have answered and not rejected: a supervisor sees no other."""
    return select(Candidate).where(Candidate.state.in_(SHOWN_TO_SUPERVISORS))


def locked_candidate(session: Session, candidate_id: UUID) -> Candidate:
    """For a change: one after the other. `NotFound`."""
    return one_visible(session, visible_candidates().with_for_update(), Candidate.id, candidate_id, "candidate")


def described(session: Session, context: Context, candidate: Candidate) -> CandidateDetail:
    return all_described(session, context, [candidate])[0]


def all_described(session: Session, context: Context, candidates: Sequence[Candidate]) -> list[CandidateDetail]:
    """In their order, in as many queries for a page of them as for one."""
    ids = [candidate.id for candidate in candidates]
    pairs, releases = pairs_of(session, context, candidates), _releases(session, ids)
    answers = _answers(session, context, ids)
    case_ids = {candidate.case_id for candidate in candidates}
    cases = session.execute(select(Case.id, Case.number).where(Case.id.in_(case_ids)))
    numbers = {case.id: case.number for case in cases}
    return [
        CandidateDetail(
            id=candidate.id,
            case_id=candidate.case_id,
            case_number=numbers[candidate.case_id],
            state=candidate.state,
            decided_at=candidate.decided_at,
            faces=[ShownFace.model_validate(face) for face in pairs[candidate.id]],
            answers=answers.get(candidate.id, []),
            release=releases.get(candidate.id),
        )
        for candidate in candidates
    ]


def _answers(session: Session, context: Context, ids: Sequence[UUID]) -> dict[UUID, list[LockedAnswer]]:
    """By candidate, in an order that does not tell who gave which, the same at every look."""
    of_round = (Review.candidate_id == Candidate.id) & (Review.round == Candidate.round)
    reviews = session.scalars(select(Review).join(Candidate, of_round).where(Candidate.id.in_(ids)))
    answers: dict[UUID, list[LockedAnswer]] = {}
    for review in sorted(reviews, key=lambda review: context.keyring.digest_of("answer order", review.id.bytes)):
        answers.setdefault(review.candidate_id, []).append(LockedAnswer.model_validate(review))
    return answers


def _releases(session: Session, ids: Sequence[UUID]) -> dict[UUID, ReleaseOut]:
    authority = Authority.id == Release.authority_id
    made = session.execute(
        select(Release, Authority.name).join(Authority, authority).where(Release.candidate_id.in_(ids))
    )
    columns = ("authority_id", "reason", "proposed_by", "proposed_at", "agreed_by", "agreed_at")
    return {
        release.candidate_id: ReleaseOut(authority=name, **{column: getattr(release, column) for column in columns})
        for release, name in made
    }


def look_at(context: Context, actor: Actor, candidate_id: UUID, number: int) -> bytes:
    """A face crop, JPEG; after a release `PHOTO_NUMBER` is the whole photo. `NotFound`, `ChangedMeanwhile`."""

    def find(session: Session) -> Shown:
        candidate = one_visible(session, visible_candidates(), Candidate.id, candidate_id, "candidate")
        if number == PHOTO_NUMBER and candidate.state in _WITH_PHOTO:
            photo = photo_of(session, candidate)
            return Shown(photo.blob_name, lambda _: photo_bytes(context, photo))
        return shown_crop(context, face_of(session, candidate, number))

    what = "photo" if number == PHOTO_NUMBER else f"face {number}"
    return seen(context, find, lambda session: act(session, actor, "candidate.look", "candidate", candidate_id, what))


def photo_of(session: Session, candidate: Candidate) -> Photo:
    """`NotFound` when it was erased."""
    face = session.get(Face, candidate.face_id) if candidate.face_id is not None else None
    if face is None:
        raise NotFound(thing="photo")
    return session.get_one(Photo, face.photo_id)


def photo_bytes(context: Context, photo: Photo) -> bytes:
    """The whole photo, JPEG. `BlobMissing`, `SealBroken`."""
    return unseal(photo_key(context.keyring, photo), context.store.get(photo.blob_name), about_photo(photo.id))


def adjudicate(session: Session, actor: Actor, candidate_id: UUID, same: bool, reason: str) -> Candidate:
    """`NotFound`, `WrongState`, `SamePerson`."""
    candidate = locked_candidate(session, candidate_id)
    own = select(Review.id).where(Review.candidate_id == candidate.id, Review.reviewer_id == actor.id)
    if session.scalar(own) is not None:
        raise SamePerson(reason="nobody adjudicates what they reviewed")
    candidate.adjudicate(same)
    of_round = {"candidate_id": candidate.id, "round": candidate.round}
    decision = Adjudication(**of_round, by=actor.id, same=same, reason=reason)
    session.add(decision)
    if same:
        kind = AlertKind.CANDIDATE_CONFIRMED
        session.add(Alert(kind=kind, object_type="candidate", object_id=str(candidate.id)))
    act(session, actor, "candidate.adjudicate", "candidate", candidate.id, reason, decision)
    return candidate


def record_outcome(session: Session, actor: Actor, candidate_id: UUID, recorded: RecordedOutcome) -> Candidate:
    """`NotFound`, `WrongState`."""
    candidate = locked_candidate(session, candidate_id)
    candidate.conclude(CandidateState(recorded.outcome.value))
    outcome = Outcome(
        candidate_id=candidate.id,
        established_by=recorded.established_by,
        note=recorded.note,
        for_worker=recorded.for_worker,
        recorded_by=actor.id,
    )
    worker_id = session.get_one(Case, candidate.case_id).worker_id
    alert = Alert(
        kind=AlertKind.OUTCOME_RECORDED, user_id=worker_id, object_type="candidate", object_id=str(candidate.id)
    )
    session.add_all([outcome, alert])
    act(session, actor, "outcome.record", "candidate", candidate.id, recorded.outcome, outcome)
    return candidate
