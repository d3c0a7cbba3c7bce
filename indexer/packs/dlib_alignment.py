"""The 150 px picture of a face that dlib's network embeds, turned and scaled by five landmarks.

Source of the points and the padding: dlib's `get_face_chip_details(shape, 150, 0.25)`.
"""

import cv2
import numpy as np

from indexer.packs.alignment import scale_of, similarity, warp
from indexer.packs.base import FaceCrop, Landmarks, Pixels

SIDE = 150
PADDING = 0.25
POINTS = np.array(
    [
        (0.8595674595992, 0.2134981538014),
        (0.6460604764104, 0.2289674387677),
        (0.1205750620789, 0.2137274526848),
        (0.3340850613712, 0.2290642403242),
        (0.4901123135679, 0.6277975316475),
    ]
)
_TARGET = (PADDING + POINTS) / (2 * PADDING + 1) * SIDE
DESCRIPTION = f"dlib five points, padding {PADDING}, {SIDE} px"


def align(crop: FaceCrop) -> Pixels:
    """The face as [150, 150, 3] RGB."""
    picture, landmarks = _shrunk(crop.pixels, crop.landmarks)
    return warp(picture, similarity(landmarks, _TARGET), SIDE)


def _shrunk(picture: Pixels, landmarks: Landmarks) -> tuple[Pixels, Landmarks]:
    """Halved while the face is more than twice its target: sampling a large face at 150 px would alias."""
    scale = scale_of(similarity(landmarks, _TARGET))
    while scale < 0.5:
        height, width = picture.shape[:2]
        size = (max(1, width // 2), max(1, height // 2))
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
        ratio = np.array([size[0] / width, size[1] / height], np.float32)
        landmarks, scale = (landmarks + 0.5) * ratio - 0.5, scale * 2
    return picture, landmarks
