"""What a reviewer learns of their own answers. Nobody else sees it, and nothing in it leads to a child."""

from collections import Counter
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.schemas.results import OwnResults, Rate, Week
from indexer.evaluation.metrics import wilson
from models.actor import Actor
from models.review import AssignmentState, Review
from models.seeded import SeededPair
from models.types import now

MEASURED_FROM = 20
"""Fewer answers measure nothing: of twenty without an error, up to one in six may still be wrong."""
AGREEMENTS_AT_ONCE = 20
"""Told in twenties: one that is added alone would tell what the other reviewer said of that pair."""
WEEKS = 8


def own_results(session: Session, actor: Actor) -> OwnResults:
    answered = select(SeededPair.same, SeededPair.answer).where(
        SeededPair.reviewer_id == actor.id, SeededPair.state == AssignmentState.ANSWERED
    )
    seeded = [(row.same, row.answer or 0) for row in session.execute(answered)]
    different = [answer for same, answer in seeded if not same]
    same = [answer for same, answer in seeded if same]
    agreed = _agreements(session, actor)
    return OwnResults(
        weeks=_weeks(session, actor),
        agreement=rate(sum(agreed), len(agreed)),
        false_same=rate(sum(answer >= 1 for answer in different), len(different)),
        false_different=rate(sum(answer <= -1 for answer in same), len(same)),
        cannot_say=rate(sum(answer == 0 for _, answer in seeded), len(seeded)),
    )


def rate(count: int, of: int) -> Rate:
    if of < MEASURED_FROM:
        return Rate(count=None, of=of, share=None, low=None, high=None)
    low, high = wilson(count, of)
    return Rate(count=count, of=of, share=count / of, low=low, high=high)


def _agreements(session: Session, actor: Actor) -> list[bool]:
    """Of each pair that somebody else has answered too: whether both are on one side. Who cannot say is on none.

    In the order in which the second answers came; `AGREEMENTS_AT_ONCE` more at a time, once so many are told.
    """
    other = aliased(Review)
    both = (other.candidate_id == Review.candidate_id) & (other.round == Review.round)
    mine = select(Review.answer, Review.locked_at, other.answer.label("theirs"), other.locked_at.label("then"))
    rows = session.execute(mine.join(other, both).where(Review.reviewer_id == actor.id, other.reviewer_id != actor.id))
    pairs = sorted((max(row.locked_at, row.then), row.answer * row.theirs > 0) for row in rows)
    told = max(len(pairs) // AGREEMENTS_AT_ONCE * AGREEMENTS_AT_ONCE, min(len(pairs), MEASURED_FROM - 1))
    return [agreed for _, agreed in pairs[:told]]


def _weeks(session: Session, actor: Actor) -> list[Week]:
    """The last eight, from Monday on, in UTC; this one first. Seeded pairs count like any other."""
    first = _monday(now().date()) - timedelta(weeks=WEEKS - 1)
    real = select(Review.locked_at).where(Review.reviewer_id == actor.id)
    tests = select(SeededPair.closed_at).where(
        SeededPair.reviewer_id == actor.id, SeededPair.state == AssignmentState.ANSWERED
    )
    moments = [*session.scalars(real), *session.scalars(tests)]
    counted = Counter(_monday(moment.date()) for moment in moments if moment is not None)
    return [
        Week(begins=begins, answers=counted[begins])
        for begins in (first + timedelta(weeks=number) for number in range(WEEKS - 1, -1, -1))
    ]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
