"""Which pair of known truth a reviewer is shown in place of a candidate: never of a case they have seen or work on.

Both kinds ask the same question, so that nothing but the faces tells them apart: the younger looks of one case, and a
face some years older. Same: the oldest look of that case. Different: in its stead a look of another child, of the same
sex and of about the same age in it, the most alike first. The cases' workers ticked that their photos may be used so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from app.house import House
from app.services.children import Child, Look, children_of, may_be_one
from app.services.pairs import linked_faces
from app.services.sources import street_days
from indexer.context import Context
from indexer.keyring import KeyRing
from indexer.sealed_records import case_key, unseal_template
from models.candidate import Candidate
from models.case import Case, CaseState
from models.face import Face
from models.review import Assignment, AssignmentState
from models.seeded import SeededPair
from models.template import Template

CASES_LOOKED_AT = 60
"""Of those that may be used, another sample at each draw: every one is unsealed while the reviewer waits."""
YEARS_BETWEEN = 1.0
"""At least, from each look that is shown to the one that stands for the street face."""
YEARS_ALIKE = 1.0
"""Less than this, from the child's own oldest look to that of another child which takes its place."""

_SEEDS, _CROPS = 2**31, 2**5
"""A seed's last five bits are no chance: they say how many linked crops the candidate had, fewer than 32."""

_Found = tuple[Child, Child, Look]
"""Whose younger looks are shown, who stands for the child in the street, and in which look."""


@dataclass(frozen=True)
class Seeding:
    """A ``share`` of what reviewers are given; compared by templates of ``pack_id``, None while no pack is in use."""

    context: Context
    share: float
    pack_id: str | None


def seeding_of(house: House) -> Seeding:
    """The pack is in use once the gallery is loaded: before, no request waits for it with the one writer in hand."""
    pack_id = house.context.pack.info.id if house.follower.is_ready else None
    return Seeding(house.context, house.settings.seeded_share, pack_id)


def is_due(session: Session, keyring: KeyRing, reviewer_id: UUID, share: float) -> bool:
    """By a keyed draw on how many pairs the reviewer has had: nobody foresees it, and asking again changes nothing."""
    return _draw(session, keyring, reviewer_id) / 2**64 < share


def make_pair(
    session: Session, seeding: Seeding, reviewer_id: UUID, instead_of: Candidate, lapses_at: datetime
) -> SeededPair | None:
    """What they let lapse; else one of either kind by chance, of the other kind where there is none; else None."""
    unanswered = (SeededPair.state == AssignmentState.OPEN) & SeededPair.face_id.is_not(None)
    ours = select(SeededPair).where(SeededPair.reviewer_id == reviewer_id, unanswered)
    lapsed = session.scalar(ours.limit(1))  # they hold nothing, so its time is over
    if lapsed is not None:
        lapsed.give_again(lapses_at)
        return lapsed
    draw = _draw(session, seeding.context.keyring, reviewer_id)
    children = _usable(session, seeding.context.keyring, reviewer_id, draw)
    kinds = [lambda: _one_child(children), lambda: _two_children(session, seeding, children)]
    found = kinds[draw % 2]() or kinds[1 - draw % 2]()
    if found is None or not _may_still_be_used(session, found):
        return None
    return _recorded(session, seeding.context, reviewer_id, found, instead_of, draw, lapses_at)


def linked_wanted(pair: SeededPair) -> int:
    """How many crops besides the first: as many as the candidate had whose place it took."""
    return pair.seed % _CROPS


def is_some_years_younger(shown: Look, stands_for: Look) -> bool:
    """Only such looks are shown with it: of one of the same day everyone would see whose it is."""
    return stands_for.age - shown.age >= YEARS_BETWEEN


