"""The faces of an evaluation as columns: one row per picture of the dataset, one per face of the distractors."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from indexer.evaluation.embedded import EmbeddedFace, EmbeddedPicture
from indexer.evaluation.pictures import Picture
from indexer.gallery.base import Templates

STRANGER = -1
"""The subject of a distractor."""
ADULT_YEARS = 19
"""Children are under 19 here: with ages, only they are searched for."""

Numbers = NDArray[np.float64]
Rows = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Faces:
    """n rows. ``templates`` and ``mirrored`` (n, dimension) are unit vectors, or zeros where no face was found.

    ``subjects`` number the people. ``ages`` in years, nan where unknown. ``found``: there is a template.
    ``enrolled``: the pack would let it into the gallery. ``sexes`` and ``groups`` are "" where unknown.
    """

    templates: Templates
    mirrored: Templates
    subjects: Rows
    ages: Numbers
    qualities: Numbers
    found: Flags
    enrolled: Flags
    sexes: tuple[str, ...]
    groups: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.subjects)

    @property
    def people(self) -> int:
        """Subjects are numbered from 0."""
        return int(self.subjects.max(initial=STRANGER)) + 1

    @property
    def has_ages(self) -> bool:
        return bool(np.isfinite(self.ages).any())

    @property
    def counted(self) -> Flags:
        """Those the protocols are about: children where ages are known, else all."""
        with np.errstate(invalid="ignore"):
            return self.ages < ADULT_YEARS if self.has_ages else np.ones(len(self), np.bool_)

    def with_mirrors(self) -> "Faces":
        """Each template is the mean of the face's and its mirror image's, at unit length (InsightFace's IJB-C test)."""
        both = self.templates + self.mirrored
        lengths = np.linalg.norm(both, axis=1, keepdims=True)
        return replace(self, templates=(both / np.where(lengths > 0, lengths, 1)).astype(np.float32))

    def followed_by(self, others: "Faces") -> "Faces":
        columns = ("templates", "mirrored", "subjects", "ages", "qualities", "found", "enrolled")
        arrays = {name: np.concatenate([getattr(self, name), getattr(others, name)]) for name in columns}
        return Faces(**arrays, sexes=self.sexes + others.sexes, groups=self.groups + others.groups)

    def __getitem__(self, rows: Rows | Flags) -> "Faces":
        at = np.arange(len(self))[rows].tolist()
        return Faces(
            self.templates[at], self.mirrored[at], self.subjects[at], self.ages[at], self.qualities[at],
            self.found[at], self.enrolled[at],
            tuple(self.sexes[row] for row in at), tuple(self.groups[row] for row in at),
        )  # fmt: skip


def faces_of(pictures: Sequence[Picture], embedded: Sequence[EmbeddedPicture], dimension: int) -> Faces:
    """One row per picture; subjects are numbered in the order of their names."""
    numbers = {name: number for number, name in enumerate(sorted({picture.subject for picture in pictures}))}
    first = [one.faces[0] if one.faces else None for one in embedded]
    ages = [np.nan if picture.age is None else picture.age for picture in pictures]
    return _columns(
        first,
        dimension,
        [numbers[picture.subject] for picture in pictures],
        ages,
        tuple(picture.sex or "" for picture in pictures),
        tuple(picture.group or "" for picture in pictures),
    )


def distractor_faces(embedded: Iterable[EmbeddedPicture], dimension: int) -> Faces:
    """Every face that the gallery would hold."""
    faces = [face for picture in embedded for face in picture.faces if face.enrolled]
    count = len(faces)
    return _columns(faces, dimension, [STRANGER] * count, [np.nan] * count, ("",) * count, ("",) * count)


def _columns(
    faces: Sequence[EmbeddedFace | None],
    dimension: int,
    subjects: Sequence[int],
    ages: Sequence[float],
    sexes: tuple[str, ...],
    groups: tuple[str, ...],
) -> Faces:
    nothing = np.zeros(dimension, np.float32)
    return Faces(
        np.array([nothing if face is None else face.template for face in faces], np.float32).reshape(-1, dimension),
        np.array([nothing if face is None else face.mirrored for face in faces], np.float32).reshape(-1, dimension),
        np.array(subjects, np.int64),
        np.array(ages, np.float64),
        np.array([0.0 if face is None else face.quality for face in faces], np.float64),
        np.array([face is not None for face in faces], np.bool_),
        np.array([face is not None and face.enrolled for face in faces], np.bool_),
        sexes,
        groups,
    )
