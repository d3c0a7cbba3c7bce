"""The life of a candidate: what two answers make of it, and which change is open in which state."""

from collections.abc import Callable
from itertools import product

import pytest

from models.candidate import OUTCOMES, Candidate, CandidateState, verdict
from models.errors import WrongState

# design section 7, written out: rows are the first answer, columns the second, -2 -1 0 +1 +2.
# r rejected, c conflict, + confirmed
DECISIONS = {
    -2: "rrccc",
    -1: "rrccc",
    00: "ccccc",
    +1: "cccc+",
    +2: "ccc++",
}
WORDS = {"r": CandidateState.REJECTED, "c": CandidateState.CONFLICT, "+": CandidateState.CONFIRMED}

CHANGES: dict[str, Callable[[Candidate], None]] = {
    "start_review": Candidate.start_review,
    "settle_same": lambda candidate: candidate.settle(2, 1),
    "settle_different": lambda candidate: candidate.settle(-1, -1),
    "settle_unsure": lambda candidate: candidate.settle(0, 2),
    "adjudicate_same": lambda candidate: candidate.adjudicate(True),
    "adjudicate_different": lambda candidate: candidate.adjudicate(False),
    "release": Candidate.release,
    "conclude_reunited": lambda candidate: candidate.conclude(CandidateState.REUNITED),
    "conclude_elsewhere": lambda candidate: candidate.conclude(CandidateState.ELSEWHERE),
    "conclude_not_the_child": lambda candidate: candidate.conclude(CandidateState.NOT_THE_CHILD),
    "withdraw": Candidate.withdraw,
}
# Every other pair is refused; `withdraw` is open everywhere.
OPEN_CHANGES = {
    ("open", "start_review"): "in_review",
    ("in_review", "start_review"): "in_review",
    ("in_review", "settle_same"): "confirmed",
    ("in_review", "settle_different"): "rejected",
    ("in_review", "settle_unsure"): "conflict",
    ("conflict", "adjudicate_same"): "confirmed",
    ("conflict", "adjudicate_different"): "rejected",
    ("confirmed", "release"): "released",
    ("released", "conclude_reunited"): "reunited",
    ("released", "conclude_elsewhere"): "elsewhere",
    ("released", "conclude_not_the_child"): "not_the_child",
} | {(state.value, "withdraw"): "withdrawn" for state in CandidateState}


@pytest.mark.parametrize("first", DECISIONS)
@pytest.mark.parametrize("second", DECISIONS)
def test_two_answers_decide_as_the_design_says(first: int, second: int):
    assert verdict(first, second) is WORDS[DECISIONS[first][second + 2]]


@pytest.mark.parametrize(("state", "change"), list(product(map(str, CandidateState), CHANGES)))
def test_each_change_is_open_in_its_own_state_only(state: str, change: str):
    candidate = Candidate(state=CandidateState(state))
    becomes = OPEN_CHANGES.get((state, change))
    if becomes is None:
        with pytest.raises(WrongState):
            CHANGES[change](candidate)
    else:
        CHANGES[change](candidate)
    assert candidate.state == (becomes or state)


@pytest.mark.parametrize("state", [each for each in CandidateState if each not in OUTCOMES])
def test_nothing_but_an_outcome_concludes(state: CandidateState):
    candidate = Candidate(state=CandidateState.RELEASED)
    with pytest.raises(ValueError, match="no outcome"):
        candidate.conclude(state)
    assert candidate.state is CandidateState.RELEASED


def test_a_candidate_whose_face_is_forgotten_is_withdrawn():
    candidate = Candidate(state=CandidateState.CONFIRMED, face_id=7)
    candidate.forget_face()
    assert (candidate.state, candidate.face_id) == (CandidateState.WITHDRAWN, None)
