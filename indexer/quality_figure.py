"""One number for how good a face is, where a list of measures is too much: calibration, and error by discard."""

from typing import Protocol

from indexer.packs.base import QualityThresholds

BEST = 1.0
AT_THE_LIMIT = 0.5
_TILT_FREE = 1.0  # degrees: below, a quotient by the angle would say nothing


class Measures(Protocol):
    """Those of `indexer.quality.FaceQuality` that count, in its units."""

    @property
    def sharpness(self) -> float: ...
    @property
    def inter_eye_px(self) -> float: ...
    @property
    def yaw_degrees(self) -> float: ...
    @property
    def roll_degrees(self) -> float: ...
    @property
    def detector_score(self) -> float: ...


def quality_figure(face: Measures, limits: QualityThresholds) -> float:
    """From 0 to 1, by the weakest measure: 0.5 where it is at the pack's limit, 1 where it is twice as good or better.

    A weakest measure, and no mean: a sharp face that is turned away is no better than a turned one. Light is left out:
    its limits are shares of pixels, of which no sensible picture is twice as good.
    """
    between = limits.detector_score - limits.enrol_detector_score
    quotients = (
        face.sharpness / limits.sharpness,
        face.inter_eye_px / limits.inter_eye_px,
        limits.yaw_degrees / max(abs(face.yaw_degrees), _TILT_FREE),
        limits.roll_degrees / max(abs(face.roll_degrees), _TILT_FREE),
        (face.detector_score - limits.enrol_detector_score) / between,
    )
    return min(max(min(quotients) * AT_THE_LIMIT, 0.0), BEST)
