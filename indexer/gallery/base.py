"""What a gallery is: the searchable templates of one pack, on one screen."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indexer.errors import TemplateUnusable

FaceIds = NDArray[np.int64]
Templates = NDArray[np.float32]
Stored = NDArray[np.float16]
"""Templates as a gallery keeps them, shape (n, dimension): half precision, rounded to nearest, ties to even."""


@dataclass(frozen=True, order=True)
class Hit:
    """One face of the gallery under one probe. ``score`` is the cosine, in [-1, 1]; higher is more alike."""

    score: float
    face_id: int


class Gallery(Protocol):
    """Exact: every template is compared with every probe. Safe to use from several threads."""

    pack_id: str
    dimension: int

    def __len__(self) -> int: ...

    def __contains__(self, face_id: int) -> bool: ...

    def add(self, face_ids: FaceIds, templates: Templates) -> None:
        """Add all or nothing. `FaceAlreadyInGallery`, `TemplateUnusable`."""
        ...

    def remove(self, face_ids: FaceIds) -> int:
        """Remove those that are here; how many were."""
        ...

    def search(self, probes: Templates, limit: int) -> list[list[Hit]]:
        """Per probe the ``limit`` best hits, best first; of equal scores the lower face id first."""
        ...

    def face_ids(self) -> FaceIds:
        """All ids, in rising order."""
        ...

    def templates(self, face_ids: FaceIds) -> tuple[FaceIds, Stored]:
        """Of these faces those that are here, in the order given, with their templates as stored."""
        ...

    def export(self) -> tuple[FaceIds, Stored]:
        """All ids and templates as stored, in one order; what a snapshot holds."""
        ...


def usable(templates: Templates, dimension: int) -> Templates:
    """The templates, checked: shape (n, dimension), finite, unit length within fp16 rounding. `TemplateUnusable`."""
    if templates.ndim != 2 or templates.shape[1] != dimension:
        raise TemplateUnusable(dimension=dimension, reason=f"the shape is {templates.shape}")
    if not np.isfinite(templates).all():
        raise TemplateUnusable(dimension=dimension, reason="some number is not finite")
    if templates.size and np.abs(np.linalg.norm(templates, axis=1) - 1).max() > 1e-2:
        raise TemplateUnusable(dimension=dimension, reason="the length of a template is not 1")
    return templates
