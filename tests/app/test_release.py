"""Release: place, times and photo of a confirmed candidate, to a listed authority, by two supervisors."""

from base64 import b64decode
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from app.services.release import agree_to_release
from indexer.erasure import destroy_photo
from indexer.withdrawal import withdraw
from models.actor import Actor
from models.candidate import CandidateState
from models.records import Authority, IdempotentRequest, Photo, Receipt, Release, User
from models.types import now
from models.user import Role
from tests.app.conftest import AccountClient, Service
from tests.app.desk import HEIGHT, WIDTH, Desk, at_once, refusal, size_of, while_uncommitted
from tests.app.test_review import scored
from tests.models.factories import make_user

WHY = "Both reviewers and I agree."


class Confirmed(Desk):
    """Two sources, one candidate of them that two reviewers confirmed, and a listed authority."""

    def __init__(self, service: Service) -> None:
        super().__init__(service)
        camera = {"taken_at": "2026-03-01T12:34:56", "latitude": 48.5, "longitude": 11.5}
        at = datetime(2026, 3, 1, 11, 30, tzinfo=UTC)
        said = {"taken_at": at, "latitude": 48.1, "longitude": 11.6, "place": "Market gate", "note": "With a woman"}
        self.photo_id = self.add_photo(camera, **said)
        self.other_volunteer = self.writing(lambda session: make_user(session, Role.VOLUNTEER))
        self.add_receipt(self.photo_id, self.other_volunteer, place="Near the market", source_url="https://a.example/1")
        self.candidate = self.add_candidate(self.photo_id)
        self.answered(self.candidate, 2, 1)
        self.url = f"/v1/candidates/{self.candidate}"
        self.authority = self.add_authority()

    def second(self) -> AccountClient:
        return self.service.sign_in(Role.SUPERVISOR)

    def propose(self, by: AccountClient, authority: str | None = None, reason: str = WHY):
        return by.post(f"{self.url}/release", json={"authority_id": authority or self.authority, "reason": reason})

    def agree(self, by: AccountClient, authority: str | None = None):
        return by.post(f"{self.url}/agree", json={"authority_id": authority or self.authority})

    def wait(self, **how_long: float) -> None:
        def move(session) -> None:
            session.get_one(Release, self.candidate).proposed_at -= timedelta(**how_long)

        self.writing(move)


@pytest.fixture
def desk(service: Service) -> Confirmed:
    return Confirmed(service)


def test_one_proposes_another_agrees_and_both_are_on_record(desk: Confirmed):
    assert desk.propose(desk.supervisor).status_code == 201
    assert desk.state(desk.candidate) is CandidateState.CONFIRMED
    second = desk.second()
    [waiting] = second.get("/v1/candidates?state=confirmed").json()["items"]
    assert (waiting["release"]["authority_id"], waiting["release"]["agreed_by"]) == (desk.authority, None)
    assert waiting["release"]["proposed_by"] == str(desk.supervisor.user.id)
    assert desk.agree(second).status_code == 200
    assert desk.state(desk.candidate) is CandidateState.RELEASED
    why = f"to {desk.authority}: {WHY}"
    assert desk.acts("release.propose") == [(desk.supervisor.user.id, str(desk.candidate), why)]
    assert desk.acts("release.agree") == [(second.user.id, str(desk.candidate), why)]


def test_the_authority_gets_all_that_is_known_but_who_sent_it(desk: Confirmed):
    desk.propose(desk.supervisor)
    second = desk.second()
    agreed = desk.agree(second)
    packet = agreed.json()
    first, other = packet.pop("sources")
    assert datetime.fromisoformat(first.pop("taken_at")) == datetime(2026, 3, 1, 11, 30, tzinfo=UTC)
    for source in (first, other):
        source.pop("uploaded_at")
    place = {"latitude": 48.1, "longitude": 11.6, "place": "Market gate"}
    assert first == place | {"note": "With a woman", "source_url": None}
    nothing = dict.fromkeys(("taken_at", "latitude", "longitude", "note"))
    assert other == nothing | {"place": "Near the market", "source_url": "https://a.example/1"}
    photo = second.get(f"{desk.url}/faces/{packet['photo_number']}")
    assert size_of(photo.content) == (WIDTH, HEIGHT)
    assert b64decode(packet.pop("photo_jpeg"), validate=True) == photo.content
    assert packet == {
        "candidate_id": str(desk.candidate),
        "case_number": desk.worker.get(f"/v1/cases/{desk.case_id}").json()["number"],
        "authority": name_of(desk, desk.authority),
        "contact": "+00 112",
        "reason": WHY,
        "agreed_at": packet["agreed_at"],
        "camera": {"taken_at": "2026-03-01T12:34:56", "latitude": 48.5, "longitude": 11.5},
        "photo_number": packet["photo_number"],
    }
    for volunteer in (desk.volunteer, desk.other_volunteer):
        assert volunteer.name not in agreed.text
        assert str(volunteer.id) not in agreed.text


