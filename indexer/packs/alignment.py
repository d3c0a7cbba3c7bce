"""Turning and scaling a face so that its landmarks come to fixed places."""

import cv2
import numpy as np
from numpy.typing import NDArray

from indexer.packs.base import Pixels


def similarity(source: NDArray[np.floating], target: NDArray[np.floating]) -> NDArray[np.float64]:
    """The rotation, scale and shift (2 x 3) that take ``source`` points to ``target`` with the least squared error.

    S. Umeyama, "Least-squares estimation of transformation parameters", 1991; in the plane it has this closed form.
    """
    a, b = source - source.mean(axis=0), target - target.mean(axis=0)
    along = float((a * b).sum())
    across = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum())
    turn = np.array([[along, -across], [across, along]]) / float((a * a).sum())
    shift = target.mean(axis=0) - turn @ source.mean(axis=0)
    return np.hstack([turn, shift[:, None]])


def scale_of(transform: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(transform[:, 0]))


def warp(picture: Pixels, transform: NDArray[np.float64], side: int) -> Pixels:
    """``side`` x ``side`` pixels of ``picture`` under ``transform``; black where it has none."""
    return np.asarray(cv2.warpAffine(picture, transform, (side, side), flags=cv2.INTER_LINEAR), np.uint8)
