"""What goes wrong inside a pack with one picture is one error of ours."""

import cv2
import numpy as np
import pytest
from onnxruntime.capi import onnxruntime_pybind11_state as state

from indexer.errors import PackFailed
from indexer.packs.base import FaceCrop, Pack
from indexer.packs.onnx_session import working


@pytest.mark.parametrize(
    "error", [state.RuntimeException("memory"), state.InvalidArgument("rank"), cv2.error("size"), ValueError("shape")]
)
def test_a_failure_names_its_kind_and_nothing_else(error: Exception):
    with pytest.raises(PackFailed) as raised, working("open"):
        raise error
    assert raised.value.details == {"pack": "open", "kind": type(error).__name__}
    assert str(error) not in str(raised.value)


def test_an_error_of_ours_passes_as_it_is():
    with pytest.raises(KeyboardInterrupt), working("open"):
        raise KeyboardInterrupt


def test_a_picture_no_model_can_take_fails_as_the_pack(pack: Pack):
    nothing = np.zeros((0, 0, 3), np.uint8)
    with pytest.raises(PackFailed):
        pack.embed([FaceCrop(nothing, np.full((5, 2), np.nan, np.float32))])
