"""Volunteers' keys: an admin renews, lists and revokes them."""

from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy import select

from app.deps import Admin, HouseDep, Reading, Writing
from app.errors import (
    AccountNotApproved,
    CursorInvalid,
    IdempotencyKeyReused,
    KeyNotForRole,
    NotAllowed,
    NotFound,
    NotSignedIn,
)
from app.idempotency import OnceDep
from app.paging import Listed, PageDep, paged
from app.problems import problems
from app.schemas.accounts import KeyOut, MadeKey, NewKey
from app.services.keys import renew_key, revoke_key
from models.records import ApiKey

router = APIRouter(prefix="/v1/keys", tags=["accounts"])
REFUSALS = (NotSignedIn, NotAllowed, AccountNotApproved)


@router.post(
    "",
    status_code=201,
    response_model=MadeKey,
    responses=problems(*REFUSALS, NotFound, KeyNotForRole, IdempotencyKeyReused),
)
def make_key(asked: NewKey, actor: Admin, house: HouseDep, session: Writing, once: OnceDep) -> Response:
    """A new key for a volunteer; the earlier ones stop working. It is shown this once."""

    def make() -> MadeKey:
        key, token = renew_key(session, house.context.keyring, house.settings, actor, asked.user_id)
        return MadeKey(id=key.id, user_id=key.user_id, key=token, expires_at=key.expires_at)

    return once.answer(session, actor, asked, make)


@router.get("", responses=problems(*REFUSALS, CursorInvalid))
def list_keys(_admin: Admin, session: Reading, page: PageDep) -> Listed[KeyOut]:
    keys, cursor = paged(session, select(ApiKey), page, ApiKey.made_at, ApiKey.id, newest_first=True)
    return Listed(items=[KeyOut.model_validate(key) for key in keys], next_cursor=cursor)


@router.delete("/{key_id}", status_code=204, responses=problems(*REFUSALS, NotFound))
def end_key(key_id: UUID, actor: Admin, session: Writing) -> None:
    revoke_key(session, actor, key_id)
