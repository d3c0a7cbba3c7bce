"""Searching a case: all its approved references against the gallery, and the candidates that come of it.

look_up         a reading session   compare, rank, join to live rows, count what to expect; nothing is written
record_search   one transaction     join once more, store the search and its candidates
"""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from indexer.expected_false import ExpectedFalse, expected_false
from indexer.gallery.base import Gallery
from indexer.keyring import KeyRing
from indexer.linking.candidates import DECIDED_AGAINST, known_candidates
from indexer.packs.base import QualityThresholds
from indexer.plausibility import Flag
from indexer.probes import probes_of, require_searchable
from indexer.rankers import Ranker
from indexer.ranking import SPARE, live_photos, live_rankings
from indexer.remarks import Listed, Remark, remarks
from indexer.scoring import ScoredFace
from indexer.turns import ERASURE, share_turn
from models.candidate import Candidate, CandidateState, Search, SearchResult
from models.case import Case
from models.face import Face
from models.reference import Reference

RANKS = 20
"""A list is short: longer ones bring false alarms and fewer hits (Heyer 2018, facts of the review)."""
FIRST_BATCH = 5


@dataclass(frozen=True)
class Findings:
    """What a gallery holds for a case. ``faces``: live ones, best first, a few more than a list will have."""

    pack_id: str
    gallery_size: int
    reference_ids: list[UUID]
    faces: list[ScoredFace]
    expected: ExpectedFalse
    ranker: Ranker
    remarks: dict[int, Remark]
    threshold: float | None = None  # an investigation has none


def look_up(
    session: Session, keyring: KeyRing, gallery: Gallery, case: Case, ranker: Ranker, limits: QualityThresholds
) -> Findings:
    """Every enrolled face is compared with every approved reference. ``limits``: of the pack, for what is said beside.

    `CaseNotSearchable`, `ForeignPack`.
    """
    probes = probes_of(session, keyring, case, gallery.pack_id)
    faces = live_rankings(session, gallery, [probes], ranker, RANKS)[0][: RANKS + SPARE]
    lowest = faces[:RANKS][-1].score if faces else None
    expected = expected_false(session, keyring, gallery, case, ranker, lowest, RANKS)
    listed = Listed(case, faces, probes.reference_ids, gallery.pack_id, "as" if ranker.cohort else "raw")
    beside = remarks(session, keyring, listed, limits)
    return Findings(gallery.pack_id, len(gallery), probes.reference_ids, faces, expected, ranker, beside)


def record_search(session: Session, case: Case, findings: Findings, asked_by: UUID, reason: str) -> Search:
    """Store the search, its ranks, and a candidate for each (case, face) that has none. `CaseNotSearchable`.

    The caller holds the row of ``case`` locked: two searches of one case record one after the other, so a pair becomes
    a candidate once. A face erased since `look_up` is left out, and none is erased until this transaction ends.
    """
    require_searchable(case)
    share_turn(session, ERASURE)
    photos = live_photos(session, (face.face_id for face in findings.faces), findings.pack_id)
    faces = [face for face in findings.faces if face.face_id in photos][:RANKS]
    search = search_row(case, findings)
    search.asked_by, search.reason = asked_by, reason
    store_results(session, case, search, findings, faces, photos)
    return search


def store_results(
    session: Session, case: Case, search: Search, findings: Findings, faces: list[ScoredFace], photos: dict[int, UUID]
) -> None:
    """``search`` with these faces in order, each with its candidate. ``photos``: of these faces, live at this moment.

    The row of ``case`` is locked, and the turn `ERASURE` shared.
    """
    session.add(search)
    candidates = _candidates(session, case, faces)
    session.flush()
    references = _still_there(session, case, findings.reference_ids)
    flags = _flags(faces, _photos_found(session, case, faces, photos), findings.remarks)
    session.add_all(
        SearchResult(
            search_id=search.id,
            rank=place + 1,
            candidate_id=candidates[place].id,
            reference_id=references[face.reference],
            score=face.score,
            raw_score=face.raw,
            llr=findings.remarks[face.face_id].llr,
            flags=flags[place],
        )
        for place, face in enumerate(faces)
    )
    session.flush()


def search_row(case: Case, findings: Findings) -> Search:
    """Not yet with who asked, or why."""
    cohort = findings.ranker.cohort
    return Search(
        case_id=case.id,
        reason="",
        pack_id=findings.pack_id,
        gallery_size=findings.gallery_size,
        threshold=findings.threshold,
        expected_false_candidates=findings.expected.candidates,
        expected_false_reason=findings.expected.reason,
        cohort_source=cohort.source if cohort else None,
        cohort_size=cohort.size_of(cohort.variant(case.id)) if cohort else None,
        raw_because=findings.ranker.raw_because,
    )


def _candidates(session: Session, case: Case, faces: list[ScoredFace]) -> list[Candidate]:
    """One per child, in order. A decided one stays what it is: it returns to the queue only on new evidence."""
    known = known_candidates(session, case.id, [face.face_id for face in faces])
    candidates = []
    for rank, face in enumerate(faces, start=1):
        is_first = rank <= FIRST_BATCH
        candidate = known.get(face.face_id)
        if candidate is None:
            candidate = Candidate(case_id=case.id, face_id=face.face_id, batch=1 if is_first else 2)
            session.add(candidate)
        elif is_first and candidate.batch != 1 and candidate.state is CandidateState.OPEN:
            candidate.hasten()
        candidates.append(candidate)
    return candidates


def _still_there(session: Session, case: Case, reference_ids: list[UUID]) -> list[UUID | None]:
    """The same ids; None for a reference that was removed since `look_up`."""
    present = set(session.scalars(select(Reference.id).where(Reference.case_id == case.id)))
    return [each if each in present else None for each in reference_ids]


def _photos_found(session: Session, case: Case, faces: list[ScoredFace], photos: dict[int, UUID]) -> dict[int, UUID]:
    """By face, its photo: of these faces, and of those in the same photos that were found for the case before and
    that nobody has decided against."""
    listed = {face.face_id: photos[face.face_id] for face in faces}
    before = select(Candidate.face_id, Face.photo_id).join(Face, Face.id == Candidate.face_id)
    open_ones = before.where(Candidate.case_id == case.id, Candidate.state.not_in(DECIDED_AGAINST))
    rows = session.execute(open_ones.where(Face.photo_id.in_(set(listed.values()))))
    return listed | {row.face_id: row.photo_id for row in rows}


def _flags(faces: list[ScoredFace], photos: dict[int, UUID], beside: dict[int, Remark]) -> list[list[str]]:
    """``photos``: from `_photos_found`."""
    per_photo = Counter(photos.values())
    told = []
    for face in faces:
        alone = per_photo[photos[face.face_id]] == 1
        flags = [*([] if alone else [Flag.SAME_PHOTO]), *beside[face.face_id].flags]
        told.append([flag.value for flag in flags])
    return told
