"""Reading the landmark trees: every size is asserted. That they give dlib's landmarks, test_dlib_outputs.py shows."""

import numpy as np
import pytest

from indexer.packs import shape_predictor
from indexer.packs.dlib_format import FormatError
from indexer.packs.open_conversion import LANDMARKS, source_directory
from indexer.packs.shape_predictor import LEAVES, SPLITS, ShapePredictor, read_shape_predictor

STAGES, TREES, FEATURES = 2, 3, 4


@pytest.fixture
def few(monkeypatch):
    """A cascade small enough to write by hand."""
    for name, count in (("STAGES", STAGES), ("TREES", TREES), ("FEATURES", FEATURES)):
        monkeypatch.setattr(shape_predictor, name, count)


def integer(value):
    return bytes((0x81 if value < 0 else 1, abs(value)))


def number(value):
    """A whole number as mantissa and exponent."""
    return integer(value) + integer(0)


def vector(value):
    return integer(-10) + integer(-1) + number(value) * 10


def cascade(splits=SPLITS, leaves=LEAVES, trees=TREES, features=FEATURES):
    tree = integer(splits) + (integer(1) + integer(2) + number(7)) * splits + integer(leaves) + vector(3) * leaves
    stage = integer(trees) + tree * trees
    anchors = integer(STAGES) + (integer(features) + integer(4) * features) * STAGES
    offsets = integer(STAGES) + (integer(features) + (number(5) + number(-6)) * features) * STAGES
    return integer(1) + vector(9) + integer(STAGES) + stage * STAGES + anchors + offsets


def test_a_cascade_is_read_value_by_value(few):
    read = read_shape_predictor(cascade())
    np.testing.assert_array_equal(read.start, np.full((5, 2), 9))
    np.testing.assert_array_equal(read.pairs, np.broadcast_to([1, 2], (STAGES, TREES, SPLITS, 2)))
    np.testing.assert_array_equal(read.limits, np.full((STAGES, TREES, SPLITS), 7))
    np.testing.assert_array_equal(read.leaves, np.full((STAGES, TREES, LEAVES, 10), 3))
    np.testing.assert_array_equal(read.anchors, np.full((STAGES, FEATURES), 4))
    np.testing.assert_array_equal(read.offsets, np.broadcast_to([5, -6], (STAGES, FEATURES, 2)))


def test_what_is_saved_is_loaded(few, tmp_path):
    read = read_shape_predictor(cascade())
    read.save(tmp_path / "trees.npz")
    loaded = ShapePredictor.load(tmp_path / "trees.npz")
    for name, value in vars(read).items():
        np.testing.assert_array_equal(getattr(loaded, name), value)


@pytest.mark.parametrize(
    "data",
    [
        cascade(splits=SPLITS - 1),
        cascade(leaves=LEAVES + 1),
        cascade(trees=TREES - 1),
        cascade(features=FEATURES + 1),
        b"\x01\x02" + cascade()[2:],
        cascade()[:-1],
        cascade() + b"\x00",
        cascade().replace(integer(-10), integer(-12), 1),
    ],
    ids=["splits", "leaves", "trees", "features", "version", "cut short", "bytes behind", "points"],
)
def test_another_size_is_refused(few, data):
    with pytest.raises(FormatError):
        read_shape_predictor(data)


def test_dlibs_own_file_is_not_a_small_cascade(few):
    with pytest.raises(FormatError, match=f"15 where {STAGES} belongs"):
        read_shape_predictor((source_directory() / LANDMARKS.source).read_bytes())
