"""One number for a face's quality."""

from dataclasses import replace

import pytest

from indexer.packs.open_pack import QUALITY
from indexer.quality import FaceQuality
from indexer.quality_figure import quality_figure

AT_LIMIT = FaceQuality(
    sharpness=QUALITY.sharpness,
    dark_share=0,
    bright_share=0,
    inter_eye_px=QUALITY.inter_eye_px,
    yaw_degrees=QUALITY.yaw_degrees,
    roll_degrees=-QUALITY.roll_degrees,
    detector_score=QUALITY.detector_score,
    reasons=(),
)
GOOD = replace(AT_LIMIT, sharpness=1e4, inter_eye_px=200.0, yaw_degrees=0.0, roll_degrees=0.0, detector_score=2.0)


def test_at_the_packs_limits_it_is_a_half_and_far_within_them_one():
    assert quality_figure(AT_LIMIT, QUALITY) == pytest.approx(0.5)
    assert quality_figure(GOOD, QUALITY) == 1


@pytest.mark.parametrize(
    ("weak", "figure"),
    [
        ({"sharpness": QUALITY.sharpness * 1.5}, 0.75),
        ({"inter_eye_px": QUALITY.inter_eye_px / 2}, 0.25),
        ({"yaw_degrees": -QUALITY.yaw_degrees * 2}, 0.25),
        ({"roll_degrees": QUALITY.roll_degrees * 2}, 0.25),
        ({"detector_score": QUALITY.enrol_detector_score - 1}, 0),
    ],
)
def test_the_weakest_measure_decides(weak, figure):
    assert quality_figure(replace(GOOD, **weak), QUALITY) == pytest.approx(figure)
