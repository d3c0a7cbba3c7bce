"""The obvious gallery: two arrays and a sort. What every faster one is measured against."""

from threading import Lock

import numpy as np

from indexer.gallery.base import FaceIds, Hit, Stored, Templates, usable
from indexer.gallery.rules import best, new_ids, rounded

_PROBES_AT_ONCE = 64  # 64 x 500,000 doubles are 256 MB
_ROUGH = 1e-9  # a matrix product in doubles is off by less than dimension * 2**-53, about 1e-13


class ExactGallery:
    """A `Gallery` in numpy. A change replaces both arrays, so a search that has begun sees one state to its end."""

    def __init__(self, pack_id: str, dimension: int) -> None:
        self.pack_id, self.dimension = pack_id, dimension
        self._changing = Lock()
        self._state: tuple[FaceIds, Stored] = np.empty(0, np.int64), np.empty((0, dimension), np.float16)

    def __len__(self) -> int:
        return len(self._state[0])

    def __contains__(self, face_id: int) -> bool:
        return bool((self._state[0] == face_id).any())

    def add(self, face_ids: FaceIds, templates: Templates) -> None:
        more = rounded(templates, self.dimension)
        with self._changing:
            ids, stored = self._state
            fresh = new_ids(face_ids, len(more), set(ids.tolist()))
            self._state = np.append(ids, fresh), np.concatenate([stored, more])

    def remove(self, face_ids: FaceIds) -> int:
        with self._changing:
            ids, stored = self._state
            keep = ~np.isin(ids, face_ids)
            self._state = ids[keep], stored[keep]
            return len(ids) - len(self)

    def search(self, probes: Templates, limit: int) -> list[list[Hit]]:
        probes = np.asarray(usable(probes, self.dimension), np.float32)
        ids, stored = self._state
        limit = min(limit, len(ids))
        if limit < 1:
            return [[] for _ in probes]
        whole = stored.astype(np.float64).T
        hits = []
        for start in range(0, len(probes), _PROBES_AT_ONCE):
            batch = probes[start : start + _PROBES_AT_ONCE]
            for probe, rough in zip(batch, batch.astype(np.float64) @ whole, strict=True):
                cut = min(np.partition(rough, -limit)[-limit], 1.0)
                near = rough >= cut - _ROUGH
                hits.append(best(ids[near], stored[near], probe, limit))
        return hits

    def face_ids(self) -> FaceIds:
        return np.sort(self._state[0])

    def templates(self, face_ids: FaceIds) -> tuple[FaceIds, Stored]:
        ids, stored = self._state
        row_of = {int(face_id): row for row, face_id in enumerate(ids)}
        here = [int(face_id) for face_id in face_ids if int(face_id) in row_of]
        return np.array(here, np.int64), stored[[row_of[face_id] for face_id in here]]

    def export(self) -> tuple[FaceIds, Stored]:
        ids, stored = self._state
        return ids.copy(), stored.copy()
