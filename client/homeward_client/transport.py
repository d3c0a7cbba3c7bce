"""One HTTP call: authenticated, repeated when that is safe, its problems raised."""

import random
import time
from collections.abc import Iterator, Mapping
from typing import Any, cast
from uuid import uuid4

import httpx

from homeward_client.errors import Refused, ServiceUnreachable

Json = dict[str, Any]

TRIES = 5
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 20.0
AGAIN = frozenset({429, 502, 503, 504})  # the service is busy or restarting; the call did nothing


class Transport:
    """Calls to one service under one token. Creating calls carry an Idempotency-Key, so all of them may be repeated."""

    def __init__(self, url: str, token: str | None = None, timeout: float = 60) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(base_url=url.rstrip("/"), headers=headers, timeout=timeout, follow_redirects=False)

    def close(self) -> None:
        self._http.close()

    def get(self, path: str, **parameters: Any) -> Json:
        given = {name: value for name, value in parameters.items() if value is not None}
        return _json(self._call("GET", path, params=given))

    def picture(self, path: str) -> bytes:
        return self._call("GET", path).content

    def post(self, path: str, body: Json | None = None, key: str | None = None) -> Json:
        return _json(self._call("POST", path, key or self.new_key(), json=body if body is not None else {}))

    @staticmethod
    def new_key() -> str:
        """A fresh Idempotency-Key: one for each new thing, the same for every try of it."""
        return str(uuid4())

    def send_file(self, path: str, name: str, content: bytes, fields: Mapping[str, str], key: str) -> Json:
        return _json(self._call("POST", path, key, data=dict(fields), files={"file": (name, content)}))

    def patch(self, path: str, body: Json) -> Json:
        return _json(self._call("PATCH", path, json=body))

    def delete(self, path: str) -> None:
        self._call("DELETE", path)

    def items(self, path: str, **parameters: Any) -> Iterator[Json]:
        """Every item of a list, page after page."""
        cursor: str | None = None
        while True:
            page = self.get(path, cursor=cursor, **parameters)
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def _call(self, method: str, path: str, key: str | None = None, **content: Any) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        for attempt in range(TRIES):
            try:
                response = self._http.request(method, path, headers=headers, **content)
            except httpx.TransportError as error:
                if attempt == TRIES - 1:
                    raise ServiceUnreachable(f"{self._http.base_url}: {error}") from error
                time.sleep(_wait(attempt, None))
                continue
            asked = response.headers.get("retry-after")
            if response.status_code not in AGAIN or attempt == TRIES - 1 or _is_too_long(asked):
                return _accepted(response)
            time.sleep(_wait(attempt, asked))
        raise AssertionError("unreachable")


def _is_too_long(asked: str | None) -> bool:
    """Whoever is told to come back tomorrow had better hear it now."""
    return asked is not None and asked.isdigit() and float(asked) > LONGEST_WAIT_SECONDS


def _wait(attempt: int, asked: str | None) -> float:
    """Seconds to wait: what the service asked for, else doubling with jitter so that many clients spread out."""
    if asked and asked.isdigit():
        return float(asked)
    return float(min(FIRST_WAIT_SECONDS * 2**attempt, LONGEST_WAIT_SECONDS) * random.uniform(0.5, 1))  # noqa: S311


def _accepted(response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    raise Refused(response.status_code, problem if isinstance(problem, dict) else {})


def _json(response: httpx.Response) -> Json:
    return cast("Json", response.json()) if response.content else {}
