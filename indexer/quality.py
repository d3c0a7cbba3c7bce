"""How good a face is for comparing, measure by measure, with the reasons in words.

The measures are some of OFIQ's (ISO/IEC 29794-5), though not on its scales: each is in a unit a person can picture.
A pack says from where on it does not trust them (`QualityThresholds`).
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from indexer.images import Box
from indexer.packs.base import FoundFace, Landmarks, LandmarkScheme, PackInfo, Pixels, QualityThresholds

_SHARPNESS_SIDE_PX = 112
_DARK, _BRIGHT = 25, 230  # grey levels of 0..255
# How far the fifth or third point lies before the plane of the eyes, in inter-eye distances: the tip of the nose, and
# its base. From the mean 3-D face that insightface ships (data/objects/meanshape_68.pkl, points 30 and 33 against the
# means of points 36-41 and 42-47, and of the eye corners): 0.53 to 0.59 and 0.38 to 0.43.
_NOSE_DEPTH = {LandmarkScheme.ARCFACE: 0.55, LandmarkScheme.DLIB: 0.43}


class QualityClass(StrEnum):
    """What may be done with a face."""

    GOOD = "good"
    LOW = "low"  # searched, and shown with its reasons
    NOT_ENROLLED = "not_enrolled"  # kept with its photo, and searched only on request


class QualityReason(StrEnum):
    """What is weak. The three that begin with ``too`` keep a face from being enrolled."""

    BLURRED = "blurred"
    UNDEREXPOSED = "underexposed"
    OVEREXPOSED = "overexposed"
    SMALL = "small"
    TURNED = "turned"
    TILTED = "tilted"
    UNCLEAR = "unclear"
    TOO_SMALL = "too_small"
    TOO_TURNED = "too_turned"
    TOO_UNCLEAR = "too_unclear"

    @property
    def advice(self) -> str:
        """What is weak and what would help, for the person who gave the picture."""
        return _ADVICE[self]


_PREVENTS = {QualityReason.TOO_SMALL, QualityReason.TOO_TURNED, QualityReason.TOO_UNCLEAR}
_SMALL = "The face is {}small in the picture: a closer photo, or the original instead of a reduced copy, would help."
_TURNED = "The face is turned {}to the side: a photo that shows both eyes would help."
_UNCLEAR = "The face can {}be made out: one without hand, mask, glasses' glare or hair before it would help."
_ADVICE = {
    QualityReason.BLURRED: "The face is blurred: a sharper photo, held still or focused on the face, would help.",
    QualityReason.UNDEREXPOSED: "The face is too dark: a photo with light on the face would help.",
    QualityReason.OVEREXPOSED: "The face is too bright: a photo without flash or direct sun on the face would help.",
    QualityReason.SMALL: _SMALL.format(""),
    QualityReason.TURNED: _TURNED.format(""),
    QualityReason.TILTED: "The head is tilted: a photo with the head upright would help.",
    QualityReason.UNCLEAR: _UNCLEAR.format("hardly "),
    QualityReason.TOO_SMALL: _SMALL.format("too "),
    QualityReason.TOO_TURNED: _TURNED.format("too far "),
    QualityReason.TOO_UNCLEAR: _UNCLEAR.format("not "),
}


@dataclass(frozen=True)
class FaceQuality:
    """The measures of one face, and what follows from them under one pack.

    ``sharpness``: variance of the Laplacian, grey levels squared, of the face reduced to 112 px (never enlarged).
    ``dark_share``, ``bright_share``: share of face pixels at grey level 25 or less, and 230 or more, 0 to 1.
    ``inter_eye_px``: distance of the eye centres in the picture given, pixels.
    ``yaw_degrees``, ``roll_degrees``: signed, positive towards the viewer's right, and clockwise.
    ``detector_score``: on the pack's own scale.
    """

    sharpness: float
    dark_share: float
    bright_share: float
    inter_eye_px: float
    yaw_degrees: float
    roll_degrees: float
    detector_score: float
    reasons: tuple[QualityReason, ...]

    @property
    def quality_class(self) -> QualityClass:
        if _PREVENTS.intersection(self.reasons):
            return QualityClass.NOT_ENROLLED
        return QualityClass.LOW if self.reasons else QualityClass.GOOD

    @property
    def advice(self) -> list[str]:
        """One sentence for each reason."""
        return [reason.advice for reason in self.reasons]


def assess(picture: Pixels, face: FoundFace, info: PackInfo) -> FaceQuality:
    """Measure ``face`` in the full-resolution ``picture`` it was found in. Never refuses: it says what is weak."""
    grey, inside = _face_pixels(picture, face.box)
    measures = {
        "sharpness": _sharpness(grey),
        "dark_share": float((grey[inside] <= _DARK).mean()),
        "bright_share": float((grey[inside] >= _BRIGHT).mean()),
        "inter_eye_px": inter_eye_px(face.landmarks, info.scheme),
        "yaw_degrees": yaw_degrees(face.landmarks, info.scheme),
        "roll_degrees": roll_degrees(face.landmarks, info.scheme),
        "detector_score": float(face.detector_score),
    }
    return FaceQuality(**measures, reasons=tuple(_reasons(measures, info.quality)))


def inter_eye_px(landmarks: Landmarks, scheme: LandmarkScheme) -> float:
    """Distance of the eye centres."""
    left, right, _ = eyes_and_nose(landmarks, scheme)
    return float(np.linalg.norm(right - left))


def roll_degrees(landmarks: Landmarks, scheme: LandmarkScheme) -> float:
    """Angle of the line through the eyes, -180 to 180; 0 is level, positive is clockwise as seen."""
    left, right, _ = eyes_and_nose(landmarks, scheme)
    across, down = right - left
    return float(np.degrees(np.arctan2(down, across)))


def yaw_degrees(landmarks: Landmarks, scheme: LandmarkScheme) -> float:
    """Turn of the head about its upright axis, -90 to 90; 0 is frontal, positive is towards the viewer's right.

    A nose point at depth d before the middle of the eyes (distance D) moves by d sin(yaw) along the line of the eyes,
    while that line shortens to D cos(yaw): so tan(yaw) = (offset / distance seen) / (d / D), whatever the roll, and to
    first order the pitch. It assumes a far camera and the mean nose: a flatter one (small children) is turned further
    than this says, and past about 70 degrees detectors guess the far eye.
    """
    left, right, nose = eyes_and_nose(landmarks, scheme)
    line = right - left
    seen = float(np.linalg.norm(line))
    if seen == 0:
        return 90.0
    offset = float((nose - (left + right) / 2) @ line) / seen
    return float(np.degrees(np.arctan2(offset / seen, _NOSE_DEPTH[scheme])))


def eyes_and_nose(points: Landmarks, scheme: LandmarkScheme) -> tuple[NDArray[np.float64], ...]:
    """The eye at the viewer's left, the other, and the nose."""
    p = np.asarray(points, np.float64)
    if scheme is LandmarkScheme.ARCFACE:
        return p[0], p[1], p[2]
    return (p[2] + p[3]) / 2, (p[0] + p[1]) / 2, p[4]


