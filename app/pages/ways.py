"""Where each role can go: the links on top of every page."""

from collections.abc import Callable
from dataclasses import dataclass

from models.user import Role


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "translate this later"
    return message


WAYS = {
    Role.VOLUNTEER: (("/photos", N_("My photos")),),
    Role.CASE_WORKER: (("/cases", N_("Cases")), ("/cases/new", N_("Open a case"))),
    Role.REVIEWER: (("/review", N_("Compare faces")), ("/review/mine", N_("My results"))),
    Role.SUPERVISOR: (
        ("/supervision", N_("To do")),
        ("/supervision/candidates", N_("Candidates")),
        ("/supervision/accounts", N_("People")),
        ("/supervision/withdrawals", N_("Withdrawals")),
    ),
    Role.ADMIN: (
        ("/operations", N_("Operation")),
        ("/operations/accounts", N_("People and keys")),
        ("/operations/erasures", N_("Erasures")),
    ),
    Role.AUDITOR: (("/audit", N_("Audit log")),),
}


@dataclass(frozen=True)
class Way:
    """``words`` in the reader's language."""

    path: str
    words: str
    is_here: bool


def ways(role: Role, path: str, say: Callable[[str], str]) -> list[Way]:
    """The links of ``role``; the one whose page, or page below, is ``path`` is here."""
    under = [each for each, _ in WAYS[role] if path == each or path.startswith(f"{each}/")]
    here = max(under, key=len, default=None)
    return [Way(each, say(words), each == here) for each, words in WAYS[role]]
