"""The client: one object per kind of work."""

from types import TracebackType
from typing import Self

from homeward_client.administration import Administration
from homeward_client.cases import Cases
from homeward_client.photos import Photos
from homeward_client.review import Review
from homeward_client.supervision import Supervision
from homeward_client.transport import Json, Transport


class Client:
    """A service as one account sees it. What its role may not do is `Refused`."""

    def __init__(self, url: str, token: str | None = None, timeout: float = 60) -> None:
        self.url, self.token = url, token
        self._transport = Transport(url, token, timeout)
        self.photos = Photos(self._transport)
        self.cases = Cases(self._transport)
        self.review = Review(self._transport)
        self.supervision = Supervision(self._transport)
        self.administration = Administration(self._transport)

    @classmethod
    def sign_in(cls, url: str, name: str, password: str, recovery_code: str | None = None) -> Self:
        """Sign in with name and password; an account that has a passkey needs one of its recovery codes as well."""
        body: Json = {"name": name, "password": password}
        return cls._with_session(url, body | ({"recovery_code": recovery_code} if recovery_code else {}))

    @classmethod
    def accept(cls, url: str, invitation: str, name: str, password: str | None = None) -> Self:
        """Use a one-time invitation; volunteers need no password, they get a key. The conduct rules are accepted."""
        body: Json = {"invitation": invitation, "name": name, "accept_conduct": True}
        return cls._with_session(url, body | ({"password": password} if password else {}))

    @classmethod
    def _with_session(cls, url: str, body: Json) -> Self:
        transport = Transport(url)
        try:
            token = transport.post("/v1/sessions", body)["token"]
        finally:
            transport.close()
        return cls(url, token)

    def me(self) -> Json:
        return self._transport.get("/v1/me")

    def alerts(self) -> list[Json]:
        return list(self._transport.items("/v1/alerts"))

    def sign_out(self) -> None:
        self._transport.delete("/v1/sessions/current")

    def close(self) -> None:
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
