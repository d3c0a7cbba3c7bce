"""Drawn children who resemble each other by age, as real ones do, and a cohort of others."""

from uuid import UUID, uuid4

import numpy as np

from indexer.cohorts.base import Cohort, fold_of
from indexer.gallery.base import Templates
from models.cohort import CohortSource
from tests.indexer.gallery.synthetic import strangers, unit

AGES = 12


def children(count: int, dimension: int, seed: int) -> Templates:
    """Each is drawn towards what its age has in common, more or less: the spread of the cohort's scores differs."""
    random = np.random.default_rng(seed)
    common = strangers(AGES, dimension, 9)[random.integers(0, AGES, count)]
    return unit(random.uniform(0.2, 0.6, count)[:, None] * common + strangers(count, dimension, seed + 1))


def cohort_of(templates: Templates, cases: list[UUID] | None = None) -> Cohort:
    """References of ``cases``, in turn; without, pictures of a folder."""
    folds = [-1 if cases is None else fold_of(cases[row % len(cases)]) for row in range(len(templates))]
    source = CohortSource.FOLDER if cases is None else CohortSource.REFERENCES
    return Cohort(1, source, templates, np.array(folds, np.int64))


def case_in(fold: int) -> UUID:
    return next(each for each in iter(uuid4, None) if fold_of(each) == fold)
