"""What every gallery agrees on, so that any two give the same list: what is stored, what a score is, who is first."""

from collections.abc import Container

import numpy as np
from numpy.typing import NDArray

from indexer.errors import FaceAlreadyInGallery, ForeignPack
from indexer.gallery.base import FaceIds, Hit, Stored, Templates, usable


def rounded(templates: Templates, dimension: int) -> Stored:
    """Checked and rounded by numpy, so that every gallery stores the same bits (faiss rounds halves otherwise).

    `TemplateUnusable`.
    """
    return usable(templates, dimension).astype(np.float16, order="C")


def new_ids(face_ids: FaceIds, count: int, present: Container[int]) -> list[int]:
    """The ids as plain integers: one per template, none twice, none present. `FaceAlreadyInGallery`."""
    if face_ids.shape != (count,):
        msg = f"{count} templates need as many face ids, not {face_ids.shape}"
        raise ValueError(msg)
    fresh: dict[int, None] = {}  # keeps the order, which pairs ids with templates
    for face_id in map(int, face_ids):
        if face_id in present or face_id in fresh:
            raise FaceAlreadyInGallery(face_id=face_id)
        fresh[face_id] = None
    return list(fresh)


def scores(stored: Stored, probe: NDArray[np.float32]) -> NDArray[np.float64]:
    """The score of each stored template under one probe of shape (dimension,).

    Products of halves and singles are exact in doubles, and the sum of one row never depends on the other rows (a
    matrix product may round equal rows apart): equal templates have equal scores, in every gallery. Rounding to half
    precision can make a template longer than 1 by a hair, hence the clip.
    """
    products = np.multiply(stored, probe, dtype=np.float64, order="C")
    sums: NDArray[np.float64] = products.sum(axis=1)
    return sums.clip(-1, 1)


def best(face_ids: FaceIds, stored: Stored, probe: NDArray[np.float32], limit: int) -> list[Hit]:
    """The ``limit`` best of these faces, best first; of equal scores the lower face id first."""
    values = scores(stored, probe)
    order = np.lexsort((face_ids, -values))[:limit]
    return [Hit(float(values[row]), int(face_ids[row])) for row in order]


def require_pack(gallery_pack_id: str, template_pack_id: str) -> None:
    """Templates of different packs are never compared. `ForeignPack`, with both ids in it."""
    if gallery_pack_id != template_pack_id:
        raise ForeignPack(expected=gallery_pack_id, found=template_pack_id)
