"""Supervisors' pages without scripts: approve, adjudicate, release by two, conclude, forget."""

import re
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from app.services.cases import CHECKLIST
from indexer.withdrawal import withdraw
from models.actor import Actor
from models.alert import Alert, AlertKind
from models.candidate import CandidateState
from models.photo import PhotoState
from models.records import Case, Erasure, Face, Hold, Photo, Receipt, Reference, Release, User
from models.types import now
from models.user import Role, UserState
from tests.app.conftest import Service
from tests.app.desk import Desk
from tests.app.pages.conftest import Visit, Visitors
from tests.app.worlds import open_case
from tests.models.factories import make_user

SEEN = {f"seen_{name}": "yes" for name in CHECKLIST}
WHY = "The ears and the mark on the chin."


@pytest.fixture
def desk(service: Service) -> Desk:
    return Desk(service)


def version(page: str) -> str:
    found = re.search(r'name="version" value="(\w+)"', page)
    assert found is not None
    return found[1]


def case_of(desk: Desk, case_id: str) -> Case:
    return desk.reading(lambda session: session.get_one(Case, UUID(case_id)))


# --- cases, references, accounts --------------------------------------------------------------------------------------


def test_a_case_is_approved_as_it_was_read_with_every_point_ticked(desk: Desk, visit: Visitors):
    case_id = open_case(desk.worker, child_name="Bela", notes="A scar")["id"]
    desk.add_reference(case_id, approved=False, taken_on=date(2020, 5, 1))
    sure, url = visit(Role.SUPERVISOR), f"/supervision/cases/{case_id}"
    assert f'href="{url}"' in sure.see("/supervision")
    page = sure.see(url)
    assert {"Bela", "A scar", "P-77/2026", "Court order seen", "Signed by the mother", "The mother"} <= {
        text.strip() for text in re.findall(r">([^<>]+)<", page)
    }
    half = sure.fill(f"{url}/approve", {"version": version(page), "seen_custody": "yes"})
    assert (half.status_code, "tick every point" in half.text) == (422, True)
    assert re.search(r'name="seen_custody"[^>]* checked', half.text)
    desk.worker.patch(f"/v1/cases/{case_id}", json={"custody": "The order was annulled"})
    stale = sure.fill(f"{url}/approve", SEEN | {"version": version(page)})
    assert (stale.status_code, "changed after you opened the page" in stale.text) == (409, True)
    assert "The order was annulled" in stale.text
    assert case_of(desk, case_id).approved_at is None
    done = sure.fill(f"{url}/approve", SEEN | {"version": version(stale.text)})
    assert (done.status_code, done.headers["location"]) == (303, url)
    assert [why for *_, why in desk.acts("case.approve") if why] == [f"checked: {', '.join(CHECKLIST)}"]
    assert case_of(desk, case_id).approved_by == sure.user.id
    again = sure.fill(f"{url}/approve", SEEN | {"version": version(stale.text)})
    assert (again.status_code, "decided already" in again.text) == (409, True)


def test_what_is_missing_on_the_checklist_keeps_a_case_from_approval(desk: Desk, visit: Visitors):
    case_id = open_case(desk.worker, consent=None)["id"]
    sure, url = visit(Role.SUPERVISOR), f"/supervision/cases/{case_id}"
    page = sure.see(url)
    assert "cannot be approved while a point is missing" in page
    refused = sure.fill(f"{url}/approve", SEEN | {"version": version(page)})
    assert (refused.status_code, "consent" in refused.text) == (409, True)
    assert case_of(desk, case_id).approved_at is None


def test_a_later_reference_is_approved_with_the_face_that_was_seen(desk: Desk, visit: Visitors):
    reference_id = desk.add_reference(desk.case_id, approved=False, taken_on=date(2021, 5, 1))
    sure, url = visit(Role.SUPERVISOR), f"/supervision/cases/{desk.case_id}"
    about = {"object_type": "reference", "object_id": str(reference_id)}
    desk.writing(lambda session: session.add(Alert(kind=AlertKind.REFERENCE_AWAITS_APPROVAL, **about)))
    page = sure.see("/supervision")
    assert "1 reference" in page
    assert f'<a href="{url}">A reference waits for approval</a> {case_of(desk, desk.case_id).number}' in page
    assert f"{url}/references/{reference_id}/approve" in sure.see(url)
    desk.writing(lambda session: session.get_one(Reference, reference_id).choose(1))
    other = sure.fill(f"{url}/references/{reference_id}/approve", {"face": "0"})
    assert (other.status_code, "changed after you opened the page" in other.text) == (409, True)
    assert sure.fill(f"{url}/references/{reference_id}/approve", {"face": "1"}).status_code == 303
    reference = desk.reading(lambda session: session.get_one(Reference, reference_id))
    assert reference.approved_by == sure.user.id


