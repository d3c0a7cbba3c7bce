"""Would templates averaged with those of mirror images find more? Measured, so that each pack can decide by figures."""

from dataclasses import replace

import numpy as np

from indexer.evaluation.figures import Figure, Json, difference, not_measured
from indexer.evaluation.outcomes import Outcomes, run_searches
from indexer.evaluation.scores import Kind
from indexer.evaluation.study import NO_COHORT, Study

RANK = 20


def mirrors(study: Study) -> Json:
    """Of hits in the first 20: what is gained with mirrored references, and with mirrored faces too."""
    both = study.faces.with_mirrors()
    rows = study.gallery.faces.with_mirrors()
    with_references = run_searches(both, study.gallery, study.searches, study.partition)
    with_faces = run_searches(both, replace(study.gallery, faces=rows), study.searches, study.partition)
    return {
        "rank": RANK,
        "references": {kind.value: _gain(study, with_references, kind) for kind in Kind},
        "references_and_faces": {kind.value: _gain(study, with_faces, kind) for kind in Kind},
    }


def _gain(study: Study, mirrored: dict[Kind, Outcomes], kind: Kind) -> Figure:
    if kind not in mirrored:
        return not_measured(NO_COHORT)
    gained = (mirrored[kind].ranks <= RANK).astype(np.float64) - (study.outcomes[kind].ranks <= RANK)
    subjects = study.searches.subjects
    mean = float(gained.mean()) if len(gained) else 0.0
    return difference(mean, subjects, study.resamples.means(gained, subjects))