def _face_pixels(picture: Pixels, box: Box) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The box in grey, and which of its pixels are in the ellipse that fills it: corners are hair and background."""
    import cv2  # here: the service, which reads quality but measures it seldom, starts without

    height, width = picture.shape[:2]
    left, top, right, bottom = (round(side) for side in box)
    left, top = min(max(left, 0), width - 1), min(max(top, 0), height - 1)
    right, bottom = max(min(right, width), left + 1), max(min(bottom, height), top + 1)
    grey = cv2.cvtColor(np.ascontiguousarray(picture[top:bottom, left:right]), cv2.COLOR_RGB2GRAY)
    down, across = np.ogrid[-1 : 1 : grey.shape[0] * 1j, -1 : 1 : grey.shape[1] * 1j]
    inside = down**2 + across**2 <= 1
    return grey, inside if inside.any() else np.ones_like(inside)


def _sharpness(grey: NDArray[np.uint8]) -> float:
    import cv2

    longer = max(grey.shape)
    if longer > _SHARPNESS_SIDE_PX:  # the same face photographed larger is not sharper for a pack that works at 112 px
        scale = _SHARPNESS_SIDE_PX / longer
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return float(cv2.Laplacian(grey, cv2.CV_64F).var())


def _reasons(measures: dict[str, float], limits: QualityThresholds) -> list[QualityReason]:
    eyes, yaw, score = measures["inter_eye_px"], abs(measures["yaw_degrees"]), measures["detector_score"]
    found = [
        (measures["sharpness"] < limits.sharpness, QualityReason.BLURRED),
        (measures["dark_share"] > limits.dark_share, QualityReason.UNDEREXPOSED),
        (measures["bright_share"] > limits.bright_share, QualityReason.OVEREXPOSED),
        (limits.enrol_inter_eye_px <= eyes < limits.inter_eye_px, QualityReason.SMALL),
        (limits.yaw_degrees < yaw <= limits.enrol_yaw_degrees, QualityReason.TURNED),
        (abs(measures["roll_degrees"]) > limits.roll_degrees, QualityReason.TILTED),
        (limits.enrol_detector_score <= score < limits.detector_score, QualityReason.UNCLEAR),
        # The other way round, so that a measure that is no number keeps the face out.
        (not eyes >= limits.enrol_inter_eye_px, QualityReason.TOO_SMALL),
        (not yaw <= limits.enrol_yaw_degrees, QualityReason.TOO_TURNED),
        (not score >= limits.enrol_detector_score, QualityReason.TOO_UNCLEAR),
    ]
    return [reason for beyond, reason in found if beyond]