def name_of(desk: Desk, authority: str) -> str:
    return desk.reading(lambda session: session.get_one(Authority, UUID(authority)).name)


def test_nobody_releases_alone(desk: Confirmed):
    desk.second()
    desk.propose(desk.supervisor)
    desk.wait(days=30)
    assert refusal(desk.agree(desk.supervisor)) == (403, "same_person")
    assert desk.state(desk.candidate) is CandidateState.CONFIRMED
    assert desk.acts("release.agree") == []


def test_a_lone_supervisor_waits_a_day(desk: Confirmed):
    desk.propose(desk.supervisor)
    assert refusal(desk.agree(desk.supervisor)) == (403, "same_person")
    desk.wait(hours=23, minutes=59)
    assert refusal(desk.agree(desk.supervisor)) == (403, "same_person")
    desk.wait(minutes=2)
    assert desk.agree(desk.supervisor).status_code == 200
    assert desk.state(desk.candidate) is CandidateState.RELEASED


def test_who_became_the_only_supervisor_meanwhile_did_not_wait_alone(desk: Confirmed):
    second = desk.second()
    desk.propose(desk.supervisor)
    desk.wait(hours=25)
    desk.writing(lambda session: session.get_one(User, second.user.id).disable())
    assert refusal(desk.agree(desk.supervisor)) == (403, "same_person")
    desk.writing(lambda session: setattr(session.get_one(User, second.user.id), "disabled_at", now() - timedelta(2)))
    assert desk.agree(desk.supervisor).status_code == 200


def test_to_propose_again_begins_the_waiting_anew(desk: Confirmed):
    desk.propose(desk.supervisor)
    desk.wait(hours=25)
    desk.propose(desk.supervisor, reason="Another reason")
    assert refusal(desk.agree(desk.supervisor)) == (403, "same_person")


def test_an_authority_that_is_not_on_the_list_gets_nothing(desk: Confirmed):
    proposed, retired = desk.add_authority(listed=False), desk.add_authority()
    desk.writing(lambda session: setattr(session.get_one(Authority, UUID(retired)), "retired_at", now()))
    for authority in (proposed, retired, str(uuid4())):
        assert refusal(desk.propose(desk.supervisor, authority)) == (404, "not_found")
    assert desk.count(Release) == 0


def test_an_authority_that_left_the_list_meanwhile_gets_nothing(desk: Confirmed):
    desk.propose(desk.supervisor)
    desk.writing(lambda session: setattr(session.get_one(Authority, UUID(desk.authority)), "retired_at", now()))
    assert refusal(desk.agree(desk.second())) == (404, "not_found")
    assert desk.state(desk.candidate) is CandidateState.CONFIRMED


def test_only_a_confirmed_candidate_is_released(desk: Confirmed):
    second = desk.second()
    for state in ("conflict", "released", "reunited", "elsewhere", "not_the_child"):
        desk.set_state(desk.candidate, state)
        assert refusal(desk.propose(desk.supervisor)) == (409, "wrong_state")
        assert refusal(desk.agree(second)) == (409, "wrong_state")
        assert (desk.state(desk.candidate), desk.count(Release)) == (state, 0)


def test_there_is_nothing_to_agree_to_before_a_proposal(desk: Confirmed):
    assert refusal(desk.agree(desk.supervisor)) == (409, "wrong_state")


