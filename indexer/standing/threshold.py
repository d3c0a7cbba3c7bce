"""From which score on standing search speaks: counted in this gallery, with the references of open cases.

Definition. A random sample of at most `MOST_CASES` open, approved cases is searched in the gallery by the ranker in
use. For each, the live children of its first 20 count that people have not confirmed to be the child. The threshold of
a case is the lowest score at or above which the other cases of the sample have, on average, no more such faces than
the operator allows (`standing_false_candidates_per_case`). It takes every face that nobody confirmed to be false, so
it errs on the side of fewer alarms.

Where less than one false candidate is allowed in all, the threshold is above everything that was counted. With fewer
than `LEAST_REFERENCES` references or `LEAST_CASES` cases too little can be counted, and there is no threshold.
"""

from collections.abc import Sequence
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from indexer.expected_false import LEAST_REFERENCES
from indexer.gallery.base import Gallery
from indexer.linking.groups import groups_of
from indexer.probes import Probes
from indexer.rankers import Ranker
from indexer.ranking import live_rankings
from indexer.search import RANKS
from indexer.standing.watched import Watched
from models.candidate import Candidate, CandidateState
from models.standing import StandingThreshold
from models.types import now

MOST_CASES = 200
"""With 0.1 allowed for each, the threshold stands on the twenty best of so many cases."""
LEAST_CASES = 11
"""What the others of so many cases scored best is exceeded by one in eleven: with fewer their best says little."""
MOVED = 0.1
"""So much more or less of faces or references: the threshold is counted anew."""
_CASES_AT_ONCE = 20  # bounds the memory: a thousand hits a reference are fetched to normalise

_CONFIRMED = (CandidateState.CONFIRMED, CandidateState.RELEASED, CandidateState.REUNITED)


def is_due(known: StandingThreshold | None, watched: Watched, faces: int, allowed: float) -> bool:
    """Whether ``known`` was counted on something else than there is now."""
    cohort_id = watched.cohort.id if watched.cohort else None
    if known is None or known.allowed != allowed or known.cohort_id != cohort_id:
        return True
    return _has_moved(known.faces, faces) or _has_moved(known.references, len(watched))


def _has_moved(before: int, after: int) -> bool:
    return abs(after - before) > MOVED * before


def count_threshold(
    session: Session, gallery: Gallery, ranker: Ranker, watched: Watched, faces: int, allowed: float
) -> StandingThreshold:
    """The row to store. ``watched`` has the cohort of ``ranker``."""
    sample = watched.cases[:MOST_CASES]  # in the order of their ids, which are random
    made = StandingThreshold(
        pack_id=gallery.pack_id,
        score=None,
        counted=None,
        top=[],
        allowed=allowed,
        cohort_id=watched.cohort.id if watched.cohort else None,
        faces=faces,
        cases=len(sample),
        references=len(watched),
        counted_at=now(),  # merged into the row before it, which would keep its own
    )
    if sum(len(case.reference_ids) for case in sample) < LEAST_REFERENCES or len(sample) < LEAST_CASES:
        return made
    counted = sorted(_false(session, gallery, ranker, sample), key=lambda each: -each[1])
    made.top = [(str(case_id), score) for case_id, score in counted[: _quota(allowed, len(sample)) + RANKS + 1]]
    scores = [score for _, score in counted]
    made.score = _lowest(scores, _quota(allowed, len(sample)))
    made.counted = sum(score >= made.score for score in scores) / len(sample) if made.score is not None else None
    return made


def thresholds_of(known: StandingThreshold, watched: Watched) -> NDArray[np.float64] | None:
    """One for each case of ``watched``; none counts against itself. None: there is no threshold."""
    if known.score is None:
        return None
    thresholds = np.full(len(watched.cases), known.score)
    sampled = {UUID(case_id) for case_id, _ in known.top}
    for case_id in sampled & watched.places.keys():
        others = [score for other, score in known.top if other != str(case_id)]
        own = _lowest(others, _quota(known.allowed, known.cases))
        thresholds[watched.places[case_id]] = known.score if own is None else own
    return thresholds


def _quota(allowed: float, cases: int) -> int:
    """So many false candidates the others of a sample may have in all."""
    return int(allowed * (cases - 1) + 1e-9)  # 0.29 x 100 is 28.999...


def _lowest(scores: Sequence[float], allowed: int) -> float | None:
    """The lowest score at or above which there are at most ``allowed`` of ``scores``, which are sorted, best first.

    Where all of them are allowed, the lowest of them: below it nothing was counted. None without any.
    """
    if len(scores) > allowed:
        return float(np.nextafter(scores[allowed], np.inf))
    return scores[-1] if scores else None


def _false(session: Session, gallery: Gallery, ranker: Ranker, sample: Sequence[Probes]) -> list[tuple[UUID, float]]:
    """(case id, score) of every face of their lists that people have not confirmed."""
    confirmed = _confirmed(session, sample)
    found = []
    for start in range(0, len(sample), _CASES_AT_ONCE):
        some = sample[start : start + _CASES_AT_ONCE]
        rankings = live_rankings(session, gallery, some, ranker, RANKS)
        for case, ranking in zip(some, rankings, strict=True):
            listed = ranking[:RANKS]
            found += [(case.case_id, face.score) for face in listed if (case.case_id, face.face_id) not in confirmed]
    return found


def _confirmed(session: Session, sample: Sequence[Probes]) -> set[tuple[UUID, int]]:
    """With every face that is linked to one that was confirmed."""
    of_sample = Candidate.case_id.in_([case.case_id for case in sample]), Candidate.state.in_(_CONFIRMED)
    rows = session.execute(select(Candidate.case_id, Candidate.face_id).where(*of_sample)).all()
    pairs = [(row.case_id, row.face_id) for row in rows if row.face_id is not None]
    groups = groups_of(session, {face_id for _, face_id in pairs})
    return {(case_id, member) for case_id, face_id in pairs for member in groups[face_id]}
