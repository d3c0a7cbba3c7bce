"""The convolutions of dlib's two public networks, read from its files.

Sources: dlib's `dnn_face_recognition_ex.cpp` (ResNet-29) and `dnn_mmod_face_detection_ex.cpp` (detector), by Davis
King; the weights are CC0. Batch norm and affine layers are folded into the convolution before them.
"""

from dataclasses import dataclass

import numpy as np

from indexer.packs.dlib_format import DlibReader, FormatError, Numbers, layers

MEANS = np.array([122.782, 117.001, 104.298], np.float32)  # of red, green, blue in dlib's training pictures
SCALE = 256.0
EPSILON = 1e-4  # dlib's batch normalisation


@dataclass(frozen=True)
class Convolution:
    """Filters [out, in, height, width] and biases [out]; padding is kernel // 2 where the stride is 1, else 0."""

    filters: Numbers
    biases: Numbers
    stride: int

    @property
    def padding(self) -> int:
        return self.filters.shape[2] // 2 if self.stride == 1 else 0

    def scaled(self, gain: Numbers, shift: Numbers) -> "Convolution":
        """This convolution followed by ``gain * x + shift`` per channel."""
        filters = self.filters * gain[:, None, None, None]
        return Convolution(filters.astype(np.float32), (self.biases * gain + shift).astype(np.float32), self.stride)

    def of_pixels(self) -> "Convolution":
        """This convolution with ``(rgb - MEANS) / SCALE`` before it. Exact: a first layer pads nothing."""
        assert self.padding == 0
        filters = self.filters.astype(np.float64) / SCALE
        biases = self.biases - (filters * MEANS[None, :, None, None]).sum(axis=(1, 2, 3))
        return Convolution(filters.astype(np.float32), biases.astype(np.float32), self.stride)


def read_detector(data: bytes) -> list[Convolution]:
    """The seven convolutions of the detector, batch norm folded in. `FormatError`."""
    found = _convolutions(data, ("con_4", "bn_con2"))
    _expect(found, [(3, 16), (16, 32), (32, 32), (32, 45), (45, 45), (45, 45), (45, 1)])
    return found


def read_embedder(data: bytes) -> tuple[list[Convolution], Numbers]:
    """The 29 convolutions of the ResNet, affine layers folded in, and the last matrix [256, 128]. `FormatError`."""
    found = _convolutions(data, ("con_4", "affine_"))
    channels = [32] * 7 + [64] * 8 + [128] * 6 + [256] * 8
    _expect(found, list(zip([3, *channels[:-1]], channels, strict=True)))
    last = next(layers(data, ("fc_2",)), None)
    if last is None:
        raise FormatError("no last layer")
    outputs, inputs = last.reader.integer(), last.reader.integer()
    matrix = last.reader.tensor()
    if (inputs, outputs) != (256, 128) or matrix.size != inputs * outputs:
        raise FormatError(f"a last layer of {inputs} x {outputs} with {matrix.size} numbers")
    return found, matrix.reshape(inputs, outputs)


def _convolutions(data: bytes, kinds: tuple[str, ...]) -> list[Convolution]:
    found: list[Convolution] = []
    for layer in layers(data, kinds):
        if layer.kind == "con_4":
            found.append(_convolution(layer.reader, found[-1].filters.shape[0] if found else 3))
        elif not found:
            raise FormatError(f"{layer.kind} before any convolution")
        else:
            read = _affine if layer.kind == "affine_" else _batch_norm
            found[-1] = found[-1].scaled(*read(layer.reader, found[-1].filters.shape[0]))
    return found


def _convolution(reader: DlibReader, channels: int) -> Convolution:
    numbers = reader.tensor().ravel()
    filters, height, width, stride_y, stride_x, *padding = (reader.integer() for _ in range(7))
    size = filters * channels * height * width
    if numbers.size != size + filters or stride_y != stride_x or height != width:
        raise FormatError(f"a convolution {channels} -> {filters}, {height} x {width}, with {numbers.size} numbers")
    made = Convolution(numbers[:size].reshape(filters, channels, height, width), numbers[size:], stride_y)
    if padding != [made.padding, made.padding]:
        raise FormatError(f"a convolution padded by {padding}")
    return made


def _affine(reader: DlibReader, channels: int) -> tuple[Numbers, Numbers]:
    numbers = reader.tensor().ravel()
    if numbers.size != 2 * channels:
        raise FormatError(f"an affine layer of {numbers.size} numbers for {channels} channels")
    return numbers[:channels], numbers[channels:]


def _batch_norm(reader: DlibReader, channels: int) -> tuple[Numbers, Numbers]:
    """As an affine layer, from the running statistics."""
    gamma, beta = _affine(reader, channels)
    views = [reader.tensor_view() for _ in range(2)]
    _, _, means, variances = statistics = [reader.tensor().ravel() for _ in range(4)]
    if any(view != (1, channels, 1, 1) for view in views) or any(one.size != channels for one in statistics):
        raise FormatError(f"a batch norm of {[one.size for one in statistics]} numbers for {channels} channels")
    gain = gamma / np.sqrt(variances + EPSILON)
    return gain, beta - gain * means


def _expect(found: list[Convolution], wanted: list[tuple[int, int]]) -> None:
    shapes = [(one.filters.shape[1], one.filters.shape[0]) for one in found]
    if shapes != wanted:
        raise FormatError(f"convolutions {shapes}")