def test_a_release_needs_a_reason_that_the_audit_log_can_keep(desk: Confirmed):
    for reason in ("", "  ", "x" * 1901, "a\0b"):
        assert refusal(desk.propose(desk.supervisor, reason=reason)) == (422, "request_invalid")
    assert desk.propose(desk.supervisor, reason="ß" * 1900).status_code == 201
    assert desk.agree(desk.second()).status_code == 200


def test_who_agrees_to_what_was_proposed_before_is_told_that_it_changed(desk: Confirmed):
    elsewhere = desk.add_authority()
    desk.propose(desk.supervisor)
    desk.propose(desk.supervisor, elsewhere)
    second = desk.second()
    assert refusal(desk.agree(second)) == (409, "release_changed")
    assert desk.state(desk.candidate) is CandidateState.CONFIRMED
    assert desk.agree(second, elsewhere).json()["authority"] == name_of(desk, elsewhere)


def test_a_proposal_and_an_agreement_at_once_never_release_to_the_wrong_one(desk: Confirmed):
    elsewhere, second = desk.add_authority(), desk.second()
    desk.propose(desk.supervisor)
    proposed, agreed = at_once(partial(desk.propose, desk.supervisor, elsewhere), partial(desk.agree, second))
    assert {proposed.status_code, agreed.status_code} == {201, 409} or (
        agreed.status_code == 200 and proposed.status_code == 409
    )
    if agreed.status_code == 200:
        assert agreed.json()["authority"] == name_of(desk, desk.authority)


def test_a_proposal_that_waited_for_an_agreement_comes_too_late(desk: Confirmed):
    elsewhere, second = desk.add_authority(), Actor(desk.second().user, "test")
    desk.propose(desk.supervisor)
    late = while_uncommitted(
        desk.service.database,
        lambda session: agree_to_release(session, desk.context, second, desk.candidate, UUID(desk.authority)),
        partial(desk.propose, desk.supervisor, elsewhere),
    )
    assert refusal(late) == (409, "wrong_state")
    released = desk.reading(lambda session: session.get_one(Release, desk.candidate))
    assert (str(released.authority_id), released.agreed_by) == (desk.authority, second.id)


def test_a_release_is_agreed_to_once(desk: Confirmed):
    desk.propose(desk.supervisor)
    second, third = desk.second(), desk.second()
    answers = at_once(partial(desk.agree, second), partial(desk.agree, third))
    assert sorted(each.status_code for each in answers) == [200, 409]
    assert refusal(desk.agree(desk.second())) == (409, "wrong_state")
    assert refusal(desk.propose(third)) == (409, "wrong_state")
    assert len(desk.acts("release.agree")) == 1


def test_the_packet_is_answered_again_to_whoever_agreed_and_each_time_is_on_record(desk: Confirmed):
    desk.propose(desk.supervisor)
    second = desk.second()
    first, again = desk.agree(second), desk.agree(second)
    assert (first.status_code, first.json()) == (200, again.json())
    assert desk.acts("release.read") == [(second.user.id, str(desk.candidate), "")]
    assert len(desk.acts("release.agree")) == desk.alerts(desk.candidate).count("candidate_released") == 1
    for other in (desk.supervisor, desk.second()):
        assert refusal(desk.agree(other)) == (409, "wrong_state")
    assert refusal(desk.agree(second, desk.add_authority())) == (409, "release_changed")
    desk.supervisor.post(f"{desk.url}/outcome", json={"outcome": "elsewhere", "established_by": "DNA"})
    assert refusal(desk.agree(second)) == (409, "wrong_state")


def withdraw_all(session, photo_id: UUID) -> None:
    for receipt in session.scalars(select(Receipt).where(Receipt.photo_id == photo_id)).all():
        withdraw(session, Actor(session.get_one(User, receipt.uploader_id), "test"), receipt)


def take_back(desk: Confirmed) -> None:
    """Both volunteers."""
    desk.writing(lambda session: withdraw_all(session, desk.photo_id))


def test_whoever_agrees_during_the_withdrawal_releases_nothing(desk: Confirmed):
    desk.propose(desk.supervisor)
    agree = partial(desk.agree, desk.second())
    agreed = while_uncommitted(desk.service.database, lambda session: withdraw_all(session, desk.photo_id), agree)
    assert refusal(agreed) == (409, "photo_withdrawn")
    assert desk.state(desk.candidate) is CandidateState.CONFIRMED