def test_a_case_is_given_to_another_case_worker(desk: Desk, visit: Visitors, service: Service):
    other, sure = service.sign_in(Role.CASE_WORKER), visit(Role.SUPERVISOR)
    url = f"/supervision/cases/{desk.case_id}"
    assert f'<option value="{other.user.id}">{other.user.name}</option>' in sure.see(url)
    assert sure.fill(f"{url}/reassign", {"worker_id": str(other.user.id)}).headers["location"] == url
    assert case_of(desk, desk.case_id).worker_id == other.user.id
    nobody = sure.fill(f"{url}/reassign", {"worker_id": str(sure.user.id)})
    assert (nobody.status_code, "There is no such case worker" in nobody.text) == (404, True)


def test_a_case_is_closed_for_a_guardian_with_a_reason(desk: Desk, visit: Visitors):
    (candidate,) = desk.add_candidates(1)
    sure, url = visit(Role.SUPERVISOR), f"/supervision/cases/{desk.case_id}"
    assert f'action="{url}/close"' in sure.see(url)
    assert f'action="{url}/close"' in sure.see(f"/supervision/objections/{desk.case_id}")
    for reason in ("", "x" * 501):
        refused = sure.fill(f"{url}/close", {"reason": reason})
        assert (refused.status_code, "at most 500 letters" in refused.text, reason in refused.text) == (422, True, True)
        assert '<details class="card step" open>' in refused.text
    assert case_of(desk, desk.case_id).closed_at is None
    done = sure.fill(f"{url}/close", {"reason": "The guardian objects"})
    assert (done.status_code, done.headers["location"]) == (303, url)
    assert desk.state(candidate) is CandidateState.WITHDRAWN
    [(actor, _, why)] = desk.acts("case.close")
    assert (actor, why) == (sure.user.id, "The guardian objects")
    assert "The guardian objects" in sure.see(url)
    assert f"{url}/close" not in sure.see(url)
    assert visit(desk.worker.user).see(f"/cases/{desk.case_id}").count("The guardian objects") == 1
    again = sure.fill(f"{url}/close", {"reason": "again"})
    assert (again.status_code, "decided already" in again.text) == (409, True)


def test_accounts_are_let_in_by_another_than_who_invited(desk: Desk, visit: Visitors):
    sure = visit(Role.SUPERVISOR)

    def invite(session, by: User, name: str) -> UUID:
        waiting = {"state": UserState.AWAITING_APPROVAL, "invited_by": by.id, "name": name}
        return make_user(session, Role.REVIEWER, **waiting).id

    admin = desk.writing(lambda session: make_user(session, Role.ADMIN, name="adele"))
    theirs = desk.writing(lambda session: invite(session, admin, "rita"))
    own = desk.writing(lambda session: invite(session, sure.user, "rolf"))
    page = sure.see("/supervision/accounts")
    assert {"rita", "rolf", "adele"} <= set(re.findall(r">(\w+)<", page))
    assert desk.volunteer.name not in page
    assert sure.fill(f"/supervision/accounts/{theirs}/approve").headers["location"] == "/supervision/accounts"
    refused = sure.fill(f"/supervision/accounts/{own}/approve")
    assert (refused.status_code, "nobody approves an account that they hold" in refused.text) == (403, True)
    states = desk.reading(lambda session: [session.get_one(User, each).state for each in (theirs, own)])
    assert states == [UserState.ACTIVE, UserState.AWAITING_APPROVAL]
    assert sure.user.name in sure.see("/supervision/accounts").split("rita")[1]


def test_invitations_are_before_every_supervisor_until_they_are_used(desk: Desk, visit: Visitors):
    admin = desk.service.sign_in(Role.ADMIN)
    made = admin.post("/v1/invitations", json={"role": "auditor", "note": "a friend"}).json()
    page = visit(Role.SUPERVISOR).see("/supervision/accounts")
    assert "Invitations that nobody has used yet" in page
    assert (f"invited by {admin.user.name}" in page, "a friend" in page) == (True, False)
    admin.delete(f"/v1/invitations/{made['id']}")
    assert "Invitations that nobody has used yet" not in visit(Role.SUPERVISOR).see("/supervision/accounts")


