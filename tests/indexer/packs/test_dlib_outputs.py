"""Our conversion of dlib's networks gives dlib's own numbers, which `benchmarks/dlib_reference/make.py` wrote down."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.dlib_reference.drawings import digest, drawing
from indexer.packs.face_detector import FaceDetector
from indexer.packs.onnx_session import open_session
from indexer.packs.open_conversion import DETECTOR

WITHIN = 1e-4
CPU = ("CPUExecutionProvider",)
OUTPUTS = json.loads(Path(__file__).with_name("dlib_outputs.json").read_text())


def drawn(made, width, height):
    """The picture dlib was given, or the test stops here."""
    picture = drawing(made["seed"], width, height)
    assert digest(picture) == made["drawing"], "the drawing is not the one dlib was given: make dlib_outputs.json again"
    return picture


@pytest.mark.parametrize("made", OUTPUTS["embeddings"], ids=lambda made: made["seed"])
def test_an_aligned_picture_gets_dlibs_embedding(pack, made):
    (vector,) = pack.embed_aligned([drawn(made, 150, 150)])
    np.testing.assert_allclose(vector, made["vector"], rtol=0, atol=WITHIN)


def test_several_pictures_at_once_get_the_embeddings_of_each(pack):
    vectors = pack.embed_aligned([drawn(made, 150, 150) for made in OUTPUTS["embeddings"]])
    np.testing.assert_allclose(vectors, [made["vector"] for made in OUTPUTS["embeddings"]], rtol=0, atol=WITHIN)


@pytest.mark.parametrize("made", OUTPUTS["score_maps"], ids=lambda made: made["seed"])
def test_a_picture_gets_dlibs_detector_scores(pack, packs_folder, made):
    session = open_session(packs_folder / "open" / DETECTOR.made, "open", CPU, threads=1)
    scores = FaceDetector(session, side_px=1280).score_map(drawn(made, *made["size"]))
    assert scores.shape == tuple(made["shape"])
    np.testing.assert_allclose(scores.ravel(), made["scores"], rtol=0, atol=WITHIN)


@pytest.mark.parametrize("made", OUTPUTS["landmarks"], ids=lambda made: made["seed"])
def test_a_box_gets_dlibs_landmarks_to_the_pixel(pack, made):
    points = pack.landmarks_in(drawn(made, 200, 200), tuple(made["box"]))
    np.testing.assert_array_equal(np.floor(points + 0.5), made["points"])  # dlib gives whole pixels
