"""Comparing for standing search: faces that came with all open cases, new references with all faces."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from indexer.cohorts.linked import kinship
from indexer.context import Context
from indexer.errors import SealBroken
from indexer.expected_false import LEAST_REFERENCES, ExpectedFalse, NoFigure
from indexer.gallery.base import FaceIds, Gallery, Stored
from indexer.linking.groups import groups_of
from indexer.logs import get_log
from indexer.probes import Probes
from indexer.rankers import Ranker
from indexer.ranking import live_photos, live_rankings, one_each
from indexer.remarks import Listed, Remark, remarks
from indexer.scoring import ScoredFace
from indexer.search import RANKS, Findings
from indexer.standing.evidence import Ranked, returning, scores_of_case
from indexer.standing.recording import Found
from indexer.standing.threshold import thresholds_of
from indexer.standing.waiting import Waiting
from indexer.standing.watched import Watched
from models.case import Case
from models.standing import StandingThreshold

FIRST_RANKS = 5
"""Without a threshold a face becomes a candidate only where it comes among so many first of the whole gallery."""


@dataclass(frozen=True)
class Comparison:
    """What a step compares with. ``ranker`` says how scores are made; ``known``: the threshold in use."""

    context: Context
    session: Session
    watched: Watched
    ranker: Ranker
    known: StandingThreshold

    def new_faces(self, face_ids: FaceIds, stored: Stored) -> list[Found]:
        """The faces at or above the threshold of a case. Only where there is one."""
        thresholds = self._thresholds
        assert thresholds is not None
        live = live_photos(self.session, face_ids.tolist(), self.known.pack_id)
        here = np.isin(face_ids, list(live))
        cohort = self.watched.cohort
        kin = kinship(self.session, self.known.pack_id, cohort, face_ids[here].tolist()) if cohort else None
        above = self.watched.above(thresholds, face_ids[here], stored[here], kin)
        return self._found(above, None)

    def new_faces_by_rank(self, gallery: Gallery, ranker: Ranker, face_ids: FaceIds) -> list[Found]:
        """The faces that come among the first of a case. ``gallery`` holds them."""
        came = set(face_ids.tolist())
        rankings = live_rankings(self.session, gallery, self.watched.cases, ranker, FIRST_RANKS)
        first = {
            place: [face for face in ranking[:FIRST_RANKS] if face.face_id in came]
            for place, ranking in enumerate(rankings)
        }
        return self._found(first, None)

    def new_references(self, gallery: Gallery, ranker: Ranker, waiting: Sequence[Waiting]) -> list[Found]:
        """Of each case the faces among the first 20 of its new references, at or above its threshold."""
        rows = [self._row(each) for each in waiting]
        probes = [self._probes(place, row) for place, row in rows]
        rankings = live_rankings(self.session, gallery, probes, ranker, RANKS)
        listed: dict[int, list[ScoredFace]] = {}
        for (place, row), ranking in zip(rows, rankings, strict=True):
            listed.setdefault(place, []).extend(replace(face, reference=row) for face in ranking[:RANKS])
        return self._found({place: self._cut(place, faces) for place, faces in listed.items()}, gallery)

    @cached_property
    def _thresholds(self) -> NDArray[np.float64] | None:
        return thresholds_of(self.known, self.watched)

    def _row(self, waiting: Waiting) -> tuple[int, int]:
        place = self.watched.places[waiting.case_id]
        return place, self.watched.cases[place].reference_ids.index(waiting.reference_id)

    def _probes(self, place: int, row: int) -> Probes:
        case = self.watched.cases[place]
        return Probes(case.case_id, [case.reference_ids[row]], case.templates[row : row + 1])

    def _cut(self, place: int, faces: list[ScoredFace]) -> list[ScoredFace]:
        """Each face once, by the reference that scores it best; the best of them, best first."""
        best: dict[int, ScoredFace] = {}
        for face in sorted(faces, key=lambda each: (-each.score, each.face_id, each.reference)):
            best.setdefault(face.face_id, face)
        thresholds = self._thresholds
        if thresholds is None:
            return list(best.values())[:FIRST_RANKS]
        return [face for face in best.values() if face.score >= thresholds[place]]

    def _found(self, by_place: dict[int, list[ScoredFace]], gallery: Gallery | None) -> list[Found]:
        made = [self._of_case(place, faces, gallery) for place, faces in by_place.items() if faces]
        return [each for each in made if each is not None]

    def _of_case(self, place: int, faces: list[ScoredFace], gallery: Gallery | None) -> Found | None:
        """Of linked faces the best. None for a case that will not open: it keeps no other from being searched."""
        probes = self.watched.cases[place]
        faces = one_each(faces, groups_of(self.session, [face.face_id for face in faces]))
        try:
            beside = self._remarks(place, faces, gallery)
        except SealBroken as error:
            get_log().error("case_unreadable", case_id=probes.case_id, code=error.code)
            return None
        faces = [face for face in faces if face.face_id in beside]
        ranked = Ranked(probes.case_id, probes.reference_ids, faces, self.known.pack_id, self.watched, gallery)
        return Found(probes.case_id, self._findings(place, faces, beside), returning(self.session, ranked))

    def _remarks(self, place: int, faces: list[ScoredFace], gallery: Gallery | None) -> dict[int, Remark]:
        """What a search of the case would say of these faces, whichever of its references listed them."""
        probes = self.watched.cases[place]
        case = self.session.get_one(Case, probes.case_id)
        kind = "as" if self.ranker.cohort else "raw"
        best: dict[int, float] = {}
        if gallery is not None:  # some references alone listed them
            wanted = [face.face_id for face in faces]
            here, scores = scores_of_case(self.session, self.watched, gallery, place, wanted)
            best = dict(zip(here.tolist(), scores.max(axis=0).tolist(), strict=True))
        listed = Listed(case, faces, probes.reference_ids, self.known.pack_id, kind, best)
        return remarks(self.session, self.context.keyring, listed, self.context.pack.info.quality)

    def _findings(self, place: int, faces: list[ScoredFace], beside: dict[int, Remark]) -> Findings:
        thresholds = self._thresholds
        return Findings(
            pack_id=self.known.pack_id,
            gallery_size=self.known.faces,
            reference_ids=self.watched.cases[place].reference_ids,
            faces=faces,
            expected=_expected(self.known),
            ranker=self.ranker,
            remarks=beside,
            threshold=None if thresholds is None else float(thresholds[place]),
        )


def _expected(known: StandingThreshold) -> ExpectedFalse:
    """As counted when the threshold was."""
    if known.counted is not None:
        return ExpectedFalse(known.counted, None)
    too_few = known.references < LEAST_REFERENCES
    return ExpectedFalse(None, NoFigure.FEWER_THAN_20_REFERENCES if too_few else NoFigure.TOO_FEW_CASES)
