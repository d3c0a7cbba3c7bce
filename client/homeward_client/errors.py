"""What can go wrong between this program and the service.

ClientError
├── Refused               the service answered no: `status`, a stable `code`, `detail` in words
├── ServiceUnreachable    no answer after every retry; sending again later is safe
└── NotLoggedIn           no token is kept on this machine
"""

from typing import Any


class ClientError(Exception):
    """The call did not succeed."""


class Refused(ClientError):
    """The service refused the call. ``code`` is stable; ``detail`` says what was wrong and what to do."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        self.status = status
        self.code = str(problem.get("code", "unknown"))
        self.detail = str(problem.get("detail") or problem.get("title") or f"HTTP {status}")
        super().__init__(self.detail)


class ServiceUnreachable(ClientError):
    """The service gave no answer; nothing is lost by sending the same again later."""


class NotLoggedIn(ClientError):
    """No token is kept on this machine: run `homeward-client login URL` first."""
