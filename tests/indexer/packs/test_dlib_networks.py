"""The readers of dlib's networks assert every size."""

import pytest

from indexer.packs.dlib_format import DlibReader, FormatError
from indexer.packs.dlib_networks import read_detector, read_embedder
from indexer.packs.face_detector import OVERLAP, WINDOW
from indexer.packs.open_conversion import DETECTOR, EMBEDDER, LANDMARKS, source_directory
from indexer.packs.shape_predictor import read_shape_predictor

READERS = {DETECTOR: read_detector, EMBEDDER: read_embedder, LANDMARKS: read_shape_predictor}


def data_of(part):
    return (source_directory() / part.source).read_bytes()


@pytest.mark.parametrize("part", READERS, ids=lambda part: part.kind)
def test_a_file_cut_short_is_refused(part):
    data = data_of(part)
    with pytest.raises(FormatError):
        READERS[part](data[: len(data) // 20])


@pytest.mark.parametrize("part", READERS, ids=lambda part: part.kind)
def test_another_file_is_refused(part):
    with pytest.raises(FormatError):
        READERS[part](b"\x01\x02 no network at all" * 100)


def damaged(part, name, count):
    """The file without its ``count``th mention of a layer."""
    pieces = data_of(part).split(name)
    return name.join(pieces[:count]) + b"?" * len(name) + name.join(pieces[count:])


@pytest.mark.parametrize("count", [1, 4, 7])
def test_a_detector_without_one_convolution_is_refused(count):
    with pytest.raises(FormatError):
        read_detector(damaged(DETECTOR, b"\x01\x05con_4", count))


@pytest.mark.parametrize("name", [b"\x01\x05con_4", b"\x01\x04fc_2"])
def test_an_embedder_without_one_layer_is_refused(name):
    with pytest.raises(FormatError):
        read_embedder(damaged(EMBEDDER, name, 1))


def test_a_convolution_of_another_size_is_refused():
    data = data_of(EMBEDDER)
    place = data.index(b"\x01\x05con_4") + 7 + 10  # behind the name and the tensor's version and dimensions
    size = DlibReader(data, data.index(b"\x01\x05con_4") + 7).tensor().size * 4
    where = data.index(b"\x01\x20\x01\x03\x01\x03", place + size - 40)  # 32 filters of 3 x 3
    changed = data[:where] + b"\x01\x10" + data[where + 2 :]
    with pytest.raises(FormatError):
        read_embedder(changed)


def test_window_and_overlap_are_those_in_the_detectors_file():
    data = data_of(DETECTOR)
    reader = DlibReader(data, data.index(b"loss_mmod_") + len("loss_mmod_"))
    assert reader.integer() == 1  # version of dlib's mmod_options
    assert (reader.integer(), reader.integer()) == (WINDOW, WINDOW)
    _false_alarm, _missed, _truth = reader.numbers(3)
    shared, covered = reader.numbers(2)
    assert shared == OVERLAP
    assert covered == 1.0  # so a window is never suppressed for being covered
