"""Lists in pages. A cursor is sealed: it tells nothing of the rows, and opens only its own list for its own reader."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import BaseModel
from sqlalchemy import Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.deps import AnyActor, HouseDep
from app.errors import CursorInvalid
from indexer.errors import SealBroken
from indexer.sealing import seal, unseal

MOST = 200
Item = TypeVar("Item")
Record = TypeVar("Record")


class Listed(BaseModel, Generic[Item]):
    """One page of a list; `next_cursor` is null on the last."""

    items: list[Item]
    next_cursor: str | None


@dataclass(frozen=True)
class Page:
    """What was asked for: how many at most, and after which row."""

    limit: int
    cursor: str | None
    key: bytes
    about: str

    def after(self) -> list[Any]:
        """The values that the cursor stands for. `CursorInvalid`."""
        try:
            sealed = base64.urlsafe_b64decode(f"{self.cursor}==".encode())
            values: list[Any] = json.loads(unseal(self.key, sealed, self.about))
        except (SealBroken, binascii.Error, UnicodeEncodeError):
            raise CursorInvalid from None
        return values

    def cursor_at(self, values: Sequence[object]) -> str:
        plain = json.dumps(values, default=_plain).encode()
        return base64.urlsafe_b64encode(seal(self.key, plain, self.about)).decode().rstrip("=")


def asked_page(
    request: Request,
    house: HouseDep,
    actor: AnyActor,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> Page:
    key = house.context.keyring.digest_of("cursor", b"key")
    return Page(limit, cursor, key, f"cursor of {actor.id} at {request.url.path}")


PageDep = Annotated[Page, Depends(asked_page)]


def paged(
    session: Session,
    query: Select[Record],
    page: Page,
    *order: InstrumentedAttribute[Any],
    newest_first: bool = False,
) -> tuple[list[Record], str | None]:
    """One page of ``query`` by ``order`` (the last column unique) and the cursor of the next. `CursorInvalid`."""
    if page.cursor is not None:
        values = page.after()
        there = tuple_(
            *(literal(_typed(value, column), column.type) for value, column in zip(values, order, strict=True))
        )
        here = tuple_(*order)
        query = query.where(here < there if newest_first else here > there)
    sorted_query = query.order_by(*(column.desc() if newest_first else column for column in order))
    rows = list(session.scalars(sorted_query.limit(page.limit + 1)))
    if len(rows) <= page.limit:
        return rows, None
    rows.pop()
    return rows, page.cursor_at([getattr(rows[-1], column.key) for column in order])


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _typed(value: Any, column: InstrumentedAttribute[Any]) -> Any:
    kind = column.type.python_type
    if kind is datetime:
        return datetime.fromisoformat(value)
    return UUID(value) if kind is UUID else value
