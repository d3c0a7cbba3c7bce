"""Who waits for whom: no two transactions wait for each other."""

from threading import Event, Thread

from app.services.accounts import disable_account
from models.actor import Actor, act
from models.session import Database
from models.user import Role, User
from tests.models.factories import make_user


def test_an_act_in_the_audit_log_does_not_wait_for_an_account_that_is_being_disabled(
    postgresql_database: Database,
) -> None:
    """The log refers to its actor. It is written under a lock that the one who disables still has to come by."""
    with postgresql_database.writing() as session:
        one, other = (make_user(session, Role.ADMIN) for _ in range(2))
    locked, acted, failures = Event(), Event(), list[Exception]()

    def disable() -> None:
        try:
            with postgresql_database.writing() as session:
                disable_account(session, Actor(session.get_one(User, other.id), "test"), one.id)
                locked.set()
                acted.wait(2)  # so long would the other one have to wait, if it had to
        except Exception as error:  # noqa: BLE001 - shown by the main thread
            failures.append(error)

    disabling = Thread(target=disable)
    disabling.start()
    assert locked.wait(10)
    with postgresql_database.writing() as session:
        act(session, Actor(session.get_one(User, other.id), "test"), "audit.read", "audit", 1)
    in_time = disabling.is_alive()
    acted.set()
    disabling.join(10)
    assert failures == []
    assert in_time
