"""Creating calls that may be sent again: the same key and the same body have one effect and one answer."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.deps import HouseDep
from app.errors import IdempotencyKeyReused
from indexer.keyring import KeyRing
from models.actor import Actor
from models.request import IdempotentRequest
from models.types import now

KEPT = timedelta(hours=24)  # long enough for any retry, short enough not to be a second archive


@dataclass(frozen=True)
class Once:
    """One creating call. Without an Idempotency-Key it is simply made.

    The key's row is written in the transaction of the effect, so there is never one without the other.
    """

    keyring: KeyRing
    key: str | None
    route: str
    status: int

    def answer(
        self,
        session: Session,
        actor: Actor,
        asked: BaseModel | bytes,
        make: Callable[[], BaseModel],
        again: Callable[[UUID], BaseModel] | None = None,
    ) -> Response:
        """What ``make`` returns; or what it returned before, when ``asked`` is the same. `IdempotencyKeyReused`.

        ``again`` reads what was made, by its id, as it is now. Then no more than the id is kept: of a child or a face
        nothing may lie here where neither an erasure nor a change of who may see it would reach.
        """
        if self.key is None:
            return self._response(make().model_dump_json())
        digest = self._digest(asked)
        self._take_turn(session, actor)
        earlier = session.get(IdempotentRequest, (actor.id, self.key, self.route))
        if earlier is None or now() - earlier.at > KEPT:
            _forget_old(session)
            made = make()
            kept = made.model_dump_json(include={"id"} if again else None)
            session.add(self._row(actor, digest, kept))
            return self._response(made.model_dump_json())
        if earlier.body_digest != digest:
            raise IdempotencyKeyReused
        kept = self._opened(earlier, actor)
        return self._response(again(UUID(json.loads(kept)["id"])).model_dump_json() if again else kept)

    def was_answered(self, session: Session, actor: Actor) -> bool:
        """Whether this is asked again: it costs nothing anew."""
        return self.key is not None and session.get(IdempotentRequest, (actor.id, self.key, self.route)) is not None

    def _take_turn(self, session: Session, actor: Actor) -> None:
        """Of calls with one key the second waits for the first's commit. SQLite has one writer: they wait already."""
        if session.get_bind().dialect.name == "postgresql":
            turn = self.keyring.digest_of("request", f"{actor.id} {self.route} {self.key}".encode())
            session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(turn[:8], signed=True))))

    def _row(self, actor: Actor, digest: str, answer: str) -> IdempotentRequest:
        # Sealed: an answer may hold a token that is shown once.
        sealed = base64.b64encode(self.keyring.wrap(answer.encode(), self._owner(actor))).decode()
        return IdempotentRequest(
            user_id=actor.id,
            key=self.key,
            route=self.route,
            body_digest=digest,
            status=self.status,
            answer=sealed,
        )

    def _opened(self, earlier: IdempotentRequest, actor: Actor) -> str:
        return self.keyring.unwrap(base64.b64decode(earlier.answer), self._owner(actor)).decode()

    def _owner(self, actor: Actor) -> str:
        return f"answer/{actor.id}/{self.route}/{self.key}"

    def _digest(self, asked: BaseModel | bytes) -> str:
        body = asked if isinstance(asked, bytes) else asked.model_dump_json().encode()
        return self.keyring.digest_of("request", body).hex()

    def _response(self, answer: str) -> Response:
        return Response(answer, self.status, media_type="application/json")


def _forget_old(session: Session) -> None:
    """Everyone's: whoever never comes back leaves no answer behind."""
    session.execute(delete(IdempotentRequest).where(IdempotentRequest.at < now() - KEPT))


def asked_once(
    request: Request,
    house: HouseDep,
    idempotency_key: Annotated[str | None, Header(min_length=8, max_length=80, pattern=r"^[!-~]+$")] = None,
) -> Once:
    route = f"{request.method} {request.url.path}"
    return Once(house.context.keyring, idempotency_key, route, request.scope["route"].status_code or 200)


OnceDep = Annotated[Once, Depends(asked_once)]
