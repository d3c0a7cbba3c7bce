"""A case worker's forms: from a browser's fields to what the services take."""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID, uuid4

from fastapi import Request, Response

from app.house import House
from app.idempotency import Once
from app.pages.deps import read_form
from app.schemas.cases import CaseDetails, NewCase
from app.schemas.references import ReferenceChange
from app.services.cases import CHECKLIST

ONCE_FIELD = "once"
TICKS = [name for name in ("may_test_reviewers",) if name in CaseDetails.model_fields]
DETAILS = [name for name in CaseDetails.model_fields if name not in TICKS]


def new_once() -> str:
    """For a form that makes something: sent twice, it makes one."""
    return str(uuid4())


def once_of(house: House, request: Request, fields: Mapping[str, str]) -> Once:
    key = fields.get(ONCE_FIELD, "")
    usable = 8 <= len(key) <= 80 and key.isascii() and key.isprintable()
    return Once(house.context.keyring, key if usable else None, f"POST {request.url.path}", 201)


def id_in(made: Response) -> UUID:
    """Of what a service has made."""
    return UUID(json.loads(bytes(made.body))["id"])


def case_in(fields: Mapping[str, str], without: Iterable[str] = ()) -> NewCase | list[str]:
    """What is empty is taken away; what is ``without`` stays as it is. Or the names of the fields that are wrong."""
    given: dict[str, Any] = {name: fields.get(name) for name in DETAILS}
    given |= {name: fields.get(name) == "yes" for name in TICKS}
    return read_form(NewCase, {name: value for name, value in given.items() if name not in set(without)})


def is_settled(state: str) -> Iterable[str]:
    """What an approval stands on is not changed afterwards."""
    return CHECKLIST if state == "approved" else ()


def dates_in(fields: Mapping[str, str]) -> ReferenceChange | list[str]:
    """When a reference was taken and the age it shows, either of which may be empty."""
    age = fields.get("age_years")
    return read_form(
        ReferenceChange,
        {"taken_on": fields.get("taken_on"), "age_years": age.replace(",", ".") if age else None},
    )
