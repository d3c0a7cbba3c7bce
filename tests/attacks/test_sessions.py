"""S16: what a session on the pages is worth when rights change and when it was ended."""

from models.records import User
from models.user import Role
from tests.app.conftest import Service
from tests.app.pages.conftest import Visitors


def test_a_role_or_account_taken_away_ends_at_the_next_request(service: Service, visit: Visitors):
    browser = visit(Role.SUPERVISOR)
    assert browser.get("/supervision").status_code == 200
    with service.database.writing() as session:
        session.get_one(User, browser.user.id).role = Role.REVIEWER
    assert browser.get("/supervision").status_code == 403
    with service.database.writing() as session:
        session.get_one(User, browser.user.id).disable()
    assert browser.get("/review").status_code == 303


def test_ended_sessions_stay_ended(service: Service, visit: Visitors):
    browser = visit(Role.CASE_WORKER)
    assert browser.fill("/sign-out").status_code == 303
    for _ in range(3):
        assert browser.get("/cases").status_code == 303
