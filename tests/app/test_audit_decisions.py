"""Whoever edits a decision that people made is found, and what an erasure takes away is not missed."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app.services.audit_chain import verify_chain
from app.services.audit_decisions import KINDS, DecisionsReport, verify_decisions
from app.services.authorities import agree_to_authority, propose_authority
from indexer.erasure import destroy_photo
from indexer.retention import CLOSED_FOR, empty_closed
from models.actor import Actor
from models.audit import AuditEntry
from models.face import Face
from models.photo import Photo
from models.review import AssignmentState, Review
from models.seeded import SeededPair
from models.types import now
from models.user import Role
from tests.app.conftest import Service
from tests.app.desk import Desk
from tests.models.factories import make_user
from tests.models.tampering import tamper, unguarded

OUTCOME = {"outcome": "reunited", "established_by": "DNA", "note": "n", "for_worker": "w"}


@pytest.fixture
def desk(service: Service) -> Desk:
    """With one decision of each kind, and an answer to a seeded pair."""
    desk = Desk(service)
    [candidate] = desk.add_candidates(1)
    desk.answered(candidate, 2, -2)
    url, body = f"/v1/candidates/{candidate}", {"same": True, "reason": "ears"}
    assert desk.supervisor.post(f"{url}/adjudicate", json=body).status_code == 200
    agreeing = service.sign_in(Role.SUPERVISOR)
    authority = desk.writing(lambda session: list_authority(session, desk.supervisor, agreeing))
    to = {"authority_id": authority}
    assert desk.supervisor.post(f"{url}/release", json=to | {"reason": "found"}).is_success
    assert agreeing.post(f"{url}/agree", json=to).is_success
    assert desk.supervisor.post(f"{url}/outcome", json=OUTCOME).is_success
    reviewer = desk.reviewer()
    made = {"same": True, "seed": 1, "face_px": 50.0, "dated": False, "lapses_at": now() + timedelta(minutes=30)}
    pair = SeededPair(reviewer_id=reviewer.user.id, face_id=desk.reading(lambda s: s.scalar(select(Face.id))), **made)
    desk.writing(lambda session: session.add(pair))
    assert desk.say(reviewer, str(pair.id), answer=1, comment="c").is_success
    desk.candidate = candidate
    return desk


def list_authority(session, first, second) -> str:
    authority = propose_authority(session, Actor(first.user, "test"), "Office", "112")
    agree_to_authority(session, Actor(second.user, "test"), authority.id)
    return str(authority.id)


def verified(desk: Desk) -> DecisionsReport:
    assert desk.reading(verify_chain).fault is None
    return desk.reading(verify_decisions)


TAMPERINGS = {
    "UPDATE reviews SET answer = 2 WHERE answer = -2": "changed afterwards",
    "UPDATE reviews SET comment = 'another' WHERE answer = 2": "changed afterwards",
    "UPDATE reviews SET comment = '', words_salt = NULL": "was taken out",
    "UPDATE reviews SET salt = NULL": "changed afterwards",
    "DELETE FROM reviews WHERE answer = 2": "is gone",
    "UPDATE adjudications SET same = (NOT same)": "changed afterwards",
    "DELETE FROM adjudications": "is gone",
    "UPDATE releases SET agreed_by = proposed_by": "changed afterwards",
    "UPDATE outcomes SET for_worker = 'x'": "changed afterwards",
    "UPDATE authorities SET contact = 'x'": "changed afterwards",
    "UPDATE seeded_pairs SET same = (NOT same)": "changed afterwards",
    "UPDATE seeded_pairs SET comment = '', words_salt = NULL": "was taken out",
    "UPDATE seeded_pairs SET answer = NULL": "is gone",
}


def test_an_edited_or_deleted_decision_shows(desk: Desk):
    assert verified(desk) == DecisionsReport(7, 0, None)
    for tampering, fault in TAMPERINGS.items():
        with unguarded(desk.service.database) as session:
            step = session.begin_nested()
            session.execute(text(tampering))
            assert fault in (verify_decisions(session).fault or ""), tampering
            step.rollback()
            session.expire_all()
    assert verified(desk) == DecisionsReport(7, 0, None)


def test_an_answer_that_nobody_gave_shows(desk: Desk):
    with unguarded(desk.service.database) as session:
        reviewer = make_user(session, Role.REVIEWER)
        made = {"same": True, "seed": 1, "face_px": 50.0, "dated": False, "lapses_at": now()}
        pair = SeededPair(reviewer_id=reviewer.id, **made)
        pair.answer, pair.state = 1, AssignmentState.ANSWERED
        session.add(pair)
    assert verified(desk).fault.startswith("seeded_pairs holds a decision that no row put on record")


def test_an_erasure_takes_the_words_and_leaves_the_answers(desk: Desk):
    with desk.service.database.writing() as session:
        destroy_photo(session, session.get_one(Photo, desk.photo_of(desk.candidate)), keep_away=True)
    assert verified(desk) == DecisionsReport(7, 0, None)


def test_an_emptied_case_has_no_words_and_keeps_its_decisions(desk: Desk):
    closed = desk.supervisor.post(f"/v1/cases/{desk.case_id}/close", json={"reason": "asked"})
    assert closed.is_success
    with desk.service.database.writing() as session:
        assert empty_closed(session, desk.context.keyring, now() + CLOSED_FOR + timedelta(days=1))
    with desk.service.database.reading() as session:
        assert set(session.scalars(select(Review.comment))) == {""}
        assert session.scalar(select(Face.id).where(Face.photo_id.is_not(None))) is not None
    assert verified(desk) == DecisionsReport(7, 0, None)


def test_decisions_from_before_are_counted_and_believed(desk: Desk):
    with unguarded(desk.service.database) as session:
        for record in {source.record for kind in KINDS for source in kind.sources}:
            for row in session.query(record):
                row.salt = None
    tamper(desk.service.database, "UPDATE audit SET covers = NULL")
    assert desk.reading(verify_decisions) == DecisionsReport(0, 7, None)


def test_an_approval_carries_what_its_supervisor_had_read(desk: Desk):
    case = desk.supervisor.get(f"/v1/cases/{desk.case_id}").json()
    approvals = select(AuditEntry.covers).where(AuditEntry.action == "case.approve")
    [covered] = desk.reading(lambda session: session.scalars(approvals).all())
    assert len(covered) == len(case["version"]) == 32
    assert covered != case["version"]  # a reference was added since
