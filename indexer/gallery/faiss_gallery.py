"""The gallery in FAISS: an exact scan of half-precision templates. The only file that imports faiss."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.gallery.base import FaceIds, Hit, Stored, Templates, usable
from indexer.gallery.lock import ReadersWriterLock
from indexer.gallery.rules import best, new_ids, rounded

_MORE_AT_THE_CUT = 8  # ties at the cut are rare: this many beyond the limit mostly settle them in one scan
_GROWTH = 4  # else the scan is repeated for so many times more


class FaissGallery:
    """A `Gallery` over ``IndexIDMap2(IndexScalarQuantizer(QT_fp16, inner product))``.

    FAISS scans every template in single precision; those that could be among the best are scored again by
    `rules.scores`, so the list is `ExactGallery`'s to the last bit. FAISS accepts an id twice in silence: we do not.
    """

    def __init__(self, pack_id: str, dimension: int) -> None:
        import faiss

        self.pack_id, self.dimension = pack_id, dimension
        self._faiss: Any = faiss
        kind, metric = faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        self._index: Any = faiss.IndexIDMap2(faiss.IndexScalarQuantizer(dimension, kind, metric))
        self._ids: set[int] = set()  # FAISS cannot say whether it holds an id
        self._lock = ReadersWriterLock()
        # A sum of d products of two unit vectors in singles is off by at most d * 2**-24, in whatever order it is
        # taken (Higham, Accuracy and Stability, 3.1); at a cut two such sums meet.
        self._rough = 2 * dimension * 2.0**-24

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, face_id: int) -> bool:
        return face_id in self._ids

    def add(self, face_ids: FaceIds, templates: Templates) -> None:
        more = rounded(templates, self.dimension).astype(np.float32)
        with self._lock.writing():
            fresh = new_ids(face_ids, len(more), self._ids)
            if fresh:
                self._index.add_with_ids(more, np.array(fresh, np.int64))
                self._ids.update(fresh)

    def remove(self, face_ids: FaceIds) -> int:
        with self._lock.writing():
            here = self._ids.intersection(map(int, face_ids))
            if here:
                self._index.remove_ids(np.array(sorted(here), np.int64))
                self._ids -= here
            return len(here)

    def search(self, probes: Templates, limit: int) -> list[list[Hit]]:
        probes = np.ascontiguousarray(usable(probes, self.dimension), np.float32)
        with self._lock.reading():
            limit = min(limit, len(self._ids))
            if limit < 1 or not len(probes):
                return [[] for _ in probes]
            near = self._near(probes, limit)
            return [best(ids, self._stored(ids), probe, limit) for ids, probe in zip(near, probes, strict=True)]

    def face_ids(self) -> FaceIds:
        with self._lock.reading():
            ids: FaceIds = np.sort(self._faiss.vector_to_array(self._index.id_map))
        return ids

    def templates(self, face_ids: FaceIds) -> tuple[FaceIds, Stored]:
        with self._lock.reading():
            here = np.array([face_id for face_id in map(int, face_ids) if face_id in self._ids], np.int64)
            return here, self._stored(here) if len(here) else np.empty((0, self.dimension), np.float16)

    def export(self) -> tuple[FaceIds, Stored]:
        with self._lock.reading():
            ids = self._faiss.vector_to_array(self._index.id_map)
            codes = self._faiss.vector_to_array(self._faiss.downcast_index(self._index.index).codes)
        return ids, codes.view(np.float16).reshape(-1, self.dimension)

    def _near(self, probes: NDArray[np.float32], limit: int) -> list[FaceIds]:
        """Per probe every face that could be among its ``limit`` best, in whatever order single precision has them."""
        count = min(limit + _MORE_AT_THE_CUT, len(self._ids))
        found, ids = self._index.search(probes, count)
        cut = np.minimum(found[:, limit - 1], 1) - self._rough
        near: list[FaceIds] = [row[values >= low] for row, values, low in zip(ids, found, cut, strict=True)]
        if count < len(self._ids):
            for number in np.flatnonzero(found[:, -1] >= cut):  # the scan ended among ties
                near[number] = self._near_ties(probes[number : number + 1], cut[number], count)
        return near

    def _near_ties(self, probe: NDArray[np.float32], cut: np.float32, count: int) -> FaceIds:
        while True:
            count = min(_GROWTH * count, len(self._ids))
            found, ids = self._index.search(probe, count)
            if count == len(self._ids) or found[0, -1] < cut:
                return np.asarray(ids[0][found[0] >= cut], np.int64)

    def _stored(self, ids: FaceIds) -> Stored:
        """Exact: every single that FAISS decodes from a half is that half."""
        return np.asarray(self._index.reconstruct_batch(ids)).astype(np.float16)
