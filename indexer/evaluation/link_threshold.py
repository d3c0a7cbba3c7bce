"""From which raw score on two street faces may be taken for one child: measured on people whose names are known.

In a dataset everybody has many pictures; on the street most children have few. So precision is stated for a gallery of
as many faces in which each has one other picture of the same child: the share of such pairs at the threshold or above,
against the faces of others there are at the threshold or above for each face.
"""

from dataclasses import dataclass

import numpy as np

from indexer.errors import NothingFitted
from indexer.evaluation.faces import STRANGER, Faces, Numbers, Rows
from indexer.evaluation.figures import Json, told_threshold, too_few
from indexer.evaluation.study import Study
from indexer.linking.sense import MOST_DAYS
from indexer.linking.threshold import LEAST_PRECISION, Linking

UNSEEN_ERRORS = 3
"""Added to the errors that were counted: where none was seen, three may still be expected (the rule of three)."""
MOST_ERRORS = 1000
_FACES_AT_ONCE = 512
_DAYS_A_YEAR = 365.0  # ages are whole years: two years apart must count


@dataclass(frozen=True)
class Pairs:
    """Pairs of gallery faces, best first: ``scores``, shape (n,), and whose faces they are, shape (n, 2)."""

    scores: Numbers
    subjects: Rows


def fit_linking(study: Study, pack_id: str, description: Json, made_at: str) -> Linking:
    """The lowest threshold that is precise enough by the lower end of its interval. `NothingFitted`."""
    faces = study.gallery.faces
    mated, others = mated_pairs(faces), closest_others(faces)
    reason = too_few(mated.subjects[:, 0])
    if reason:
        raise NothingFitted(reason=f"pictures of one child at most two years apart make {reason}")
    thresholds, precisions = _precisions(study, mated, others)
    holds = precisions >= LEAST_PRECISION
    if not holds[0]:
        raise NothingFitted(reason=f"no threshold for links is shown to be {LEAST_PRECISION:.0%} precise")
    last = len(holds) - 1 if holds.all() else int(holds.argmin()) - 1
    precision = float(np.floor(precisions[last] * 1e4) / 1e4)
    return Linking(pack_id, told_threshold(thresholds[last]), precision, len(faces), dict(description), made_at)


def mated_pairs(faces: Faces) -> Pairs:
    """Of one person, at most two years apart where ages are known."""
    scores, subjects = [np.empty(0)], [np.empty(0, np.int64)]
    for subject in np.unique(faces.subjects[faces.subjects != STRANGER]):
        rows = np.flatnonzero(faces.subjects == subject)
        one, other = np.triu_indices(len(rows), 1)
        with np.errstate(invalid="ignore"):
            apart = np.abs(faces.ages[rows[one]] - faces.ages[rows[other]]) > MOST_DAYS / _DAYS_A_YEAR
        one, other = rows[one[~apart]], rows[other[~apart]]
        left, right = (faces.templates[side].astype(np.float64) for side in (one, other))
        scores.append((left * right).sum(axis=1))
        subjects.append(np.full(len(one), subject))
    found, whose = np.concatenate(scores), np.concatenate(subjects)
    order = np.argsort(-found, kind="stable")
    return Pairs(found[order], np.stack([whose, whose], axis=1)[order])


def closest_others(faces: Faces) -> Pairs:
    """The `MOST_ERRORS` most alike pairs of two people."""
    scores, subjects = np.empty(0), np.empty((0, 2), np.int64)
    for start in range(0, len(faces), _FACES_AT_ONCE):
        rows = np.arange(start, min(start + _FACES_AT_ONCE, len(faces)))
        table = faces.templates[rows].astype(np.float64) @ faces.templates.T.astype(np.float64)
        mine, theirs = faces.subjects[rows][:, None], faces.subjects[None, :]
        table[((mine == theirs) & (mine != STRANGER)) | (np.arange(len(faces)) <= rows[:, None])] = -np.inf
        best = np.argsort(-table, axis=None, kind="stable")[:MOST_ERRORS]
        pairs = np.stack([rows[best // len(faces)], best % len(faces)], axis=1)
        scores = np.concatenate([scores, table.ravel()[best]])
        subjects = np.concatenate([subjects, faces.subjects[pairs]])
        kept = np.argsort(-scores, kind="stable")[:MOST_ERRORS]
        scores, subjects = scores[kept], subjects[kept]
    real = np.isfinite(scores)
    return Pairs(scores[real], subjects[real])


def _precisions(study: Study, mated: Pairs, others: Pairs) -> tuple[Numbers, Numbers]:
    """Just above each pair of two people: the threshold, and the lower end of the precision's interval there."""
    thresholds = np.nextafter(others.scores, np.inf) if len(others.scores) else np.array([-0.999999])
    weights = study.resamples.weights
    drawn = [np.where(side == STRANGER, 1.0, weights[:, side]) for side in others.subjects.T]
    errors = np.cumsum(drawn[0] * drawn[1], axis=1) - drawn[0] * drawn[1] if len(others.scores) else np.zeros((1, 1))
    per_face = 2 * (errors + UNSEEN_ERRORS) / len(study.gallery.faces)
    found = _shares(study, mated, thresholds)
    precisions = found / (found + per_face)
    return thresholds, np.percentile(precisions, 2.5, axis=0)


def _shares(study: Study, mated: Pairs, thresholds: Numbers) -> Numbers:
    """In each resample the share of mated pairs at each threshold or above; shape (resamples, thresholds)."""
    people = study.resamples.weights.shape[1]
    counts = np.bincount(mated.subjects[:, 0], minlength=people).astype(np.float64)
    above = np.zeros((people, len(thresholds)))
    for subject in np.flatnonzero(counts):
        own = np.sort(mated.scores[mated.subjects[:, 0] == subject])
        above[subject] = len(own) - np.searchsorted(own, thresholds, side="left")
    shares: Numbers = (study.resamples.weights @ above) / np.maximum(study.resamples.weights @ counts, 1)[:, None]
    return shares
