"""Assignments and releases: which change is open in which state, and for whom."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product
from uuid import uuid4

import pytest

from models.errors import AlreadyAnswered, SamePerson, WrongState
from models.review import ALONE_WAITS, Assignment, AssignmentState, Release
from models.types import now
from models.user import User

ONE, OTHER = User(id=uuid4()), User(id=uuid4())
CLOSED_BY = {AssignmentState.ANSWERED: Assignment.answer, AssignmentState.KNOWS_CHILD: Assignment.recuse}
REFUSED_BY = {
    AssignmentState.ANSWERED: AlreadyAnswered,
    AssignmentState.KNOWS_CHILD: WrongState,
    AssignmentState.LAPSED: WrongState,
}


def assignment(
    state: AssignmentState = AssignmentState.OPEN, lapses_in: timedelta = timedelta(minutes=1)
) -> Assignment:
    return Assignment(state=state, lapses_at=now() + lapses_in)


@pytest.mark.parametrize(("state", "change"), CLOSED_BY.items())
def test_an_open_assignment_is_closed_once(state: AssignmentState, change: Callable[[Assignment], None]):
    given = assignment()
    change(given)
    assert given.state is state
    assert given.closed_at is not None


@pytest.mark.parametrize(("state", "change"), list(product(REFUSED_BY, CLOSED_BY.values())))
def test_a_closed_assignment_takes_no_answer(state: AssignmentState, change: Callable[[Assignment], None]):
    given = assignment(state)
    with pytest.raises(REFUSED_BY[state]):
        change(given)
    assert given.state is state


@pytest.mark.parametrize("change", CLOSED_BY.values())
def test_an_assignment_whose_time_is_over_takes_no_answer(change: Callable[[Assignment], None]):
    given = assignment(lapses_in=timedelta(0))
    assert given.state_at(now()) is AssignmentState.LAPSED
    with pytest.raises(WrongState):
        change(given)


def test_a_lapsed_assignment_is_given_again():
    given = assignment(AssignmentState.LAPSED)
    given.give_again(now() + timedelta(minutes=1))
    assert given.state_at(now()) is AssignmentState.OPEN
    given.answer()


def proposed(ago: timedelta = timedelta(0)) -> Release:
    return Release(proposed_by=ONE.id, proposed_at=now() - ago, authority_id=uuid4(), reason="first")


LONG_ENOUGH, TOO_SHORT = ALONE_WAITS, ALONE_WAITS - timedelta(minutes=1)


@pytest.mark.parametrize(("only_supervisor", "ago"), [(True, TOO_SHORT), (False, LONG_ENOUGH), (False, TOO_SHORT)])
def test_a_proposer_agrees_only_when_alone_and_a_day_later(only_supervisor: bool, ago: timedelta):
    release = proposed(ago)
    with pytest.raises(SamePerson):
        release.agree(ONE, only_supervisor)
    assert release.agreed_by is None
    proposed(LONG_ENOUGH).agree(ONE, only_supervisor=True)


def test_a_second_supervisor_need_not_wait():
    release = proposed()
    release.agree(OTHER, only_supervisor=False)
    assert release.agreed_by == OTHER.id


def test_an_agreed_release_is_neither_agreed_nor_proposed_again():
    release = proposed()
    release.agree(OTHER, only_supervisor=False)
    with pytest.raises(WrongState):
        release.agree(OTHER, only_supervisor=False)
    with pytest.raises(WrongState):
        release.propose_again(uuid4(), "another", OTHER)
    assert (release.reason, release.proposed_by) == ("first", ONE.id)
