"""What routes ask for: the service's house, a session, and who is asking."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any, cast

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from app.auth.second_step import require_passkey
from app.auth.tokens import actor_for
from app.errors import AccountNotApproved, NotAllowed
from app.house import House
from models.actor import Actor
from models.user import Role


def get_house(request: Request) -> House:
    return cast("House", request.app.state.house)


HouseDep = Annotated[House, Depends(get_house)]


def current_actor(request: Request, house: HouseDep) -> Actor:
    """The account behind the bearer token, its role read afresh. `NotSignedIn`."""
    return actor_for(house, request.headers.get("authorization"), request.state.request_id)


AnyActor = Annotated[Actor, Depends(current_actor)]


def reading_session(house: HouseDep, _actor: AnyActor) -> Iterator[Session]:
    with house.context.database.reading() as session:
        yield session


def writing_session(house: HouseDep, _actor: AnyActor) -> Iterator[Session]:
    """Opened after the token was checked: a stranger never holds the one writer, nor waits for it."""
    with house.context.database.writing() as session:
        yield session


# scope="function": the commit happens before the answer leaves, and a failed one is an error the client sees.
Reading = Annotated[Session, Depends(reading_session, scope="function")]
Writing = Annotated[Session, Depends(writing_session, scope="function")]


def _allow(*roles: Role) -> Callable[..., Actor]:
    def allowed(actor: AnyActor, house: HouseDep) -> Actor:
        if actor.role not in roles:
            raise NotAllowed
        if not actor.user.is_active:
            raise AccountNotApproved
        require_passkey(house, actor)
        return actor

    return allowed


def by(*roles: Role) -> Any:
    """A dependency: the actor, who must hold one of ``roles`` and be approved."""
    return Depends(_allow(*roles))


Volunteer = Annotated[Actor, by(Role.VOLUNTEER)]
CaseWorker = Annotated[Actor, by(Role.CASE_WORKER)]
Reviewer = Annotated[Actor, by(Role.REVIEWER)]
Supervisor = Annotated[Actor, by(Role.SUPERVISOR)]
Admin = Annotated[Actor, by(Role.ADMIN)]
Auditor = Annotated[Actor, by(Role.AUDITOR)]
AdminOrSupervisor = Annotated[Actor, by(Role.ADMIN, Role.SUPERVISOR)]
CaseWorkerOrSupervisor = Annotated[Actor, by(Role.CASE_WORKER, Role.SUPERVISOR)]
