"""The demo's two reviewers are scripted: they know the seven sample people and answer from what they see on the crops.

A real reviewer is a person. The script gets exactly what a reviewer's browser gets, and nothing else.
"""

import io

import numpy as np
from PIL import Image

from app.demo.accounts import Account
from app.demo.sources import Person
from homeward_client import Refused
from homeward_client.transport import Json
from indexer.packs.base import FaceCrop, Pack, Pixels, Templates

SAME, DIFFERENT, CANNOT_SAY = 2, -2, 0


class Eyes:
    """Recognises the sample people on a crop by their nearest template."""

    def __init__(self, pack: Pack, people: list[Person]) -> None:
        self._pack = pack
        self._known = np.concatenate([self._templates(person.pixels)[:1] for person in people])
        self._seen: dict[bytes, int | None] = {}  # the references of a case come again with each of its candidates

    def who(self, crop: bytes) -> int | None:
        """The number of the person on the crop, or None when no face is seen."""
        if crop not in self._seen:
            self._seen[crop] = self._look(crop)
        return self._seen[crop]

    def _look(self, crop: bytes) -> int | None:
        with Image.open(io.BytesIO(crop)) as image:
            templates = self._templates(np.asarray(image.convert("RGB")))
        return int(np.argmax(templates[0] @ self._known.T)) if len(templates) else None

    def _templates(self, picture: Pixels) -> Templates:
        height, width = picture.shape[:2]
        margin = max(height, width) // 4  # a tight crop may cut the detector's window
        padded = np.pad(picture, ((margin, margin), (margin, margin), (0, 0)), mode="edge")
        faces = self._pack.find(padded)
        middle = np.array([width / 2 + margin, height / 2 + margin])
        faces.sort(key=lambda face: float(np.linalg.norm(face.landmarks.mean(axis=0) - middle)))
        return self._pack.embed([FaceCrop(padded, face.landmarks) for face in faces])


def review_everything(reviewer: Account, eyes: Eyes) -> int:
    """Take and answer assignments until there are no more; how many were answered."""
    answered = 0
    while (assignment := _next(reviewer)) is not None:
        answer = _answer(reviewer, assignment, eyes)
        reviewer.client.review.answer(assignment["id"], answer)
        answered += 1
    return answered


def _next(reviewer: Account) -> Json | None:
    try:
        return reviewer.client.review.next()
    except Refused as refused:
        if refused.code == "nothing_to_review":
            return None
        raise


def _answer(reviewer: Account, assignment: Json, eyes: Eyes) -> int:
    seen: dict[str, set[int | None]] = {"reference": set(), "street": set()}
    for face in assignment["faces"]:
        crop = reviewer.client.review.face(assignment["id"], face["number"])
        seen[face["side"]].add(eyes.who(crop))
    if None in seen["street"] or seen["reference"] == {None}:
        return CANNOT_SAY
    return SAME if seen["street"] <= seen["reference"] else DIFFERENT
