"""Recognition models of every kind in an InsightFace folder; the detector is a real one."""

import shutil

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from benchmarks.dlib_reference.drawings import drawing
from indexer.errors import PackUnreadable
from indexer.packs.base import FaceCrop
from indexer.packs.insightface_pack import BATCH, POINTS, SIDE, InsightFacePack, _aligned
from tests.shared import shared_path

DIMENSION = 48


def recogniser(file, batch, *nodes):
    """A model that averages squares of 28 px: [batch, 3, 112, 112] -> [batch, 48]."""
    nodes = nodes or [helper.make_node("AveragePool", ["pixels"], ["squares"], kernel_shape=[28, 28], strides=[28, 28])]
    nodes = [*nodes, helper.make_node("Flatten", ["squares"], ["vectors"])]
    given = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [batch, 3, SIDE, SIDE])
    made = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, [batch, None])
    graph = helper.make_graph(nodes, "drawn", [given], [made])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), file)


@pytest.fixture
def folder(tmp_path):
    shutil.copyfile(shared_path("packs/mbf-int8") / "det_500m.onnx", tmp_path / "det_500m.onnx")
    return tmp_path


def load(folder):
    return InsightFacePack.load(folder, "drawn", "CC0", ("CPUExecutionProvider",), 1, 640)


def crop(seed):
    """An aligned face's worth of noise."""
    pixels = np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
    pixels[:, : SIDE // 2] //= 1 + seed  # so that each differs from the others
    return FaceCrop(pixels, POINTS.astype(np.float32))


@pytest.mark.parametrize(("batch", "at_once"), [("n", BATCH), (1, 1)])
def test_faces_are_embedded_as_many_at_once_as_the_model_takes(folder, batch, at_once):
    recogniser(folder / "recognition.onnx", batch)
    pack, crops = load(folder), [crop(seed) for seed in range(BATCH + 3)]
    sizes, inner = [], pack._recogniser.get_feat
    pack._recogniser.get_feat = lambda pictures: sizes.append(len(pictures)) or inner(pictures)
    templates = pack.embed(crops)
    assert max(sizes) == at_once
    assert sum(sizes) == len(crops)
    assert templates.shape == (len(crops), DIMENSION) == (len(crops), pack.info.dimension)
    np.testing.assert_allclose(templates[7], pack.embed([crops[7]])[0], atol=1e-6)


def test_faces_are_embedded_one_by_one_where_their_batch_would_change_them(small_pack):
    sizes, inner = [], small_pack._recogniser.get_feat
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            small_pack._recogniser, "get_feat", lambda pictures: sizes.append(len(pictures)) or inner(pictures)
        )
        small_pack.embed([crop(0), crop(1), crop(2)])
    assert sizes == [1, 1, 1]


def test_a_model_that_loads_but_does_not_run_is_unreadable(folder):
    # A shape that no picture has: it fails only with a picture in hand.
    wanted = helper.make_node("Constant", [], ["shape"], value_ints=[7, 7, 7])
    recogniser(folder / "recognition.onnx", "n", wanted, helper.make_node("Reshape", ["pixels", "shape"], ["squares"]))
    with pytest.raises(PackUnreadable, match="does not run"):
        load(folder)


@pytest.mark.filterwarnings("ignore:.estimate. is deprecated:FutureWarning")
def test_a_face_is_aligned_as_insightface_aligns_it():
    from insightface.utils.face_align import norm_crop

    picture = drawing(3, 300, 300)
    tilt = np.array([[0.9, -0.3], [0.3, 0.9]])
    landmarks = (POINTS @ tilt.T * 1.6 + [60, 40] + [[1, 2], [-2, 1], [0, 1], [2, -1], [1, 1]]).astype(np.float32)
    theirs = norm_crop(np.ascontiguousarray(picture[:, :, ::-1]), landmarks)
    ours = _aligned(FaceCrop(picture, landmarks))
    assert np.abs(ours.astype(int) - theirs).max() <= 2  # rounding