# --- candidates ------------------------------------------------------------------------------------------------------


def test_a_conflict_is_decided_on_both_answers_without_their_authors(desk: Desk, visit: Visitors):
    (candidate,) = desk.add_candidates(1)
    reviewers = desk.answered(candidate, 2, -1)
    sure, url = visit(Role.SUPERVISOR), f"/supervision/candidates/{candidate}"
    assert f'href="{url}"' in sure.see("/supervision")
    assert f'href="{url}"' in sure.see("/supervision/candidates")
    page = sure.see(url)
    assert {"comment of 2", "comment of -1", "the same", "probably different"} <= set(re.findall(r">([^<>]+)<", page))
    for reviewer in reviewers:
        assert reviewer.user.name not in page
        assert str(reviewer.user.id) not in page
    empty = sure.fill(f"{url}/adjudicate", {"same": "true"})
    assert (empty.status_code, 'value="true" required checked' in empty.text) == (422, True)
    done = sure.fill(f"{url}/adjudicate", {"same": "true", "reason": WHY})
    assert (done.status_code, done.headers["location"]) == (303, url)
    assert desk.state(candidate) is CandidateState.CONFIRMED
    assert WHY in sure.see(url)
    late = visit(Role.SUPERVISOR).fill(f"{url}/adjudicate", {"same": "false", "reason": "No."})
    assert (late.status_code, "decided already" in late.text, WHY in late.text) == (409, True, True)


def test_a_rejected_candidate_is_shown_no_more_and_says_so(desk: Desk, visit: Visitors):
    (candidate,) = desk.add_candidates(1)
    desk.answered(candidate, 0, 1)
    sure, url = visit(Role.SUPERVISOR), f"/supervision/candidates/{candidate}"
    done = sure.fill(f"{url}/adjudicate", {"same": "false", "reason": WHY})
    assert "Decided: not the child" in sure.see(done.headers["location"])
    late = sure.fill(f"{url}/adjudicate", {"same": "true", "reason": WHY})
    assert (late.status_code, "someone else did so first" in late.text) == (404, True)
    assert desk.state(candidate) is CandidateState.REJECTED


def test_nobody_decides_on_what_they_reviewed(desk: Desk, visit: Visitors, service: Service):
    (candidate,) = desk.add_candidates(1)
    [first, _second] = desk.answered(candidate, 2, -2)

    def promote(session) -> User:
        user = session.get_one(User, first.user.id)
        user.role = Role.SUPERVISOR
        return user

    url = f"/supervision/candidates/{candidate}"
    refused = visit(desk.writing(promote)).fill(f"{url}/adjudicate", {"same": "true", "reason": WHY})
    assert (refused.status_code, "you compared this pair as a reviewer" in refused.text) == (403, True)
    assert WHY in refused.text  # what was entered is not lost
    assert desk.state(candidate) is CandidateState.CONFLICT


@pytest.fixture
def confirmed(desk: Desk) -> UUID:
    camera = {"taken_at": "2026-03-01T12:34:56", "latitude": 48.5, "longitude": 11.5}
    at = datetime(2026, 3, 1, 11, 30, tzinfo=UTC)
    said = {"taken_at": at, "latitude": 48.1, "longitude": 11.6, "place": "Market gate", "note": "With a woman"}
    candidate: UUID = desk.add_candidate(desk.add_photo(camera, **said))
    desk.answered(candidate, 2, 1)
    return candidate


def propose(by: Visit, candidate: UUID, authority: str):
    fields = {"authority_id": authority, "reason": WHY}
    return by.fill(f"/supervision/candidates/{candidate}/release", fields)


