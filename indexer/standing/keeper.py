"""The worker's part in standing search: faces that came against all open cases, new references against all faces.

A step compares in a reading session, then records what came of it in one transaction, together with how far it has
come: the cursor of faces, the marks of references. A worker may die anywhere between; nothing is lost or done twice.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from indexer.cohorts.base import Cohort, RawBecause
from indexer.cohorts.in_use import CohortInUse
from indexer.cohorts.known import KnownFaces
from indexer.context import Context
from indexer.cursors import cursor, move_cursor
from indexer.gallery.lazy import LazyGallery
from indexer.gallery.rules import rounded
from indexer.gallery.source import changes_after, newest_change_number, templates_of
from indexer.linking.keeper import links_cursor
from indexer.logs import get_log
from indexer.rankers import NormalisedRanker, Ranker, RawRanker
from indexer.standing.comparing import Comparison
from indexer.standing.gallery_size import GallerySize
from indexer.standing.recording import Found, locked_cases, record_found
from indexer.standing.threshold import count_threshold, is_due
from indexer.standing.waiting import Waiting, mark_searched, waiting_references
from indexer.standing.watched import Watch, Watched
from indexer.turns import take_turn
from models.link import Cursor
from models.standing import StandingThreshold
from models.template import ChangeKind, GalleryChange

CHANGES_AT_ONCE = 100
REFERENCES_AT_ONCE = 20
LOOK_SECONDS = 5.0
"""So often an idle worker asks for new references."""


@dataclass(frozen=True)
class _Work:
    """``done``: how far the cursor stood, None before the first step; ``goes_to``: where it stands afterwards."""

    done: int | None
    goes_to: int
    came: list[int]
    waiting: Sequence[Waiting]


@dataclass(frozen=True)
class _Result:
    by_faces: list[Found]
    by_references: list[Found]
    counted: StandingThreshold | None  # where it was due


class StandingKeeper:
    """One per worker; of several each piece of work is recorded by one."""

    def __init__(self, context: Context, gallery: LazyGallery) -> None:
        self._context, self._gallery = context, gallery
        self._in_use: CohortInUse | None = None
        self._watch: Watch | None = None
        self._size = GallerySize()
        self._look_at = 0.0
        self._log = get_log()

    def step(self) -> bool:
        """The next piece of work, if there is any; whether there was. What the database raises."""
        with self._context.database.reading() as session:
            work = self._work(session)
            if work is None:
                self._gallery.rest()
                return False
            result = self._compare(session, work)
        self._record(work, result)
        return True

    def _work(self, session: Session) -> _Work | None:
        standing = session.get(Cursor, standing_cursor(self._pack_id))
        if standing is None:  # what is there already is compared with every reference, for they all wait: but only
            newest = newest_change_number(session)  # after the cursor stands, or a face that comes now meets neither
            return _Work(None, newest, [], [])
        waiting = self._waiting(session)
        changes = self._changes(session, standing.number)
        if not changes and not waiting:
            self._look_at = max(self._look_at, time.monotonic() + LOOK_SECONDS)
            return None
        came = sorted({c.face_id for c in changes if c.kind is ChangeKind.ADD and c.pack_id == self._pack_id})
        return _Work(standing.number, changes[-1].number if changes else standing.number, came, waiting)

    def _changes(self, session: Session, done: int) -> list[GalleryChange]:
        """The next ones that are linked already: a face of a child whom a case knows makes no second candidate."""
        linked = cursor(session, links_cursor(self._pack_id))
        return [change for change in changes_after(session, done, CHANGES_AT_ONCE) if change.number <= linked]

    def _waiting(self, session: Session) -> list[Waiting]:
        if time.monotonic() < self._look_at:
            return []
        return waiting_references(session, self._pack_id)

    def _compare(self, session: Session, work: _Work) -> _Result:
        cohort = self._cohort(session)
        watched = self._watched(session, cohort if isinstance(cohort, Cohort) else None)
        if not watched.cases:
            return _Result([], [], None)
        known, counted = self._threshold(session, watched)
        comparison = Comparison(self._context, session, watched, _label(cohort), known)
        return _Result(
            self._by_faces(session, comparison, work.came),
            self._by_references(session, comparison, _opened(work.waiting, watched)),
            counted,
        )

    def _threshold(self, session: Session, watched: Watched) -> tuple[StandingThreshold, StandingThreshold | None]:
        """The one in use, and the same again where it was counted just now."""
        allowed = self._context.settings.standing_false_candidates_per_case
        faces = self._size.at(session, self._pack_id)
        known = session.get(StandingThreshold, self._pack_id)
        if known is not None and not is_due(known, watched, faces, allowed):
            return known, None
        gallery, ranker = self._gallery.at(session), self._gallery.ranker(session)
        counted = count_threshold(session, gallery, ranker, watched, faces, allowed)
        self._log.info("standing_threshold", threshold=counted.score, faces=faces, cases=counted.cases)
        return counted, counted

    def _by_faces(self, session: Session, comparison: Comparison, came: list[int]) -> list[Found]:
        if not came:
            return []
        info = self._context.pack.info
        loaded = templates_of(session, self._context.keyring, info.id, info.dimension, came)
        if comparison.known.score is None:
            gallery, ranker = self._gallery.at(session), self._gallery.ranker(session)
            return comparison.new_faces_by_rank(gallery, ranker, loaded.face_ids)
        return comparison.new_faces(loaded.face_ids, rounded(loaded.templates, info.dimension))

    def _by_references(self, session: Session, comparison: Comparison, waiting: Sequence[Waiting]) -> list[Found]:
        if not waiting:
            return []
        gallery, ranker = self._gallery.at(session), self._gallery.ranker(session)
        return comparison.new_references(gallery, ranker, waiting)

    def _record(self, work: _Work, result: _Result) -> None:
        """A piece that another worker was quicker with is left to what it made of it."""
        with self._context.database.writing() as session:
            take_turn(session, standing_cursor(self._pack_id))
            wait = set(waiting_references(session, self._pack_id)) if work.waiting else set()
            searched = [each for each in work.waiting[:REFERENCES_AT_ONCE] if each in wait]
            found = {each.case_id: each for each in result.by_references}
            by_references = [found[case_id] for case_id in {each.case_id for each in searched} & found.keys()]
            by_faces = result.by_faces if self._moved(session, work) else []
            found_in = {each.case_id for each in [*by_faces, *by_references]}
            cases = locked_cases(session, found_in | {each.case_id for each in searched})
            if result.counted is not None:
                session.merge(result.counted)
            count = record_found(session, self._context.settings, cases, [*by_faces, *by_references])
            mark_searched(session, self._pack_id, searched)
        if count:
            self._log.info("standing_candidates", candidates=count)

    def _moved(self, session: Session, work: _Work) -> bool:
        name = standing_cursor(self._pack_id)
        if work.done is None:
            if session.get(Cursor, name) is None:
                session.add(Cursor(name=name, number=work.goes_to))
                session.flush()
            return False
        return move_cursor(session, name, work.done, work.goes_to)

    @property
    def _pack_id(self) -> str:
        return self._context.pack.info.id

    def _cohort(self, session: Session) -> Cohort | RawBecause:
        if self._in_use is None:
            info = self._context.pack.info
            self._in_use = CohortInUse(info.id, info.dimension, self._context.keyring)
        return self._in_use.follow(session)

    def _watched(self, session: Session, cohort: Cohort | None) -> Watched:
        if self._watch is None:
            self._watch = Watch(self._context.keyring, self._pack_id)
        return self._watch.at(session, cohort)


def standing_cursor(pack_id: str) -> str:
    """How far standing search has come; also the turn that its workers take."""
    return f"standing {pack_id}"


def _label(cohort: Cohort | RawBecause) -> Ranker:
    """How scores are made, for what is recorded beside them: it ranks no gallery."""
    return NormalisedRanker(cohort, KnownFaces.none(cohort)) if isinstance(cohort, Cohort) else RawRanker(cohort)


def _opened(waiting: Sequence[Waiting], watched: Watched) -> list[Waiting]:
    """The next references of cases that would open."""
    return [each for each in waiting[:REFERENCES_AT_ONCE] if each.case_id in watched.places]
