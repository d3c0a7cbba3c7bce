"""Every measure has a drawn or transformed picture that fails only it."""

import importlib.util
import pickle
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from indexer.packs.base import FoundFace, LandmarkScheme, PackInfo, QualityThresholds
from indexer.quality import (
    QualityClass,
    QualityReason,
    assess,
    inter_eye_px,
    roll_degrees,
    yaw_degrees,
)

ARCFACE, DLIB = LandmarkScheme.ARCFACE, LandmarkScheme.DLIB
LIMITS = QualityThresholds(
    sharpness=100,
    dark_share=0.35,
    bright_share=0.35,
    inter_eye_px=35,
    enrol_inter_eye_px=20,
    yaw_degrees=35,
    enrol_yaw_degrees=60,
    roll_degrees=30,
    detector_score=0.6,
    enrol_detector_score=0.4,
)
# A head seen from the front, in inter-eye distances: x to the viewer's right, y down, z towards the viewer.
HEAD = {
    ARCFACE: [[-0.5, 0, 0], [0.5, 0, 0], [0, 0.57, 0.55], [-0.41, 1.15, 0.2], [0.41, 1.15, 0.2]],
    DLIB: [[0.71, 0, 0], [0.29, 0, 0], [-0.71, 0, 0], [-0.29, 0, 0], [0, 0.77, 0.43]],
}


def info(scheme=ARCFACE):
    return PackInfo("drawn", "0" * 64, 2, "CC0", "draws faces", scheme, LIMITS)


def points(scheme=ARCFACE, yaw=0.0, roll=0.0, eyes=60.0, centre=(150.0, 130.0)):
    """The five points of `HEAD` turned and seen from afar."""
    turn, tilt = np.radians(yaw), np.radians(roll)
    x, y, z = np.array(HEAD[scheme]).T
    seen = x * np.cos(turn) + z * np.sin(turn)
    tilted = np.stack([seen * np.cos(tilt) - y * np.sin(tilt), seen * np.sin(tilt) + y * np.cos(tilt)], axis=1)
    return (tilted * eyes + centre).astype(np.float32)


def drawn_face():
    """A 300 px picture of a drawn face with a fine skin texture, in the box (75, 70, 225, 260)."""
    picture = np.full((300, 300, 3), 90, np.uint8)
    cv2.ellipse(picture, (150, 165), (75, 95), 0, 0, 360, (190, 150, 130), -1)
    for x in (120, 180):
        cv2.ellipse(picture, (x, 130), (14, 8), 0, 0, 360, (240, 240, 235), -1)
        cv2.circle(picture, (x, 130), 6, (40, 30, 25), -1)
        cv2.line(picture, (x - 18, 112), (x + 18, 112), (60, 45, 40), 4)
    cv2.line(picture, (150, 135), (150, 164), (150, 110, 95), 5)
    cv2.ellipse(picture, (150, 200), (25, 9), 0, 0, 360, (150, 70, 70), -1)
    grain = np.random.default_rng(1).normal(0, 14, picture.shape)
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


FACE = FoundFace((75, 70, 225, 260), points(), 0.9)


def reasons(picture=None, face=FACE, scheme=ARCFACE):
    return assess(drawn_face() if picture is None else picture, face, info(scheme)).reasons


def test_a_good_face_has_no_reason_against_it():
    found = assess(drawn_face(), FACE, info())
    assert found.reasons == ()
    assert found.quality_class is QualityClass.GOOD
    assert found.advice == []


def test_a_blurred_face_fails_only_sharpness():
    assert reasons(cv2.GaussianBlur(drawn_face(), None, 4)) == (QualityReason.BLURRED,)


def test_a_face_in_shadow_fails_only_underexposure():
    picture = drawn_face()
    picture[:, :150] //= 12
    assert reasons(picture) == (QualityReason.UNDEREXPOSED,)


def test_a_face_in_glare_fails_only_overexposure():
    picture = drawn_face().astype(int)
    picture[:, :150] = picture[:, :150] * 0.5 + 170
    assert reasons(np.clip(picture, 0, 255).astype(np.uint8)) == (QualityReason.OVEREXPOSED,)


