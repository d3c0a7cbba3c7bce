"""Release: place, times and photo of a confirmed candidate, to an authority from the list, by two supervisors."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import ReleaseChanged
from app.queries import listed_authorities, one_visible
from app.schemas.candidates import CameraOut, ReleasePacket, SourceOut
from app.services.candidates import PHOTO_NUMBER, locked_candidate, photo_of
from app.services.pairs import camera_details, sources_of
from indexer.context import Context
from indexer.turns import take_turn
from models.actor import Actor, act
from models.alert import Alert, AlertKind
from models.candidate import Candidate, CandidateState
from models.case import Case
from models.errors import WrongState
from models.review import Authority, Release
from models.types import now
from models.user import Role, User, UserState

_RELEASES = "releases"


def propose_release(session: Session, actor: Actor, candidate_id: UUID, authority_id: UUID, reason: str) -> Candidate:
    """The latest proposal stands; a lone supervisor's day of waiting begins anew with it. `NotFound`, `WrongState`."""
    candidate = locked_candidate(session, candidate_id)
    _require_confirmed(candidate)
    authority = one_visible(session, listed_authorities(), Authority.id, authority_id, "authority")
    release = session.get(Release, candidate.id)
    if release is None:
        release = Release(candidate_id=candidate.id, authority_id=authority.id, reason=reason, proposed_by=actor.id)
        session.add(release)
    else:
        release.propose_again(authority.id, reason, actor.user)
    kind = AlertKind.RELEASE_AWAITS_AGREEMENT
    session.add(Alert(kind=kind, object_type="candidate", object_id=str(candidate.id)))
    act(session, actor, "release.propose", "candidate", candidate.id, f"to {authority.id}: {reason}")
    return candidate


def agree_to_release(
    session: Session, context: Context, actor: Actor, candidate_id: UUID, authority_id: UUID
) -> ReleasePacket:
    """`NotFound`, `WrongState`, `SamePerson`, `ReleaseChanged`."""
    take_turn(session, _RELEASES)  # who the only supervisor is must not change meanwhile
    candidate = locked_candidate(session, candidate_id)
    _require_confirmed(candidate)
    release = session.get(Release, candidate.id, with_for_update=True)
    if release is None:
        raise WrongState(thing="candidate", state="not proposed for release", change="agreed to")
    authority = one_visible(session, listed_authorities(), Authority.id, release.authority_id, "authority")
    if authority.id != authority_id:
        raise ReleaseChanged
    release.agree(actor.user, only_supervisor=_is_only_supervisor(session))
    candidate.release()
    _tell_worker(session, candidate)
    act(session, actor, "release.agree", "candidate", candidate.id, f"to {authority.id}: {release.reason}")
    return _packet(session, context, candidate, release, authority)


def _require_confirmed(candidate: Candidate) -> None:
    if candidate.state is not CandidateState.CONFIRMED:
        raise WrongState(thing="candidate", state=candidate.state, change="released")


def _is_only_supervisor(session: Session) -> bool:
    active = select(func.count()).where(User.role == Role.SUPERVISOR, User.state == UserState.ACTIVE)
    return session.scalar(active) == 1


def _tell_worker(session: Session, candidate: Candidate) -> None:
    worker_id = session.get_one(Case, candidate.case_id).worker_id
    kind = AlertKind.CANDIDATE_RELEASED
    session.add(Alert(kind=kind, user_id=worker_id, object_type="candidate", object_id=str(candidate.id)))


def _packet(
    session: Session, context: Context, candidate: Candidate, release: Release, authority: Authority
) -> ReleasePacket:
    photo = photo_of(session, candidate)
    camera = camera_details(context, photo)
    return ReleasePacket(
        candidate_id=candidate.id,
        case_number=session.get_one(Case, candidate.case_id).number,
        authority=authority.name,
        contact=authority.contact,
        reason=release.reason,
        agreed_at=release.agreed_at or now(),
        sources=[SourceOut.model_validate(source) for source in sources_of(session, context, photo)],
        camera=CameraOut(**camera),
        photo_number=PHOTO_NUMBER,
    )
