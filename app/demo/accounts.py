"""The demo's people: made the only way there is, by invitation and approval, with passwords of this run alone."""

import secrets
from dataclasses import dataclass
from typing import Any

from app.demo.installation import Installation
from homeward_client import Client


@dataclass(frozen=True)
class Account:
    """One signed-in account. ``password`` is None for a volunteer, who holds a key."""

    name: str
    role: str
    password: str | None
    client: Client


@dataclass(frozen=True)
class Accounts:
    supervisor: Account
    second_supervisor: Account
    admin: Account
    case_worker: Account
    reviewers: tuple[Account, Account]
    volunteer: Account

    def all(self) -> tuple[Account, ...]:
        return (
            self.supervisor,
            self.second_supervisor,
            self.admin,
            self.case_worker,
            *self.reviewers,
            self.volunteer,
        )

    def close(self) -> None:
        for account in self.all():
            account.client.close()


def make_accounts(installation: Installation, founding: dict[str, Any]) -> Accounts:
    """``founding``: the two one-time invitations that `homeward init` gave out."""
    supervisor = _join(installation, "supervisor", "demo-supervisor", founding["supervisor"])
    admin = _join(installation, "admin", "demo-admin", founding["admin"])

    def invited(role: str, name: str) -> Account:
        account = _join(installation, role, name, admin.client.administration.invite(role)["token"])
        if role in ("case_worker", "reviewer", "supervisor"):
            supervisor.client.supervision.approve_user(account.client.me()["id"])
        return account

    return Accounts(
        supervisor=supervisor,
        second_supervisor=invited("supervisor", "demo-supervisor-2"),
        admin=admin,
        case_worker=invited("case_worker", "demo-case-worker"),
        reviewers=(invited("reviewer", "demo-reviewer-1"), invited("reviewer", "demo-reviewer-2")),
        volunteer=invited("volunteer", "demo-volunteer"),
    )


def _join(installation: Installation, role: str, name: str, invitation: str) -> Account:
    password = None if role == "volunteer" else secrets.token_urlsafe(18)
    return Account(name, role, password, Client.accept(installation.url, invitation, name, password))
