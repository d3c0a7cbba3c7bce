"""A reviewer's own figures."""

from datetime import date

from app.schemas.base import Answer


class Rate(Answer):
    """`count` of `of`, with a 95 % interval (Wilson). Under 20 all but `of` are null: not measured."""

    count: int | None
    of: int
    share: float | None
    low: float | None
    high: float | None


class Week(Answer):
    """Answers of one week in UTC, from the Monday on."""

    begins: date
    answers: int


class OwnResults(Answer):
    """`agreement`: answers on the same side as the other reviewer's, told in twenties. The rest is of pairs whose truth
    is known: `false_same` of two children, `false_different` of one, `cannot_say` of all."""

    weeks: list[Week]
    agreement: Rate
    false_same: Rate
    false_different: Rate
    cannot_say: Rate
