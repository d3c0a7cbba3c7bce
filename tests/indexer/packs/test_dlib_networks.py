"""The readers of dlib's networks assert every size."""

import struct

import numpy as np
import pytest

from indexer.packs import dlib_networks
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


@pytest.mark.parametrize(
    ("sizes", "others"), [(b"\x01\x80\x02\x00\x01", b"\x01\x40\x02\x00\x02"), (b"\x01\x80", b"\x01\x40")]
)
def test_an_embedder_with_another_last_layer_is_refused(sizes, others):
    head = b"\x01\x04fc_2"
    data = data_of(EMBEDDER)
    assert head + sizes in data
    with pytest.raises(FormatError, match="last layer"):
        read_embedder(data.replace(head + sizes, head + others))


def integers(*values):
    return b"".join(bytes((1, value)) for value in values)


def tensor(count, view=(1, 1, 1)):
    return integers(2, count, *view) + struct.pack(f"<{count}f", *range(count))


def convolution(filters=2, side=3, stride=1, padding=1, numbers=2 * 3 * 9 + 2, columns=3):
    return tensor(numbers) + integers(filters, side, columns, stride, stride, padding, padding)


def test_a_convolution_is_filters_then_biases():
    read = dlib_networks._convolution(DlibReader(convolution()), 3)
    np.testing.assert_array_equal(read.filters, np.arange(54).reshape(2, 3, 3, 3))
    np.testing.assert_array_equal(read.biases, [54, 55])
    assert (read.stride, read.padding) == (1, 1)


@pytest.mark.parametrize(
    "data",
    [
        convolution(numbers=55),
        convolution(filters=3),
        convolution(columns=2, numbers=2 * 3 * 6 + 2),
        convolution(padding=0),
        convolution(stride=2),
    ],
    ids=["too few numbers", "other filters", "not square", "not padded", "padded with a stride"],
)
def test_a_convolution_of_another_size_is_refused(data):
    with pytest.raises(FormatError, match="a convolution"):
        dlib_networks._convolution(DlibReader(data), 3)


def test_an_affine_layer_of_another_size_is_refused():
    gain, shift = dlib_networks._affine(DlibReader(tensor(4)), 2)
    assert (gain.tolist(), shift.tolist()) == ([0, 1], [2, 3])
    with pytest.raises(FormatError, match="an affine layer of 4 numbers for 3 channels"):
        dlib_networks._affine(DlibReader(tensor(4)), 3)


def batch_norm(viewed=2, counted=2):
    view = integers(1, 1, viewed, 1, 1)
    return tensor(4) + view * 2 + tensor(2) * 2 + tensor(2) + tensor(counted)


def test_a_batch_norm_becomes_gain_and_shift_by_its_running_statistics():
    gain, shift = dlib_networks._batch_norm(
        DlibReader(batch_norm()), 2
    )  # gamma 0, 1; beta 2, 3; mean and variance 0, 1
    np.testing.assert_allclose(gain, [0, 1 / np.sqrt(1 + 1e-4)], rtol=1e-6)
    np.testing.assert_allclose(shift, [2, 3 - 1 / np.sqrt(1 + 1e-4)], rtol=1e-6)


@pytest.mark.parametrize("data", [batch_norm(viewed=3), batch_norm(counted=1)], ids=["view", "variances"])
def test_a_batch_norm_of_another_size_is_refused(data):
    with pytest.raises(FormatError, match="a batch norm"):
        dlib_networks._batch_norm(DlibReader(data), 2)


def test_window_and_overlap_are_those_in_the_detectors_file():
    data = data_of(DETECTOR)
    reader = DlibReader(data, data.index(b"loss_mmod_") + len("loss_mmod_"))
    assert reader.integer() == 1  # version of dlib's mmod_options
    assert (reader.integer(), reader.integer()) == (WINDOW, WINDOW)
    _false_alarm, _missed, _truth = reader.numbers(3)
    shared, covered = reader.numbers(2)
    assert shared == OVERLAP
    assert covered == 1.0  # so a window is never suppressed for being covered
