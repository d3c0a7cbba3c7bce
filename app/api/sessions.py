"""Signing in, who I am, signing out."""

from typing import Annotated

from fastapi import APIRouter, Body, Request, Response

from app.auth.proofs import Proof, end_proof
from app.auth.sign_in import accept_invitation, sign_in
from app.auth.tokens import TokenKind
from app.deps import AnyActor, HouseDep, Reading, Writing
from app.edge import SIGNED_OUT
from app.errors import (
    ConductNotAccepted,
    NameTaken,
    NotSignedIn,
    PasswordNotWanted,
    PasswordWeak,
    SecondStepWanted,
    SignInRefused,
    TooManyRequests,
)
from app.problems import problems
from app.queries import listed_authorities
from app.schemas.accounts import AccountOut, AuthorityOut, Me, SignedIn, SignIn, WayIn
from models.user import Role

router = APIRouter(prefix="/v1", tags=["sessions"])


@router.post(
    "/sessions",
    status_code=201,
    responses=problems(
        *(SignInRefused, SecondStepWanted, TooManyRequests),
        *(ConductNotAccepted, NameTaken, PasswordNotWanted, PasswordWeak),
    ),
)
def start_session(request: Request, house: HouseDep, asked: Annotated[WayIn, Body()]) -> SignedIn:
    """Sign in with name and password, or turn a one-time invitation into an account."""
    source = request.client.host if request.client else ""
    if isinstance(asked, SignIn):
        proof = sign_in(house, asked, source, request.state.request_id)
    else:
        proof = accept_invitation(house, asked, request.state.request_id)
    return _signed_in(proof)


def _signed_in(proof: Proof) -> SignedIn:
    return SignedIn(
        kind="key" if proof.kind is TokenKind.KEY else "session",
        token=proof.token,
        expires_at=proof.expires_at,
        account=AccountOut.model_validate(proof.user),
    )


@router.get("/me", responses=problems(NotSignedIn))
def read_me(actor: AnyActor, session: Reading) -> Me:
    """The account behind the token; supervisors also read to whom they may release."""
    authorities = None
    if actor.role is Role.SUPERVISOR and actor.user.is_active:
        authorities = [AuthorityOut.model_validate(each) for each in session.scalars(listed_authorities())]
    return Me(id=actor.id, name=actor.user.name, role=actor.role, state=actor.user.state, authorities=authorities)


@router.delete("/sessions/current", status_code=204, responses=problems(NotSignedIn))
def end_session(request: Request, response: Response, house: HouseDep, actor: AnyActor, session: Writing) -> None:
    """What this token opens ends now: the session, or a volunteer's key."""
    response.headers.update(SIGNED_OUT)
    end_proof(session, house, actor, request.headers.get("authorization"))
