"""What every protocol works on, made once: faces, gallery, searches, their outcomes, and the resamples of people."""

from dataclasses import dataclass
from functools import cached_property

from indexer.evaluation.faces import Faces
from indexer.evaluation.outcomes import Outcomes, run_searches
from indexer.evaluation.parts import Partition, partition
from indexer.evaluation.resampling import Resamples
from indexer.evaluation.scores import Gallery, Kind, gallery_of
from indexer.evaluation.searches import Searches, searches_of

NO_COHORT = "no cohort: each needs at least 300 faces of other people"


@dataclass(frozen=True)
class Study:
    """One dataset under one pack."""

    faces: Faces
    gallery: Gallery
    searches: Searches
    partition: Partition
    outcomes: dict[Kind, Outcomes]
    seed: int

    @classmethod
    def of(cls, faces: Faces, distractors: Faces, seed: int) -> "Study":
        """All searches are run here; the protocols only count."""
        gallery, searches, parts = gallery_of(faces, distractors), searches_of(faces, seed), partition(faces, seed)
        return cls(faces, gallery, searches, parts, run_searches(faces, gallery, searches, parts), seed)

    @cached_property
    def resamples(self) -> Resamples:
        return Resamples.draw(self.faces.people, self.seed)
