"""What the faces of a gallery score with a cohort, in memory, beside the gallery they belong to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from indexer.cohorts.base import Cohort, Kinship
from indexer.gallery.base import FaceIds, Gallery
from indexer.normalising import Statistics, joined

_FACES_AT_ONCE = 4096  # their scores with a cohort of 2,000 are 64 MB


@dataclass(frozen=True)
class KnownFaces:
    """Faces in rising order of their ids, with their statistics for each variant of a cohort."""

    face_ids: FaceIds
    variants: Sequence[Statistics]

    @classmethod
    def none(cls, cohort: Cohort) -> "KnownFaces":
        return cls(np.empty(0, np.int64), [joined([])] * cohort.variants)

    def __len__(self) -> int:
        return len(self.face_ids)

    def among(self, face_ids: FaceIds) -> FaceIds:
        """Those of ``face_ids`` that are known, in the order given."""
        return face_ids[np.isin(face_ids, self.face_ids)]

    def of(self, face_ids: FaceIds, variant: int) -> Statistics:
        """In the order given; all must be known."""
        return self.variants[variant][np.searchsorted(self.face_ids, face_ids)]

    def without(self, face_ids: FaceIds) -> "KnownFaces":
        keep = ~np.isin(self.face_ids, face_ids)
        return KnownFaces(self.face_ids[keep], [each[keep] for each in self.variants])

    def with_more(self, face_ids: FaceIds, more: Sequence[Statistics]) -> "KnownFaces":
        """``face_ids`` are none of those known; ``more`` holds their statistics for each variant."""
        every = np.concatenate([self.face_ids, face_ids])
        order = np.argsort(every)
        pairs = zip(self.variants, more, strict=True)
        return KnownFaces(every[order], [joined([before, after])[order] for before, after in pairs])


Kin = Callable[[list[int]], Kinship | None]
"""Of faces, by id, which members of the cohort show the same child (`indexer.cohorts.linked.kinship`)."""


def brought_up(known: KnownFaces, gallery: Gallery, cohort: Cohort, kin: Kin | None = None) -> KnownFaces:
    """``known`` as the gallery is now: without faces that left it, and with those that came."""
    present = gallery.face_ids()
    known = known.without(np.setdiff1d(known.face_ids, present, assume_unique=True))
    came = np.setdiff1d(present, known.face_ids, assume_unique=True)
    for start in range(0, len(came), _FACES_AT_ONCE):
        face_ids, stored = gallery.templates(came[start : start + _FACES_AT_ONCE])
        kinship = kin(face_ids.tolist()) if kin else None
        known = known.with_more(face_ids, cohort.statistics(stored.astype(np.float32), kinship))
    return known
