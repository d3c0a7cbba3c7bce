"""Pictures as arrays: the face crop, its bytes, and what is blanked in it.

Untrusted bytes are read by `indexer.decode_pool` only; the bytes read here are crops that we made and sealed ourselves.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from indexer.errors import ImageCorrupt
from indexer.packs.base import Landmarks, Pixels

Box = tuple[float, float, float, float]
"""(left, top, right, bottom) in pixels; right and bottom are just outside."""

CROP_MARGIN = 0.6
"""Added on each side, as a share of the box's width and height (design section 2): hair, ears and chin are seen."""
MOST_CROP_PX = 1024
BLANK_MARGIN = 0.25
"""A detector's box ends at brow and chin; hair and ears around it tell who somebody is as well."""
BLANK_GREY = 128


@dataclass(frozen=True)
class CutFace:
    """A face crop. ``box`` is where it lies in the picture, whole pixels; ``landmarks`` are in the crop's own."""

    pixels: Pixels
    box: tuple[int, int, int, int]
    landmarks: Landmarks


def face_crop(picture: Pixels, box: Box, landmarks: Landmarks) -> CutFace:
    """Cut a face from full resolution with `CROP_MARGIN` around it, at most `MOST_CROP_PX` on the longer side.

    At an edge the crop ends there. ValueError for a box that has no pixel of the picture.
    """
    cut = _with_margin(box, CROP_MARGIN, picture.shape)
    left, top, right, bottom = cut
    pixels = np.ascontiguousarray(picture[top:bottom, left:right])
    if pixels.size == 0:
        msg = f"the box {box} lies outside the picture or is empty"
        raise ValueError(msg)
    longer = max(pixels.shape[:2])
    if longer > MOST_CROP_PX:
        width, height = (max(1, round(side * MOST_CROP_PX / longer)) for side in (right - left, bottom - top))
        pixels = np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS))
    return CutFace(pixels, cut, points_in_crop(landmarks, cut, pixels))


def touches(box: Box, picture: Pixels) -> bool:
    """Whether any whole pixel of ``picture`` is in ``box``, which may be anything a detector gives."""
    if not np.isfinite(box).all():
        return False
    left, top, right, bottom = box
    height, width = picture.shape[:2]
    return left < right and top < bottom and left < width and top < height and right > 0 and bottom > 0


def points_in_crop(points: Landmarks, crop_box: tuple[int, int, int, int], crop: Pixels) -> Landmarks:
    """Points of the picture in the crop's pixels. Whole numbers are centres of pixels, before and after."""
    left, top, right, bottom = crop_box
    scale = np.array([crop.shape[1] / (right - left), crop.shape[0] / (bottom - top)])
    moved: Landmarks = ((np.asarray(points, np.float64) - (left, top) + 0.5) * scale - 0.5).astype(np.float32)
    return moved


def box_in_crop(box: Box, crop_box: tuple[int, int, int, int], crop: Pixels) -> Box:
    """A box of the picture in the crop's pixels; it may reach over its edges."""
    left, top, right, bottom = crop_box
    across, down = crop.shape[1] / (right - left), crop.shape[0] / (bottom - top)
    return (box[0] - left) * across, (box[1] - top) * down, (box[2] - left) * across, (box[3] - top) * down


def blank_regions(crop: Pixels, others: Sequence[Box], own: Box) -> Pixels:
    """A copy with the other faces grey, `BLANK_MARGIN` around each; the subject's ``own`` box always stays.

    Boxes in the crop's pixels. Faces that overlap the subject's stay visible where they do.
    """
    hidden = np.zeros(crop.shape[:2], bool)
    for box in others:
        left, top, right, bottom = _with_margin(box, BLANK_MARGIN, crop.shape)
        hidden[top:bottom, left:right] = True
    left, top, right, bottom = _with_margin(own, 0, crop.shape)
    hidden[top:bottom, left:right] = False
    blanked = crop.copy()
    blanked[hidden] = BLANK_GREY
    return blanked


def without_people(picture: Pixels, gone: Sequence[Box], kept: Sequence[Box]) -> Pixels:
    """A copy of a whole picture in which everything in the boxes of ``gone`` is grey, but for the boxes of ``kept``.

    Boxes in pixels of the picture: for ``gone`` those of their crops, for ``kept`` those of their faces alone.
    """
    hidden = np.zeros(picture.shape[:2], bool)
    for boxes, is_hidden in ((gone, True), (kept, False)):
        for box in boxes:
            left, top, right, bottom = _with_margin(box, 0, picture.shape)
            hidden[top:bottom, left:right] = is_hidden
    blanked = picture.copy()
    blanked[hidden] = BLANK_GREY
    return blanked


def encode_crop(pixels: Pixels) -> bytes:
    """A JPEG of quality 95 without colour subsampling and without metadata."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=95, subsampling=0)
    return file.getvalue()


def decode_crop(data: bytes) -> Pixels:
    """The pixels of a crop made by `encode_crop`. `ImageCorrupt` for other bytes."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as picture:
            return np.array(picture.convert("RGB"))
    except (OSError, SyntaxError):
        raise ImageCorrupt from None


def _with_margin(box: Box, margin: float, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """The whole pixels that ``box`` with ``margin`` on each side touches, inside a picture of ``shape``."""
    left, top, right, bottom = box
    across, down = margin * (right - left), margin * (bottom - top)
    corners = np.array([left - across, top - down, right + across, bottom + down])
    if not np.isfinite(corners).all():
        msg = f"the box {box} has a corner that is no number"
        raise ValueError(msg)
    first, last = np.floor(corners[:2]), np.ceil(corners[2:])
    limits = np.array([shape[1], shape[0]])
    left, top = np.clip(first, 0, limits).astype(int).tolist()
    right, bottom = np.clip(last, 0, limits).astype(int).tolist()
    return left, top, max(left, right), max(top, bottom)
