"""What a report says of its data and its method, beside the figures."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from indexer.evaluation.dataset import Dataset, stated
from indexer.evaluation.embedded import EmbeddedPicture
from indexer.evaluation.faces import ADULT_YEARS, Faces
from indexer.evaluation.figures import RULE, Json
from indexer.evaluation.resampling import RESAMPLES
from indexer.evaluation.scores import Kind
from indexer.evaluation.searches import MOST_REFERENCES
from indexer.evaluation.study import NO_COHORT, Study

NOT_ENROLLED = "not_enrolled"


def about_dataset(dataset: Dataset, faces: Faces) -> Json:
    """Sizes after exact repeats were left out; ``counted``: those the protocols are about."""
    return {
        "name": dataset.name,
        "licence": dataset.licence,
        "layout": dataset.layout.value,
        "people": faces.people,
        "pictures": len(faces),
        "exact_repeats_left_out": len(dataset.pictures) - len(faces),
        "pictures_with_age": int(np.isfinite(faces.ages).sum()),
        "counted": int(faces.counted.sum()),
        "counted_are": f"under {ADULT_YEARS} years" if faces.has_ages else "all: no ages",
    }


def about_distractors(folder: Path | None, pictures: int, used: int, faces: Faces) -> Json | None:
    """``used``: pictures that are none of the dataset's."""
    if folder is None:
        return None
    name, licence = stated(folder)
    return {
        "name": name,
        "licence": licence,
        "pictures": pictures,
        "pictures_of_the_dataset_left_out": pictures - used,
        "faces_in_gallery": len(faces),
    }


def failures_to_enrol(embedded: Sequence[EmbeddedPicture], faces: Faces) -> Json:
    """Of the pictures counted: those no search can find. A reference is used though it would not be enrolled."""
    counted = np.flatnonzero(faces.counted).tolist()
    reasons = Counter(embedded[row].failure or NOT_ENROLLED for row in counted if not faces.enrolled[row])
    return {"pictures": len(counted), "failed": reasons.total(), "by_reason": dict(sorted(reasons.items()))}


def about_method(study: Study) -> Json:
    cohorts = study.partition.cohorts
    by_age = (
        f"For each face of a child under {ADULT_YEARS} and each gap: up to {MOST_REFERENCES} references, the latest of "
        "those at least as many years before as the gap begins; the latest is less years before than the gap ends."
    )
    at_random = (
        f"No ages: adults or unknown. For each face: up to {MOST_REFERENCES} other pictures of the person by the seed."
    )
    return {
        "searches": by_age if study.faces.has_ages else at_random,
        "gallery": "The mate, all other people's faces that the pack enrols, and the distractors'.",
        "gallery_faces": len(study.gallery.faces),
        "scores": {Kind.RAW.value: "best cosine over the references", Kind.AS.value: _normalised(study)},
        "parts": study.partition.parts,
        "cohort_faces": None if cohorts is None else [len(cohort) for cohort in cohorts],
        "misses": "Mates and references without a face, and mates not enrolled, are misses at every rank and score.",
        "intervals": (
            f"95 %: wilson (E. B. Wilson 1927), by_identity (bootstrap over people, {RESAMPLES} resamples by the seed)."
        ),
        "rule": RULE,
    }


def _normalised(study: Study) -> str:
    if study.partition.cohorts is None:
        return f"not measured: {NO_COHORT}"
    return "best over the references of AS-norm against faces of the people in the other parts (identity-disjoint)"