@pytest.mark.parametrize(("scale", "expected"), [(0.5, QualityReason.SMALL), (0.3, QualityReason.TOO_SMALL)])
def test_a_distant_face_fails_only_the_inter_eye_distance(scale, expected):
    picture = cv2.resize(drawn_face(), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    face = FoundFace(tuple(side * scale for side in FACE.box), FACE.landmarks * scale, 0.9)
    assert reasons(picture, face) == (expected,)


@pytest.mark.parametrize(
    ("yaw", "expected"), [(45, QualityReason.TURNED), (-45, QualityReason.TURNED), (65, QualityReason.TOO_TURNED)]
)
@pytest.mark.parametrize("scheme", [ARCFACE, DLIB])
def test_a_turned_face_fails_only_yaw(scheme, yaw, expected):
    turned = replace(FACE, landmarks=points(scheme, yaw=yaw, eyes=90))
    assert reasons(face=turned, scheme=scheme) == (expected,)


@pytest.mark.parametrize("roll", [40, -40, 90])
@pytest.mark.parametrize("scheme", [ARCFACE, DLIB])
def test_a_tilted_face_fails_only_roll(scheme, roll):
    turn = cv2.getRotationMatrix2D((150, 165), -roll, 1)
    picture = cv2.warpAffine(drawn_face(), turn, (300, 300), borderMode=cv2.BORDER_REFLECT)
    moved = (np.c_[points(scheme), np.ones(5)] @ turn.T).astype(np.float32)
    assert reasons(picture, replace(FACE, landmarks=moved), scheme) == (QualityReason.TILTED,)


@pytest.mark.parametrize(("score", "expected"), [(0.5, QualityReason.UNCLEAR), (0.3, QualityReason.TOO_UNCLEAR)])
def test_a_doubtful_face_fails_only_the_detector_score(score, expected):
    assert reasons(face=replace(FACE, detector_score=score)) == (expected,)


def test_a_face_beyond_an_enrolment_limit_is_not_enrolled():
    for face in (replace(FACE, detector_score=0.3), replace(FACE, landmarks=points(yaw=65, eyes=120))):
        assert assess(drawn_face(), face, info()).quality_class is QualityClass.NOT_ENROLLED
    assert assess(drawn_face(), replace(FACE, detector_score=0.5), info()).quality_class is QualityClass.LOW


def test_several_weak_points_are_all_named_with_advice():
    face = FoundFace(FACE.box, points(yaw=40, roll=35), 0.5)
    found = assess(cv2.GaussianBlur(drawn_face(), None, 4), face, info())
    assert found.reasons == (
        QualityReason.BLURRED,
        QualityReason.TURNED,
        QualityReason.TILTED,
        QualityReason.UNCLEAR,
    )
    assert len(found.advice) == 4


def test_every_reason_says_what_is_weak_and_what_would_help():
    for reason in QualityReason:
        assert reason.advice.startswith("The ")
        assert "would help" in reason.advice
        assert "{" not in reason.advice
    assert len({reason.advice for reason in QualityReason}) == len(QualityReason)


@pytest.mark.parametrize("scheme", [ARCFACE, DLIB])
@pytest.mark.parametrize("roll", [0, 25, -120])
@pytest.mark.parametrize("yaw", [-60, -30, 0, 15, 45])
def test_yaw_roll_and_distance_come_out_of_a_turned_head(scheme, yaw, roll):
    seen = points(scheme, yaw, roll, eyes=50)
    assert yaw_degrees(seen, scheme) == pytest.approx(yaw, abs=0.1)
    assert roll_degrees(seen, scheme) == pytest.approx(roll, abs=0.1)
    assert inter_eye_px(seen, scheme) == pytest.approx(50 * np.cos(np.radians(yaw)), abs=0.01)


@pytest.mark.parametrize("scheme", [ARCFACE, DLIB])
@pytest.mark.parametrize("yaw", [-45, -20, 20, 45])
def test_yaw_is_near_on_a_mean_face_that_others_measured(scheme, yaw):
    (folder,) = importlib.util.find_spec("insightface").submodule_search_locations
    mean = np.asarray(pickle.loads((Path(folder) / "data/objects/meanshape_68.pkl").read_bytes()))
    turn = np.radians(yaw)
    seen = np.stack([mean[:, 0] * np.cos(turn) + mean[:, 2] * np.sin(turn), mean[:, 1]], axis=1) * 100
    if scheme is ARCFACE:
        five = np.stack([seen[36:42].mean(0), seen[42:48].mean(0), seen[30], seen[48], seen[54]])
    else:
        five = np.stack([seen[45], seen[42], seen[36], seen[39], seen[33]])
    assert yaw_degrees(five, scheme) == pytest.approx(yaw, abs=5)


def test_eyes_in_one_point_are_a_face_turned_away():
    assert yaw_degrees(np.zeros((5, 2), np.float32), ARCFACE) == 90


def test_landmarks_that_are_no_numbers_keep_a_face_out():
    face = replace(FACE, landmarks=np.full((5, 2), np.nan, np.float32))
    assert assess(drawn_face(), face, info()).quality_class is QualityClass.NOT_ENROLLED


@pytest.mark.parametrize(
    "box", [(-50, -40, 200, 200), (200, 200, 400, 400), (299, 299, 300, 300), (400, 400, 500, 500)]
)
def test_a_box_over_the_edge_is_measured_as_far_as_it_goes(box):
    found = assess(drawn_face(), replace(FACE, box=box), info())
    assert 0 <= found.dark_share <= 1
    assert found.sharpness >= 0


def test_the_shares_count_the_face_and_not_the_corners_of_its_box():
    picture = np.zeros((200, 200, 3), np.uint8)
    cv2.ellipse(picture, (100, 100), (99, 99), 0, 0, 360, (255, 255, 255), -1)
    found = assess(picture, replace(FACE, box=(0, 0, 200, 200)), info())
    assert found.bright_share > 0.97
    assert found.dark_share < 0.03


def test_a_face_photographed_larger_is_no_sharper():
    picture = drawn_face()
    larger = cv2.resize(picture, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    face = FoundFace(tuple(side * 3 for side in FACE.box), FACE.landmarks * 3, 0.9)
    assert assess(larger, face, info()).sharpness == pytest.approx(assess(picture, FACE, info()).sharpness, rel=0.15)