def test_one_proposes_another_agrees_and_the_outcome_is_recorded(desk: Desk, visit: Visitors, confirmed: UUID):
    first, second, authority = visit(Role.SUPERVISOR), visit(Role.SUPERVISOR), desk.add_authority()
    url = f"/supervision/candidates/{confirmed}"
    assert "Market gate" not in first.see(url)
    assert propose(first, confirmed, authority).headers["location"] == url
    assert "proposed by you" in first.see("/supervision")
    assert "another supervisor has to agree" in first.see(url)
    alone = first.fill(f"{url}/agree", {"authority_id": authority})
    assert (alone.status_code, "you proposed this release" in alone.text) == (403, True)
    assert desk.state(confirmed) is CandidateState.CONFIRMED
    assert f"proposed by {first.user.name}" in second.see("/supervision")
    assert first.user.name in second.see(url)
    done = second.fill(f"{url}/agree", {"authority_id": authority})
    assert (done.status_code, done.headers["location"]) == (303, f"{url}/packet")
    packet = second.see(f"{url}/packet")
    for told in ("Market gate", "With a woman", "48.100000, 11.600000", "48.500000, 11.500000", "2026-03-01 12:34:56"):
        assert told in packet
    assert desk.volunteer.name not in packet
    assert "+00 112" in packet
    assert second.get(f"{url}/faces/1000").headers["content-type"] == "image/jpeg"
    assert first.get(f"{url}/packet").status_code == 404
    assert len(desk.acts("release.read")) == 1
    wrong = second.fill(f"{url}/outcome", {"outcome": "found", "established_by": "DNA"})
    assert (wrong.status_code, 'value="DNA"' in wrong.text) == (422, True)
    told = {"outcome": "reunited", "established_by": "DNA", "note": "On file", "for_worker": "She is with her mother."}
    assert first.fill(f"{url}/outcome", told).headers["location"] == url
    page = second.see(url)
    assert {"DNA", "On file", "She is with her mother."} <= set(re.findall(r">([^<>]+)<", page))
    assert second.get(f"{url}/packet").status_code == 404


def test_looking_at_a_release_does_not_agree_to_it(desk: Desk, visit: Visitors, confirmed: UUID):
    propose(visit(Role.SUPERVISOR), confirmed, desk.add_authority())
    second = visit(Role.SUPERVISOR)
    assert second.get(f"/supervision/candidates/{confirmed}/packet").status_code == 404
    assert second.get(f"/supervision/candidates/{confirmed}/faces/1000").status_code == 404
    assert desk.state(confirmed) is CandidateState.CONFIRMED


def test_a_release_that_was_proposed_anew_is_read_again_first(desk: Desk, visit: Visitors, confirmed: UUID):
    first, second = visit(Role.SUPERVISOR), visit(Role.SUPERVISOR)
    one, other = desk.add_authority(), desk.add_authority()
    propose(first, confirmed, one)
    propose(first, confirmed, other)
    stale = second.fill(f"/supervision/candidates/{confirmed}/agree", {"authority_id": one})
    assert (stale.status_code, "the release was proposed anew" in stale.text, other in stale.text) == (409, True, True)
    assert desk.state(confirmed) is CandidateState.CONFIRMED


def test_a_lone_supervisor_agrees_a_day_later(desk: Desk, visit: Visitors, confirmed: UUID):
    desk.writing(lambda session: session.get_one(User, desk.supervisor.user.id).disable())
    alone, authority, url = visit(Role.SUPERVISOR), desk.add_authority(), f"/supervision/candidates/{confirmed}"
    propose(alone, confirmed, authority)
    assert f"{url}/agree" not in alone.see(url)

    def wait(session) -> None:
        past = now() - timedelta(days=3)
        session.get_one(User, desk.supervisor.user.id).disabled_at = past
        session.get_one(Release, confirmed).proposed_at = past + timedelta(days=1)

    desk.writing(wait)
    assert f"{url}/agree" in alone.see(url)
    assert alone.fill(f"{url}/agree", {"authority_id": authority}).headers["location"] == f"{url}/packet"


# --- withdrawals and objections ---------------------------------------------------------------------------------------


def test_a_withdrawal_is_decided_and_stops_a_release_till_then(desk: Desk, visit: Visitors, confirmed: UUID):
    sure, authority = visit(Role.SUPERVISOR), desk.add_authority()
    photo_id = desk.photo_of(confirmed)

    def take_back(session) -> None:
        receipt = session.query(Receipt).filter(Receipt.photo_id == photo_id).one()
        withdraw(session, Actor(desk.volunteer, "test"), receipt)

    page_before = sure.see(f"/supervision/candidates/{confirmed}")
    assert "/release" in page_before
    desk.writing(take_back)
    stopped = propose(sure, confirmed, authority)
    assert (stopped.status_code, "took this photo back" in stopped.text) == (409, True)
    assert 'href="/supervision/withdrawals"' in stopped.text
    page = sure.see("/supervision/withdrawals")
    assert f'href="/supervision/candidates/{confirmed}"' in page
    assert "Nobody can bring them back" in page
    assert desk.volunteer.name not in page
    [erasure] = desk.reading(lambda session: session.query(Erasure).all())
    assert sure.fill(f"/supervision/withdrawals/{erasure.id}/approve").headers["location"] == "/supervision/withdrawals"
    assert desk.count(Photo, Photo.id == photo_id, Photo.state == PhotoState.HIDDEN) == 0
    assert desk.state(confirmed) is CandidateState.WITHDRAWN
    again = sure.fill(f"/supervision/withdrawals/{erasure.id}/approve")
    assert (again.status_code, "decided already" in again.text) == (409, True)


