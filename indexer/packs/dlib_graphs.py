"""dlib's two public networks as ONNX graphs. Both take pixels as they are: 8-bit RGB, [n, height, width, 3]."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import numpy as np

from indexer.packs.dlib_format import Numbers
from indexer.packs.dlib_networks import Convolution

INPUT = "pixels"
OPSET = 17
IR_VERSION = 8


class _Graph:
    """Nodes and weights of an ONNX graph in the making."""

    def __init__(self) -> None:
        from onnx import TensorProto, helper, numpy_helper

        self._helper, self._numpy = helper, numpy_helper
        self._byte, self._float = TensorProto.UINT8, TensorProto.FLOAT
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

    def convolve_pixels(self, first: Convolution) -> str:
        """The first layer, of the graph's input."""
        planes = self.node("Transpose", self.node("Cast", INPUT, to=self._float), perm=[0, 3, 1, 2])
        return self.node("Relu", self.convolve(planes, first.of_pixels()))

    def convolve(self, x: str, layer: Convolution) -> str:
        return self.node(
            "Conv",
            x,
            self.weight(layer.filters),
            self.weight(layer.biases),
            strides=[layer.stride, layer.stride],
            pads=[layer.padding] * 4,
        )

    def model(self, name: str, pixels: list[Any], made: tuple[str, list[Any]]) -> bytes:
        from onnx import checker

        info = self._helper.make_tensor_value_info
        self.nodes.append(self._helper.make_node("Identity", [self.nodes[-1].output[0]], [made[0]]))
        given, output = info(INPUT, self._byte, pixels), info(made[0], self._float, made[1])
        graph = self._helper.make_graph(self.nodes, name, [given], [output], self.weights)
        opsets = [self._helper.make_opsetid("", OPSET)]
        model = self._helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
        checker.check_model(model)
        return bytes(model.SerializeToString())


def detector_model(convolutions: list[Convolution]) -> bytes:
    """ONNX: `pixels` [n, height, width, 3] -> `scores` [n, 1, rows, columns]."""
    graph = _Graph()
    x = graph.convolve_pixels(convolutions[0])
    for layer in convolutions[1:-1]:
        x = graph.node("Relu", graph.convolve(x, layer))
    graph.convolve(x, convolutions[-1])
    return graph.model("dlib_face_detector", ["n", "height", "width", 3], ("scores", ["n", 1, "rows", "columns"]))


# (blocks, first block halves the picture) from input to output
_LEVELS = ((3, False), (4, True), (3, True), (3, True), (1, True))


def embedder_model(convolutions: list[Convolution], last: Numbers) -> bytes:
    """ONNX: `pixels` [n, 150, 150, 3] -> `embeddings` [n, 128]."""
    graph, unused = _Graph(), iter(convolutions)
    x = graph.node("MaxPool", graph.convolve_pixels(next(unused)), kernel_shape=[3, 3], strides=[2, 2])
    side = 35  # of the maps now: 150 through a 7 x 7 and a 3 x 3 window, each with stride 2
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
    return graph.model("dlib_resnet29", ["n", 150, 150, 3], ("embeddings", ["n", 128]))


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