def _recorded(
    session: Session,
    context: Context,
    reviewer_id: UUID,
    found: _Found,
    instead_of: Candidate,
    draw: int,
    lapses_at: datetime,
) -> SeededPair:
    """As large, as well dated and with as many crops as the candidate's street face whose place it takes."""
    shown, other, look = found
    street = session.get_one(Face, instead_of.face_id)
    pair = SeededPair(
        reviewer_id=reviewer_id,
        case_id=shown.case.id,
        other_case_id=other.case.id,
        face_id=look.face.id,
        same=shown is other,
        seed=draw % (_SEEDS // _CROPS) * _CROPS + len(linked_faces(session, [street.id])[street.id]),
        face_px=street.box[3] - street.box[1],
        dated=street_days(session, context, [street])[street.id] is not None,
        lapses_at=lapses_at,
    )
    session.add(pair)
    session.flush()
    return pair


def _draw(session: Session, keyring: KeyRing, reviewer_id: UUID) -> int:
    had = sum(
        session.scalar(select(func.count()).where(record.reviewer_id == reviewer_id)) or 0
        for record in (Assignment, SeededPair)
    )
    drawn = keyring.digest_of("seeded draw", reviewer_id.bytes + had.to_bytes(8))
    return int.from_bytes(drawn[:8])


def _usable(session: Session, keyring: KeyRing, reviewer_id: UUID, draw: int) -> list[Child]:
    """A sample of those who may be used and whom the reviewer has not seen."""
    ids = session.scalars(select(Case.id).where(_is_ticked(), Case.worker_id != reviewer_id, ~_was_seen(reviewer_id)))
    sample = sorted(ids, key=lambda each: keyring.digest_of("seeded order", each.bytes + draw.to_bytes(8)))
    return children_of(session, keyring, sample[:CASES_LOOKED_AT])


def _is_ticked() -> ColumnElement[bool]:
    return (Case.state == CaseState.APPROVED) & Case.may_test_reviewers


def _was_seen(reviewer_id: UUID) -> ColumnElement[bool]:
    """By this reviewer, on either side of a pair, real or seeded."""
    real = exists().where(
        Assignment.candidate_id == Candidate.id,
        Assignment.reviewer_id == reviewer_id,
        Candidate.case_id == Case.id,
    )
    either = or_(SeededPair.case_id == Case.id, SeededPair.other_case_id == Case.id)
    seeded = exists().where(SeededPair.reviewer_id == reviewer_id, either)
    return or_(real.correlate(Case), seeded.correlate(Case))


def _may_still_be_used(session: Session, found: _Found) -> bool:
    """Locked and looked at once more: a closing, or a tick or reference taken away, may have come between."""
    shown, other, look = found
    ids = {shown.case.id, other.case.id}
    ticked = select(Case.id).where(Case.id.in_(ids), _is_ticked()).order_by(Case.id).with_for_update(read=True)
    there = select(Face.id).where(Face.id == look.face.id)
    return set(session.scalars(ticked)) == ids and session.scalar(there) is not None


def _questions(children: Sequence[Child]) -> Iterator[tuple[Child, Look]]:
    """Each child with an oldest look that some other is younger than."""
    for child in children:
        looks = [look for look in child.looks if look.is_enrolled]
        if looks and is_some_years_younger(child.looks[0], looks[-1]):
            yield child, looks[-1]


def _one_child(children: Sequence[Child]) -> _Found | None:
    return next(((child, child, look) for child, look in _questions(children)), None)


def _two_children(session: Session, seeding: Seeding, children: Sequence[Child]) -> _Found | None:
    """Of all questions that have another child's look in the place of the own one, the hardest: it scores highest."""
    templates = _templates(session, seeding, children)
    scored = [
        (_score(templates, child, look), (child, other, look))
        for child, own in _questions(children)
        for other, look in _instead(children, child, own)
    ]
    score, found = max(scored, key=lambda each: each[0], default=(-np.inf, None))
    return found if score > -np.inf else None


def _instead(children: Sequence[Child], child: Child, own: Look) -> Iterator[tuple[Child, Look]]:
    """Looks of other children that may take the place of the ``own`` one."""
    for other in children:
        if child.sex is None or child.sex != other.sex or may_be_one(child, other):
            continue
        for look in other.looks:
            alike = abs(look.age - own.age) < YEARS_ALIKE and is_some_years_younger(child.looks[0], look)
            if alike and look.is_enrolled:
                yield other, look


def _score(templates: dict[int, NDArray[np.float32]], child: Child, look: Look) -> float:
    """The best over the looks that are shown with it, as in a search."""
    probe = templates.get(look.face.id)
    shown = [templates.get(each.face.id) for each in child.looks if is_some_years_younger(each, look)]
    return max((float(each @ probe) for each in shown if each is not None and probe is not None), default=-np.inf)


def _templates(session: Session, seeding: Seeding, children: Sequence[Child]) -> dict[int, NDArray[np.float32]]:
    """By face, under the pack in use; none while there is none."""
    if seeding.pack_id is None:
        return {}
    keyring, pack_id = seeding.context.keyring, seeding.pack_id
    keys = {look.face.id: case_key(keyring, child.case) for child in children for look in child.looks}
    rows = select(Template.face_id, Template.sealed).where(Template.face_id.in_(keys), Template.pack_id == pack_id)
    return {
        row.face_id: unseal_template(keys[row.face_id], row.sealed, row.face_id, pack_id)
        for row in session.execute(rows)
    }