def test_a_withdrawn_photo_is_released_to_nobody_before_a_supervisor_decided(desk: Confirmed):
    second = desk.second()
    desk.propose(desk.supervisor)
    take_back(desk)
    for refused in (desk.propose(desk.supervisor), desk.agree(second)):
        assert refusal(refused) == (409, "photo_withdrawn")
        assert "decide on it first" in refused.json()["detail"]
    assert (desk.state(desk.candidate), desk.acts("release.agree")) == (CandidateState.CONFIRMED, [])
    [erasure] = second.get("/v1/erasures").json()["items"]
    assert second.post(f"/v1/erasures/{erasure['id']}/approve").status_code == 200
    assert refusal(desk.agree(second)) == (404, "not_found")
    assert len(desk.answers(desk.candidate)) == 2


def test_what_two_agreed_on_before_the_withdrawal_is_given_again(desk: Confirmed):
    """The authority may not have got it yet."""
    desk.propose(desk.supervisor)
    second = desk.second()
    assert desk.agree(second).status_code == 200
    take_back(desk)
    assert desk.agree(second).status_code == 200


def test_nothing_of_the_packet_outlives_an_erasure_of_the_photo(desk: Confirmed):
    desk.propose(desk.supervisor)
    second, key = desk.second(), {"Idempotency-Key": "agree-0001"}
    agree = partial(second.post, f"{desk.url}/agree", json={"authority_id": desk.authority}, headers=key)
    assert agree().status_code == 200
    assert desk.count(IdempotentRequest) == 0
    desk.writing(lambda session: destroy_photo(session, session.get_one(Photo, desk.photo_id), keep_away=True))
    assert refusal(agree()) == (404, "not_found")


def test_a_proposal_sent_again_tells_nothing_of_an_erased_photo(desk: Confirmed):
    key = {"Idempotency-Key": "propose-0001"}
    asked = {"authority_id": desk.authority, "reason": "as agreed"}
    propose = partial(desk.supervisor.post, f"{desk.url}/release", json=asked, headers=key)
    assert propose().content == propose().content
    desk.writing(lambda session: destroy_photo(session, session.get_one(Photo, desk.photo_id), keep_away=True))
    assert refusal(propose()) == (404, "not_found")


def test_a_reference_approved_after_the_release_does_not_move_the_photo(desk: Confirmed):
    desk.propose(desk.supervisor)
    second = desk.second()
    number = desk.agree(second).json()["photo_number"]
    desk.add_reference(desk.case_id)
    assert size_of(second.get(f"{desk.url}/faces/{number}").content) == (WIDTH, HEIGHT)


def test_the_case_worker_reads_to_whom_and_when_and_what_may_be_told(desk: Confirmed):
    scored(desk, desk.case_id, desk.candidate, 0.5)
    desk.propose(desk.supervisor)
    second = desk.second()
    assert told(desk)["state_note"] is None
    desk.agree(second)
    note = f"released to {name_of(desk, desk.authority)} on {now():%Y-%m-%d}"
    assert (told(desk)["state"], told(desk)["state_note"], told(desk)["outcome_note"]) == ("released", note, None)
    outcome = {"outcome": "not_the_child", "established_by": "SECRET-dna", "note": "SECRET-note"}
    desk.supervisor.post(f"{desk.url}/outcome", json=outcome | {"for_worker": "Not your child."})
    after = told(desk)
    assert (after["state"], after["state_note"], after["outcome_note"]) == ("released", note, "Not your child.")
    text = desk.worker.get(f"/v1/cases/{desk.case_id}/candidates").text
    for secret in ("SECRET", "not_the_child", "arket", "48.", "2026-03-01", WHY, "+00 112", desk.volunteer.name):
        assert secret not in text, secret
    assert set(desk.alerts(desk.candidate)) >= {"release_awaits_agreement", "candidate_released", "outcome_recorded"}


def told(desk: Confirmed) -> dict:
    [one] = desk.worker.get(f"/v1/cases/{desk.case_id}/candidates").json()["items"]
    assert one["id"] == str(desk.candidate)
    return one
