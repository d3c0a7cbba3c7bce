"""dlib's serialization, value by value, and what is refused."""

import struct

import numpy as np
import pytest

from indexer.packs.dlib_format import DlibReader, FormatError, layers


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"\x01\x05", 5),
        (b"\x81\x05", -5),
        (b"\x02\x10\x27", 10_000),
        (b"\x01\x00", 0),
        (b"\x08" + b"\xff" * 8, 2**64 - 1),
    ],
)
def test_an_integer_has_a_head_byte_and_little_endian_bytes(data, value):
    reader = DlibReader(data)
    assert reader.integer() == value
    reader.end()


@pytest.mark.parametrize(
    ("data", "value"),
    [(b"\x01\x10\x81\x05", 0.5), (b"\x81\x03\x01\x02", -12.0), (b"\x01\x00\x02\x00\x7d", np.inf)],
)
def test_a_number_is_a_mantissa_and_a_binary_exponent(data, value):
    assert DlibReader(data).number() == value


def test_two_exponents_stand_for_minus_infinity_and_not_a_number():
    assert DlibReader(b"\x01\x00\x02\x01\x7d").number() == -np.inf
    assert np.isnan(DlibReader(b"\x01\x00\x02\x02\x7d").number())


def tensor(*shape, version=2, numbers=6):
    head = b"".join(bytes((0x81 if one < 0 else 1, abs(one))) for one in (version, *shape))
    return head + struct.pack(f"<{numbers}f", *range(numbers))


def test_a_tensor_has_four_dimensions_and_float32():
    read = DlibReader(tensor(1, 1, 2, 3)).tensor()
    np.testing.assert_array_equal(read, np.arange(6, dtype=np.float32).reshape(1, 1, 2, 3))


@pytest.mark.parametrize(
    "data",
    [
        tensor(1, 1, 2, 3, version=1),
        tensor(1, 1, 2, 3, numbers=5),
        tensor(-1, 1, -2, 3),
        b"\x09" + bytes(9),
        b"\x00",
        b"",
        b"\x02\x01",
    ],
    ids=["version", "too few numbers", "negative sizes", "long integer", "empty integer", "nothing", "cut integer"],
)
def test_what_dlib_does_not_write_is_refused(data):
    with pytest.raises(FormatError):
        DlibReader(data).tensor()


def test_bytes_that_are_left_over_are_refused():
    with pytest.raises(FormatError, match="1 bytes too many"):
        DlibReader(b"\x00").end()


def test_layers_come_in_the_order_of_the_file():
    data = b"junk\x01\x05con_4\x01\x07 more\x01\x07affine_\x01\x08\x01\x05con_4\x01\x09"
    found = [(layer.kind, layer.reader.integer()) for layer in layers(data, ("affine_", "con_4"))]
    assert found == [("con_4", 7), ("affine_", 8), ("con_4", 9)]
