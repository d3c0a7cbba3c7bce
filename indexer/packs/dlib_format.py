"""Reading dlib's serialization: integers, floats, strings and tensors, as they stand in its .dat files."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float32]

_NEGATIVE, _COUNT = 0x80, 0x0F
_SPECIAL = {32000: float("inf"), 32001: float("-inf"), 32002: float("nan")}
_TENSOR_VERSION = 2


class FormatError(ValueError):
    """The bytes are not what dlib writes."""


class DlibReader:
    """Reads one value after another from ``data``, beginning at ``position``. `FormatError` where they do not fit."""

    def __init__(self, data: bytes, position: int = 0) -> None:
        self._data, self.position = data, position

    def integer(self) -> int:
        """A head byte (high bit: negative; low four bits: byte count), then that many bytes, little endian."""
        head = self._take(1)[0]
        count = head & _COUNT
        if not 1 <= count <= 8:
            raise FormatError(f"an integer of {count} bytes at {self.position}")
        value = int.from_bytes(self._take(count), "little")
        return -value if head & _NEGATIVE else value

    def number(self) -> float:
        """A mantissa and a binary exponent; three exponents stand for infinities and not-a-number."""
        mantissa, exponent = self.integer(), self.integer()
        return _SPECIAL[exponent] if exponent in _SPECIAL else float(np.ldexp(float(mantissa), exponent))

    def numbers(self, count: int) -> list[float]:
        return [self.number() for _ in range(count)]

    def tensor(self) -> Numbers:
        """A version, four dimensions, then raw little-endian float32."""
        version = self.integer()
        if version != _TENSOR_VERSION:
            raise FormatError(f"a tensor of version {version}")
        shape = self._dimensions()
        return np.frombuffer(self._take(4 * prod(shape)), "<f4").reshape(shape)

    def tensor_view(self) -> tuple[int, ...]:
        """A view of a tensor (dlib's alias_tensor): a version and four dimensions, no numbers."""
        self.integer()
        return self._dimensions()

    def end(self) -> None:
        """`FormatError` unless everything was read."""
        if self.position != len(self._data):
            raise FormatError(f"{len(self._data) - self.position} bytes too many")

    def _dimensions(self) -> tuple[int, ...]:
        shape = tuple(self.integer() for _ in range(4))
        if min(shape) < 0:
            raise FormatError(f"a tensor of shape {shape}")
        return shape

    def _take(self, count: int) -> bytes:
        taken = self._data[self.position : self.position + count]
        if len(taken) != count:
            raise FormatError("the file ends too early")
        self.position += count
        return taken


@dataclass(frozen=True)
class Layer:
    """A layer with parameters: its kind (`con_4`, `affine_`, `bn_con2`, `fc_2`) and a reader placed behind its name."""

    kind: str
    reader: DlibReader


def layers(data: bytes, kinds: tuple[str, ...]) -> Iterator[Layer]:
    """The layers of ``kinds`` in the order of the file, which is the forward order of the network."""
    names = {bytes((1, len(kind))) + kind.encode(): kind for kind in kinds}
    places = sorted((place, name) for name in names for place in _places(data, name))
    for place, name in places:
        yield Layer(names[name], DlibReader(data, place + len(name)))


def _places(data: bytes, name: bytes) -> Iterator[int]:
    place = data.find(name)
    while place >= 0:
        yield place
        place = data.find(name, place + 1)
