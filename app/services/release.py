"""Release: place, times and photo of a confirmed candidate, to an authority from the list, by two supervisors."""

from base64 import b64encode
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.errors import NotFound, PhotoWithdrawn, ReleaseChanged
from app.queries import listed_authorities, one_visible
from app.schemas.candidates import CameraOut, ReleasePacket, SourceOut
from app.services.candidates import PHOTO_NUMBER, locked_candidate, photo_bytes, photo_of
from app.services.sources import camera_details, sources_of
from indexer.context import Context
from models.actor import Actor, act
from models.alert import Alert, AlertKind
from models.candidate import Candidate, CandidateState
from models.case import Case
from models.errors import WrongState
from models.photo import PhotoState
from models.review import Authority, Release
from models.types import now
from models.user import Role, User, UserState


def propose_release(session: Session, actor: Actor, candidate_id: UUID, authority_id: UUID, reason: str) -> Candidate:
    """The latest proposal stands; a lone supervisor's day of waiting begins anew with it.

    `NotFound`, `WrongState`, `PhotoWithdrawn`.
    """
    candidate = locked_candidate(session, candidate_id)
    _require_releasable(session, candidate)
    authority = one_visible(session, listed_authorities(), Authority.id, authority_id, "authority")
    release = session.get(Release, candidate.id)
    if release is None:
        release = Release(candidate_id=candidate.id, authority_id=authority.id, reason=reason, proposed_by=actor.id)
        session.add(release)
    else:
        release.propose_again(authority.id, reason, actor.user)
    kind = AlertKind.RELEASE_AWAITS_AGREEMENT
    session.add(Alert(kind=kind, object_type="candidate", object_id=str(candidate.id)))
    act(session, actor, "release.propose", "candidate", candidate.id, f"to {authority.id}: {reason}", release)
    return candidate


def agree_to_release(
    session: Session, context: Context, actor: Actor, candidate_id: UUID, authority_id: UUID
) -> ReleasePacket:
    """What goes to the authority; whoever agreed is given it again until there is an outcome, each time on record.

    `NotFound`, `WrongState`, `SamePerson`, `ReleaseChanged`; `PhotoWithdrawn` unless it was agreed on before.
    """
    candidate = locked_candidate(session, candidate_id)
    release = session.get(Release, candidate.id)
    if release is None:
        raise WrongState(thing="candidate", state="not proposed for release", change="agreed to")
    if release.authority_id != authority_id:
        raise ReleaseChanged
    if candidate.state is CandidateState.RELEASED and release.agreed_by == actor.id:
        act(session, actor, "release.read", "candidate", candidate.id)
    else:
        _agree(session, actor, candidate, release)
    return _packet(session, context, candidate, release)


def read_release(session: Session, context: Context, actor: Actor, candidate_id: UUID) -> ReleasePacket:
    """The same again, and nothing agreed to: for whoever did that before. `NotFound`."""
    candidate = locked_candidate(session, candidate_id)
    release = session.get(Release, candidate.id)
    if release is None or candidate.state is not CandidateState.RELEASED or release.agreed_by != actor.id:
        raise NotFound(thing="release")
    return agree_to_release(session, context, actor, candidate_id, release.authority_id)


def _agree(session: Session, actor: Actor, candidate: Candidate, release: Release) -> None:
    _require_releasable(session, candidate)
    authority = one_visible(session, listed_authorities(), Authority.id, release.authority_id, "authority")
    release.agree(actor.user, only_supervisor=_is_alone(session, actor, release))
    candidate.release()
    _tell_worker(session, candidate)
    act(session, actor, "release.agree", "candidate", candidate.id, f"to {authority.id}: {release.reason}", release)


def _require_releasable(session: Session, candidate: Candidate) -> None:
    """A withdrawal locks the candidate too: it is seen here, or comes after the release."""
    if candidate.state is not CandidateState.CONFIRMED:
        raise WrongState(thing="candidate", state=candidate.state, change="released")
    if photo_of(session, candidate).state is PhotoState.HIDDEN:
        raise PhotoWithdrawn


def _is_alone(session: Session, actor: Actor, release: Release) -> bool:
    """Since the proposal: to disable the other supervisor's account does not shorten the wait."""
    stood_by = or_(User.state == UserState.ACTIVE, User.disabled_at >= release.proposed_at)
    other = select(User.id).where(User.role == Role.SUPERVISOR, User.id != actor.id, stood_by)
    return session.scalar(other.limit(1)) is None


def _tell_worker(session: Session, candidate: Candidate) -> None:
    worker_id = session.get_one(Case, candidate.case_id).worker_id
    kind = AlertKind.CANDIDATE_RELEASED
    session.add(Alert(kind=kind, user_id=worker_id, object_type="candidate", object_id=str(candidate.id)))


def _packet(session: Session, context: Context, candidate: Candidate, release: Release) -> ReleasePacket:
    photo = photo_of(session, candidate)
    authority = session.get_one(Authority, release.authority_id)
    return ReleasePacket(
        candidate_id=candidate.id,
        case_number=session.get_one(Case, candidate.case_id).number,
        authority=authority.name,
        contact=authority.contact,
        reason=release.reason,
        agreed_at=release.agreed_at or now(),
        sources=[SourceOut.model_validate(source) for source in sources_of(session, context, photo)],
        camera=CameraOut(**camera_details(context, photo)),
        photo_number=PHOTO_NUMBER,
        photo_jpeg=b64encode(photo_bytes(context, photo)).decode(),
    )
