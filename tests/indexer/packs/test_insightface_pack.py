"""Recognition models of every kind in an InsightFace folder; the detector is a real one."""

import shutil
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from benchmarks.dlib_reference.drawings import drawing
from indexer.errors import PackIncomplete, PackUnreadable
from indexer.packs.base import FaceCrop
from indexer.packs.insightface_models import BATCH, MIDDLE_SIDE_PX, SIDE
from indexer.packs.insightface_pack import POINTS, InsightFacePack, _aligned, _canvas
from tests.indexer.worlds import DrawnPack
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


def detector(file, outputs):
    """A model that insightface takes for a detector by its number of outputs, and that gives the picture in each."""
    given = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 3, "height", "width"])
    names = [f"output {number}" for number in range(outputs)]
    nodes = [helper.make_node("Identity", ["pixels"], [name]) for name in names]
    made = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, None, None]) for name in names]
    graph = helper.make_graph(nodes, "drawn", [given], made)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), file)


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
    sizes, inner = [], pack._models.recogniser.get_feat
    pack._models.recogniser.get_feat = lambda pictures: sizes.append(len(pictures)) or inner(pictures)
    templates = pack.embed(crops)
    assert max(sizes) == at_once
    assert sum(sizes) == len(crops)
    assert templates.shape == (len(crops), DIMENSION) == (len(crops), pack.info.dimension)
    np.testing.assert_allclose(templates[7], pack.embed([crops[7]])[0], atol=1e-6)


def test_faces_are_embedded_one_by_one_where_their_batch_would_change_them(small_pack):
    sizes, inner = [], small_pack._models.recogniser.get_feat
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            small_pack._models.recogniser, "get_feat", lambda pictures: sizes.append(len(pictures)) or inner(pictures)
        )
        small_pack.embed([crop(0), crop(1), crop(2)])
    assert sizes == [1, 1, 1]


def test_a_model_that_loads_but_does_not_run_is_unreadable(folder):
    # A shape that no picture has: it fails only with a picture in hand.
    wanted = helper.make_node("Constant", [], ["shape"], value_ints=[7, 7, 7])
    recogniser(folder / "recognition.onnx", "n", wanted, helper.make_node("Reshape", ["pixels", "shape"], ["squares"]))
    with pytest.raises(PackUnreadable, match=r"recognition\.onnx .* does not run"):
        load(folder)


def test_a_detector_without_landmarks_is_refused_at_its_load(folder):
    recogniser(folder / "recognition.onnx", "n")
    detector(folder / "det_500m.onnx", 6)
    with pytest.raises(PackIncomplete, match="no five-landmark detection model"):
        load(folder)


def test_a_detector_that_fails_on_a_picture_is_refused_at_its_load(folder):
    recogniser(folder / "recognition.onnx", "n")
    detector(folder / "det_500m.onnx", 9)
    with pytest.raises(PackUnreadable, match=r"det_500m\.onnx .* does not run as a detector at 128 px"):
        load(folder)


@pytest.mark.parametrize("shape", [[1, 7], [1, 3, "side", "side"]], ids=["no picture", "any square"])
def test_a_model_that_insightface_cannot_place_is_named(folder, shape):
    recogniser(folder / "recognition.onnx", "n")
    given = helper.make_tensor_value_info("numbers", TensorProto.FLOAT, shape)
    made = helper.make_tensor_value_info("same", TensorProto.FLOAT, shape)
    graph = helper.make_graph([helper.make_node("Identity", ["numbers"], ["same"])], "drawn", [given], [made])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, folder / "other.onnx")
    with pytest.raises(PackUnreadable, match=r"other\.onnx"):
        load(folder)


@pytest.mark.parametrize("margin", [0, 32])
def test_a_picture_is_averaged_into_a_square_and_its_points_lead_back(margin):
    stripes = np.zeros((600, 1200, 3), np.uint8)
    stripes[:, ::2] = (200, 100, 40)
    canvas, factor = _canvas(stripes, 128, margin)
    width, height = 128 - 2 * margin, (128 - 2 * margin) // 2
    assert canvas.shape == (128, 128, 3)
    assert factor == width / 1200
    picture = canvas[margin : margin + height, margin : margin + width].astype(int)
    assert np.abs(picture - (20, 50, 100)).max() <= 12  # BGR; a sample of single pixels would be 0 or 200
    assert canvas.sum() == picture.sum()


@pytest.mark.filterwarnings("ignore:.estimate. is deprecated:FutureWarning")
class Everywhere:
    """A detector that finds one face, in the middle of the picture at whatever size, and surest at the middle size."""

    def detect(self, canvas, input_size):
        sure = 0.9 if input_size[0] == MIDDLE_SIDE_PX else 0.6
        rows, columns = (canvas.any(axis=(2, axis)).nonzero()[0] for axis in (1, 0))
        left, top, right, bottom = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
        box = np.array([[left, top, right, bottom]]) + 0.25 * np.array([[1, 1, -1, -1]]) * (right - left)
        return np.column_stack([box, [sure]]).astype(np.float32), np.zeros((1, 5, 2), np.float32)


def test_a_face_that_is_found_at_three_sizes_is_one_face():
    pack = InsightFacePack(DrawnPack.info, SimpleNamespace(detector=Everywhere()), 640)
    [face] = pack.find(np.full((500, 500, 3), 200, np.uint8))
    assert face.detector_score == pytest.approx(0.9)
    assert face.box == pytest.approx((125, 125, 375, 375), abs=1)


@pytest.mark.filterwarnings("ignore:`estimate` is deprecated:FutureWarning")  # insightface calls it
def test_a_face_is_aligned_as_insightface_aligns_it():
    from insightface.utils.face_align import norm_crop

    picture = drawing(3, 300, 300)
    tilt = np.array([[0.9, -0.3], [0.3, 0.9]])
    landmarks = (POINTS @ tilt.T * 1.6 + [60, 40] + [[1, 2], [-2, 1], [0, 1], [2, -1], [1, 1]]).astype(np.float32)
    theirs = norm_crop(np.ascontiguousarray(picture[:, :, ::-1]), landmarks)
    ours = _aligned(FaceCrop(picture, landmarks))
    assert np.abs(ours.astype(int) - theirs).max() <= 2  # rounding
