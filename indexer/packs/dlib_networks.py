"""dlib's two public networks as ONNX graphs.

Sources: dlib's `dnn_face_recognition_ex.cpp` (ResNet-29) and `dnn_mmod_face_detection_ex.cpp` (detector), by Davis
King; the weights are CC0. Batch norm and affine layers are folded into the convolution before them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from indexer.packs.dlib_format import DlibReader, FormatError, Numbers, layers

MEANS = np.array([122.782, 117.001, 104.298], np.float32)  # of red, green, blue in dlib's training pictures
SCALE = 256.0
EPSILON = 1e-4  # dlib's batch normalisation
OPSET = 17
IR_VERSION = 8

EMBEDDER_INPUT, DETECTOR_INPUT = "faces", "picture"


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
    last = next(layers(data, ("fc_2",))).reader
    outputs, inputs = last.integer(), last.integer()
    matrix = last.tensor()
    if (inputs, outputs) != (256, 128) or matrix.size != inputs * outputs:
        raise FormatError(f"a last layer of {inputs} x {outputs} with {matrix.size} numbers")
    return found, matrix.reshape(inputs, outputs)


def _convolutions(data: bytes, kinds: tuple[str, ...]) -> list[Convolution]:
    found: list[Convolution] = []
    for layer in layers(data, kinds):
        if layer.kind == "con_4":
            found.append(_convolution(layer.reader, found[-1].filters.shape[0] if found else 3))
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
    reader.alias()
    reader.alias()
    _, _, means, variances = (reader.tensor().ravel() for _ in range(4))
    if means.size != channels or variances.size != channels:
        raise FormatError(f"a batch norm of {means.size} means for {channels} channels")
    gain = gamma / np.sqrt(variances + EPSILON)
    return gain, beta - gain * means


def _expect(found: list[Convolution], wanted: list[tuple[int, int]]) -> None:
    shapes = [(one.filters.shape[1], one.filters.shape[0]) for one in found]
    if shapes != wanted:
        raise FormatError(f"convolutions {shapes}")


class _Graph:
    """Nodes and weights of an ONNX graph in the making."""

    def __init__(self) -> None:
        from onnx import helper, numpy_helper

        self._helper, self._numpy = helper, numpy_helper
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self._names: Iterator[int] = count()

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        output = f"{kind.lower()}_{next(self._names)}"
        self.nodes.append(self._helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def weight(self, value: Any) -> str:
        name = f"weight_{next(self._names)}"
        self.weights.append(self._numpy.from_array(np.ascontiguousarray(value), name))
        return name

    def convolve(self, x: str, layer: Convolution) -> str:
        return self.node(
            "Conv",
            x,
            self.weight(layer.filters),
            self.weight(layer.biases),
            strides=[layer.stride, layer.stride],
            pads=[layer.padding] * 4,
        )

    def model(self, name: str, given: tuple[str, list[Any]], made: tuple[str, list[Any]]) -> bytes:
        from onnx import TensorProto, checker

        self.nodes.append(self._helper.make_node("Identity", [self.nodes[-1].output[0]], [made[0]]))
        infos = [self._helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n, shape in (given, made)]
        graph = self._helper.make_graph(self.nodes, name, infos[:1], infos[1:], self.weights)
        opsets = [self._helper.make_opsetid("", OPSET)]
        model = self._helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
        checker.check_model(model)
        return bytes(model.SerializeToString())


def detector_model(convolutions: list[Convolution]) -> bytes:
    """ONNX: `picture` [n, 3, height, width] -> `scores` [n, 1, rows, columns]."""
    graph = _Graph()
    x = DETECTOR_INPUT
    for layer in convolutions[:-1]:
        x = graph.node("Relu", graph.convolve(x, layer))
    graph.convolve(x, convolutions[-1])
    return graph.model(
        "dlib_face_detector",
        (DETECTOR_INPUT, ["n", 3, "height", "width"]),
        ("scores", ["n", 1, "rows", "columns"]),
    )


# (blocks, first block halves the picture) from input to output
_LEVELS = ((3, False), (4, True), (3, True), (3, True), (1, True))


def embedder_model(convolutions: list[Convolution], last: Numbers) -> bytes:
    """ONNX: `faces` [n, 3, 150, 150] -> `embeddings` [n, 128]."""
    graph, unused = _Graph(), iter(convolutions)
    x = graph.node("Relu", graph.convolve(EMBEDDER_INPUT, next(unused)))
    x = graph.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2])
    side = 35
    for blocks, halves in _LEVELS:
        for number in range(blocks):
            first, second = next(unused), next(unused)
            if halves and number == 0:
                x, side = _down_block(graph, x, side, first, second)
            else:
                inner = graph.node("Relu", graph.convolve(x, first))
                x = graph.node("Relu", graph.node("Add", graph.convolve(inner, second), x))
    x = graph.node("Flatten", graph.node("GlobalAveragePool", x))
    graph.node("MatMul", x, graph.weight(last))
    return graph.model("dlib_resnet29", (EMBEDDER_INPUT, ["n", 3, 150, 150]), ("embeddings", ["n", 128]))


def _down_block(graph: _Graph, x: str, side: int, first: Convolution, second: Convolution) -> tuple[str, int]:
    """Half the size, more channels. dlib adds unequal tensors by treating what is missing as zero."""
    inner = graph.node("Relu", graph.convolve(x, first))
    made, made_side = graph.convolve(inner, second), (side - 3) // 2 + 1
    short, short_side = graph.node("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2]), side // 2
    wanted = max(made_side, short_side)
    channels = first.filters.shape[0] - first.filters.shape[1]
    short = _pad(graph, short, channels, wanted - short_side)
    made = _pad(graph, made, 0, wanted - made_side)
    return graph.node("Relu", graph.node("Add", made, short)), wanted


def _pad(graph: _Graph, x: str, channels: int, edge: int) -> str:
    if not channels and not edge:
        return x
    return graph.node("Pad", x, graph.weight(np.array([0, 0, 0, 0, 0, channels, edge, edge], np.int64)))
