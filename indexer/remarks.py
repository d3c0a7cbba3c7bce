"""What is said beside a candidate: flags, and the likelihood ratio where a calibration allows one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from indexer.calibration import Calibration
from indexer.calibrations import calibration_in_use
from indexer.keyring import KeyRing
from indexer.likelihood import KnownOfCase, best_quality, covariates, figure_of
from indexer.packs.base import QualityThresholds
from indexer.plausibility import Flag, entry_flags
from indexer.ranking import live_photos
from indexer.scoring import ScoredFace
from indexer.sightings import child_entries, photo_entries, reference_entries
from models.case import Case
from models.face import Face
from models.reference import Reference


@dataclass(frozen=True)
class Remark:
    """``llr``: to base 10; None without a calibration, or where something it needs to know was not said."""

    flags: list[Flag]
    llr: float | None


@dataclass(frozen=True)
class Listed:
    """A ranking of one case: its faces, the references searched with, and how the scores were made.

    A ratio weighs the best score over all of ``reference_ids``, as calibrations are fitted. ``best`` holds it, by face
    id, where faces were listed by some of them alone; else it is the score they are listed by.
    """

    case: Case
    faces: Sequence[ScoredFace]
    reference_ids: Sequence[UUID]
    pack_id: str
    kind: str  # of score, as a calibration names it
    best: Mapping[int, float] = field(default_factory=dict)


def remarks(session: Session, keyring: KeyRing, listed: Listed, limits: QualityThresholds) -> dict[int, Remark]:
    """By face id, for the live faces of the list. ``limits``: of the pack, for the quality that counts."""
    photos = live_photos(session, (face.face_id for face in listed.faces), listed.pack_id)
    said = photo_entries(session, keyring, set(photos.values()))
    child, entered = child_entries(keyring, listed.case), reference_entries(session, listed.case)
    references = [entered.get(each) for each in listed.reference_ids]
    calibration = calibration_in_use(session, listed.pack_id, listed.kind)
    ratios = _Ratios(session, listed, calibration, limits)
    case = KnownOfCase(child, [each for each in references if each], ratios.case_quality)
    return {
        face.face_id: Remark(
            entry_flags(child, said[photos[face.face_id]], references[face.reference]),
            ratios.of(face, covariates(case, said[photos[face.face_id]], ratios.qualities.get(face.face_id))),
        )
        for face in listed.faces
        if face.face_id in photos
    }


class _Ratios:
    """Likelihood ratios of one list. Without a calibration nothing is read for it."""

    def __init__(
        self, session: Session, listed: Listed, calibration: Calibration | None, limits: QualityThresholds
    ) -> None:
        self._calibration, self._best = calibration, listed.best
        self.qualities: dict[int, float | None] = {}
        self.case_quality: float | None = None
        if calibration is None:
            return
        ids = [face.face_id for face in listed.faces]
        for face in session.scalars(select(Face).where(Face.id.in_(ids))):
            self.qualities[face.id] = figure_of(face.quality, limits)
        chosen = (Face.reference_id == Reference.id) & (Face.number == Reference.chosen)
        references = select(Face).join(Reference, chosen).where(Reference.id.in_(list(listed.reference_ids)))
        self.case_quality = best_quality(session.scalars(references), limits)

    def of(self, face: ScoredFace, known: dict[str, float | None]) -> float | None:
        if self._calibration is None:
            return None
        return self._calibration.llr(self._best.get(face.face_id, face.score), known)
