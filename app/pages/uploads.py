"""Pages whose forms take a file: as the API's routes, but the token is in the cookie."""

from fastapi import Request

from app.api.uploads import SignedInFirst
from app.pages.cookie import bearer_of


class PageSignedInFirst(SignedInFirst):
    """A stranger's file is not kept in memory; they are led to sign in."""

    @staticmethod
    def bearer(request: Request) -> str | None:
        return bearer_of(request)

    @staticmethod
    async def read_first(request: Request) -> None:
        """A file that takes minutes to arrive holds up nobody meanwhile. The form is kept in the request."""
        await request.form()