def test_only_who_was_ticked_is_erased(desk: Desk, visit: Visitors, confirmed: UUID):
    sure, photo_id = visit(Role.SUPERVISOR), desk.photo_of(confirmed)
    asked = {"photo_id": str(desk.reading(lambda session: session.query(Receipt).one().id)), "reason": "The other one"}
    place = f"/supervision/withdrawals/{desk.service.sign_in(Role.ADMIN).post('/v1/erasures', json=asked).json()['id']}"
    page = sure.see("/supervision/withdrawals")
    assert f'src="{place}/faces/1"' in page
    assert desk.acts("erasure.look") == []  # nothing is loaded before it is asked for
    assert 'loading="lazy"' in page
    assert sure.get(f"{place}/faces/1").headers["content-type"] == "image/jpeg"
    nobody = sure.fill(f"{place}/people")
    assert (nobody.status_code, "Tick at least one" in nobody.text) == (422, True)
    assert sure.fill(f"{place}/people", {"faces": "1"}).headers["location"] == "/supervision/withdrawals"
    assert desk.count(Face, Face.photo_id == photo_id) == 1
    assert desk.state(confirmed) is CandidateState.CONFIRMED
    again = sure.fill(f"{place}/people", {"faces": "0"})
    assert (again.status_code, "decided already" in again.text) == (409, True)


def test_an_objection_finds_its_case_by_number_alone(desk: Desk, visit: Visitors, confirmed: UUID):
    sure, number = visit(Role.SUPERVISOR), case_of(desk, desk.case_id).number
    place = f"/supervision/objections/{desk.case_id}"
    for said in (number, number.lower().removeprefix("hw-"), " p-77 /2026"):
        assert sure.fill("/supervision/objections", {"number": said}).headers["location"] == place
    unknown = sure.fill("/supervision/objections", {"number": "P-7"})
    assert (unknown.status_code, "No case has this number" in unknown.text) == (404, True)
    page = sure.see(place)
    assert desk.worker.user.name in page
    assert "1 reference of the child is kept" in page
    assert 'type="file"' not in sure.see("/supervision/objections") + page
    desk.worker.post(f"/v1/cases/{desk.case_id}/close", json={"reason": "The guardian objects"})
    closed = sure.see(place)
    assert "Nothing of it is searched or compared any more" in closed
    assert "can still remove each on the case's page" in closed
    open_case(desk.worker)
    several = sure.fill("/supervision/objections", {"number": "P-77/2026"})
    assert (several.status_code, several.text.count('href="/supervision/objections/')) == (200, 2)


# --- legal holds ------------------------------------------------------------------------------------------------------


def test_a_hold_is_laid_where_the_thing_is_and_lifted_from_the_list(desk: Desk, visit: Visitors, confirmed: UUID):
    sure = visit(Role.SUPERVISOR)
    assert "Lay a hold on it" in sure.see(f"/supervision/candidates/{confirmed}")
    assert "Lay a hold on it" in sure.see(f"/supervision/cases/{desk.case_id}")
    for what in ({"candidate_id": confirmed}, {"case_id": desk.case_id}):
        laid = sure.fill("/supervision/holds", {**what, "reason": "The court asked"})
        assert laid.headers["location"] == "/supervision/holds"
    assert sure.fill("/supervision/holds", {"reason": "on nothing"}).status_code == 422
    page = sure.see("/supervision/holds")
    assert page.count("The court asked") == page.count("Lift it") == 2
    hold = desk.reading(lambda session: session.query(Hold).first())
    assert sure.fill(f"/supervision/holds/{hold.id}/lift").headers["location"] == "/supervision/holds"
    assert sure.see("/supervision/holds").count("Lift it") == 1
    assert sure.fill(f"/supervision/holds/{hold.id}/lift").status_code == 409
