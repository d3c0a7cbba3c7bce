"""What a pack finds in real photos, counted once per pack."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from indexer.packs.base import FaceCrop, FoundFace, Pack, Pixels
from indexer.packs.boxes import area

PAIR_SIDE_PX = 1000
# Half again what both packs search at: a 36 MP photo is decoded reduced, which saves most of a test's time.
DETECTION_SIDE_PX = 1920


@dataclass(frozen=True)
class Noses:
    """How many labelled noses lie in a found box, of how many; and how many boxes hold none."""

    inside: int
    all: int
    boxes_without: int


def read(file: Path, side_px: int) -> tuple[Pixels, float]:
    """The picture, at most ``side_px`` long, and its scale."""
    with Image.open(file) as image:
        width = image.width
        image.draft("RGB", (side_px, side_px))
        picture = image.convert("RGB")
    picture.thumbnail((side_px, side_px))
    return np.asarray(picture), picture.width / width


def count_noses(pack: Pack, folder: Path) -> Noses:
    inside = total = without = 0
    for name, noses in json.loads((folder / "noses.json").read_text()).items():
        picture, scale = read(folder / name, DETECTION_SIDE_PX)
        boxes = [face.box for face in pack.find(picture)]
        points = [(x * scale, y * scale) for x, y in noses]
        total += len(points)
        inside += sum(any(_holds(box, point) for box in boxes) for point in points)
        without += sum(not any(_holds(box, point) for point in points) for box in boxes)
    return Noses(inside, total, without)


def _holds(box: tuple[float, float, float, float], point: tuple[float, float]) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def largest_faces(pack: Pack, folder: Path) -> dict[str, FaceCrop]:
    """The largest face of every picture that the pairs name. A picture without any is missing."""
    found: dict[str, FaceCrop] = {}
    for name in sorted({name for pair in pairs(folder) for name in pair[:2]}):
        picture, _ = read(folder / name, PAIR_SIDE_PX)
        faces = pack.find(picture)
        if faces:
            found[name] = FaceCrop(picture, max(faces, key=_size).landmarks)
    return found


def _size(face: FoundFace) -> float:
    return area(face.box)


def pairs(folder: Path) -> list[tuple[str, str, bool]]:
    """Two pictures, and whether they show the same person."""
    with (folder / "master.csv").open() as handle:
        return [(row["file_x"], row["file_y"], row["Decision"] == "Yes") for row in csv.DictReader(handle)]


def right_share(closeness: NDArray[np.floating], same: NDArray[np.bool_], threshold: float) -> float:
    """The share of pairs on their right side of ``threshold``; ``closeness`` is larger for the same person."""
    return float(((closeness > threshold) == same).mean())


def best_share(closeness: NDArray[np.floating], same: NDArray[np.bool_]) -> float:
    return max(right_share(closeness, same, threshold) for threshold in closeness)
