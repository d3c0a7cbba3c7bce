"""How many false candidates a list of this kind holds: counted in this gallery, with the references of other cases.

Definition. The threshold is the lowest score of the list just found (in an investigation nothing else cuts it off).
Other open, approved cases, a random sample of at most `OTHER_CASES`, are searched in the same gallery by the same
ranker. For each, the live faces at or above the threshold are counted, 20 at most, for a list never holds more. The
figure is the mean of these counts over the other cases.

It takes every such face to be false. Where another case's child is in the gallery that face is counted as well, so the
figure errs on the side of caution. With fewer than `LEAST_REFERENCES` references of other cases there is no figure.
"""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from indexer.gallery.base import Gallery
from indexer.keyring import KeyRing
from indexer.probes import probes_of_others
from indexer.rankers import Ranker
from indexer.ranking import live_rankings
from models.case import Case

LEAST_REFERENCES = 20
OTHER_CASES = 20  # bounds the time; the gallery is scanned once for all of them


class NoFigure(StrEnum):
    """Why there is no figure."""

    FEWER_THAN_20_REFERENCES = "fewer_than_20_references"
    EMPTY_LIST = "empty_list"
    TOO_FEW_CASES = "too_few_cases"  # fewer than 11, of which none counts for itself


@dataclass(frozen=True)
class ExpectedFalse:
    """Mean number of false candidates, 0 to 20; or None and why."""

    candidates: float | None
    reason: NoFigure | None


def expected_false(
    session: Session,
    keyring: KeyRing,
    gallery: Gallery,
    case: Case,
    ranker: Ranker,
    threshold: float | None,
    most: int,
) -> ExpectedFalse:
    """``threshold``: the lowest score of the list, None for an empty one. ``most``: how many a list may hold."""
    if threshold is None:
        return ExpectedFalse(None, NoFigure.EMPTY_LIST)
    others = probes_of_others(session, keyring, case, gallery.pack_id, OTHER_CASES)
    if sum(len(probes.reference_ids) for probes in others) < LEAST_REFERENCES:
        return ExpectedFalse(None, NoFigure.FEWER_THAN_20_REFERENCES)
    rankings = live_rankings(session, gallery, others, ranker, most)
    counts = [sum(face.score >= threshold for face in ranking[:most]) for ranking in rankings]
    return ExpectedFalse(sum(counts) / len(counts), None)
