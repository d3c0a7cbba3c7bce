"""Five landmarks by a cascade of regression trees, all trees of a stage at once.

Source: V. Kazemi, J. Sullivan, "One millisecond face alignment with an ensemble of regression trees", CVPR 2014, as
dlib's `shape_predictor` applies it. The trees are full: 15 splits, 16 leaves of five points.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.packs.alignment import similarity
from indexer.packs.base import Landmarks, Pixels
from indexer.packs.dlib_format import DlibReader, FormatError

POINTS, STAGES, TREES, SPLITS, LEAVES, FEATURES = 5, 15, 500, 15, 16, 800
_DEPTH = 4  # 2**4 leaves
_VERSION = 1


@dataclass(frozen=True)
class ShapePredictor:
    """The cascade. Shapes: points 5 x (x, y) in the unit square of the face's box.

    ``pairs`` [15, 500, 15, 2] are numbers of features, ``limits`` [15, 500, 15] grey levels, ``leaves``
    [15, 500, 16, 10], ``anchors`` [15, 800] numbers of points, ``offsets`` [15, 800, 2].
    """

    start: NDArray[np.float32]
    pairs: NDArray[np.int16]
    limits: NDArray[np.float32]
    leaves: NDArray[np.float32]
    anchors: NDArray[np.int8]
    offsets: NDArray[np.float32]

    def save(self, file: Path) -> None:
        with file.open("wb") as handle:
            np.savez(handle, **vars(self))

    @classmethod
    def load(cls, file: Path) -> "ShapePredictor":
        with np.load(file, allow_pickle=False) as arrays:
            return cls(**{name: arrays[name] for name in cls.__dataclass_fields__})

    def landmarks(self, picture: Pixels, box: tuple[float, float, float, float]) -> Landmarks:
        """Five points in pixels of ``picture``; ``box`` as the detector gives it."""
        corner = np.array(box[:2], np.float32)
        size = np.array([box[2] - box[0] - 1, box[3] - box[1] - 1], np.float32)  # dlib's boxes include their last pixel
        shape = self.start.copy()
        for stage in range(STAGES):
            shape = shape + self._step(stage, picture, shape, corner, size)
        return (corner + shape * size).astype(np.float32)

    def _step(
        self,
        stage: int,
        picture: Pixels,
        shape: NDArray[np.float32],
        corner: NDArray[np.float32],
        size: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        turn = similarity(self.start, shape)[:, :2].astype(np.float32)
        places = shape[self.anchors[stage]] + self.offsets[stage] @ turn.T
        features = _grey_at(picture, corner + places * size)
        return self._leaf_sum(stage, features)

    def _leaf_sum(self, stage: int, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """What every tree of a stage adds to the shape."""
        trees = np.arange(TREES)
        node = np.zeros(TREES, np.int64)
        for _ in range(_DEPTH):
            pair = self.pairs[stage, trees, node]
            right = features[pair[:, 0]] - features[pair[:, 1]] <= self.limits[stage, trees, node]
            node = 2 * node + 1 + right
        total = self.leaves[stage, trees, node - SPLITS].sum(axis=0, dtype=np.float32)
        return np.asarray(total.reshape(POINTS, 2))


def _grey_at(picture: Pixels, places: NDArray[np.float32]) -> NDArray[np.float32]:
    """Grey levels, as dlib takes them, at the nearest pixels; 0 outside the picture."""
    x, y = np.floor(places + 0.5).astype(np.int64).T
    inside = (x >= 0) & (y >= 0) & (x < picture.shape[1]) & (y < picture.shape[0])
    found = np.zeros(len(places), np.float32)
    found[inside] = picture[y[inside], x[inside]].sum(axis=1, dtype=np.int32) // 3
    return found


def read_shape_predictor(data: bytes) -> ShapePredictor:
    """From dlib's file. `FormatError`. Takes seconds: three million numbers, one after another."""
    reader = DlibReader(data)
    _expect(reader, _VERSION)
    start = _vector(reader)
    _expect(reader, STAGES)
    trees = [_stage(reader) for _ in range(STAGES)]
    anchors = _nested(reader, reader.integer)
    offsets = _nested(reader, lambda: reader.numbers(2))
    reader.end()
    return ShapePredictor(
        start.reshape(POINTS, 2),
        np.array([stage[0] for stage in trees], np.int16),
        np.array([stage[1] for stage in trees], np.float32),
        np.array([stage[2] for stage in trees], np.float32),
        np.array(anchors, np.int8),
        np.array(offsets, np.float32),
    )


def _stage(reader: DlibReader) -> tuple[list[object], list[object], list[object]]:
    _expect(reader, TREES)
    pairs: list[object] = []
    limits: list[object] = []
    leaves: list[object] = []
    for _ in range(TREES):
        _expect(reader, SPLITS)
        splits = [((reader.integer(), reader.integer()), reader.number()) for _ in range(SPLITS)]
        pairs.append([split[0] for split in splits])
        limits.append([split[1] for split in splits])
        _expect(reader, LEAVES)
        leaves.append([_vector(reader) for _ in range(LEAVES)])
    return pairs, limits, leaves


def _vector(reader: DlibReader) -> NDArray[np.float32]:
    """A column of ten numbers; dlib writes a matrix's size negated."""
    _expect(reader, -2 * POINTS)
    _expect(reader, -1)
    return np.array(reader.numbers(2 * POINTS), np.float32)


def _nested(reader: DlibReader, read: Callable[[], object]) -> list[list[object]]:
    _expect(reader, STAGES)
    rows: list[list[object]] = []
    for _ in range(STAGES):
        _expect(reader, FEATURES)
        rows.append([read() for _ in range(FEATURES)])
    return rows


def _expect(reader: DlibReader, wanted: int) -> None:
    found = reader.integer()
    if found != wanted:
        raise FormatError(f"{found} where {wanted} belongs")
