"""Which street faces show one child: everything that links reach from a face."""

from collections.abc import Iterable

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models.link import FaceLink, LinkReason

Groups = dict[int, frozenset[int]]
"""By face id, the faces of its group; a face without a link is a group of its own."""

MOST = 200
"""A group that grows beyond this is a chain of errors, not a child: it is not followed further."""
_IDS_AT_ONCE = 5_000


def groups_of(session: Session, face_ids: Iterable[int], reason: LinkReason | None = None) -> Groups:
    """The group of each of these faces, by links for ``reason`` alone where one is given."""
    wanted = list(face_ids)
    links: dict[int, set[int]] = {}
    frontier = set(wanted)
    seen: set[int] = set()
    while frontier and len(seen) < MOST * max(len(wanted), 1):
        seen |= frontier
        found = _links_of(session, sorted(frontier), reason)
        for one, other in found:
            links.setdefault(one, set()).add(other)
            links.setdefault(other, set()).add(one)
        frontier = {each for pair in found for each in pair} - seen
    return {face_id: _reached(face_id, links) for face_id in wanted}


def _links_of(session: Session, face_ids: list[int], reason: LinkReason | None) -> set[tuple[int, int]]:
    query = select(FaceLink.face_id, FaceLink.other_id).where(FaceLink.undone_at.is_(None))
    if reason is not None:
        query = query.where(FaceLink.reason == reason)
    found: set[tuple[int, int]] = set()
    for start in range(0, len(face_ids), _IDS_AT_ONCE):
        some = face_ids[start : start + _IDS_AT_ONCE]
        rows = session.execute(query.where(or_(FaceLink.face_id.in_(some), FaceLink.other_id.in_(some))))
        found |= {(row.face_id, row.other_id) for row in rows}
    return found


def _reached(face_id: int, links: dict[int, set[int]]) -> frozenset[int]:
    group, frontier = {face_id}, [face_id]
    while frontier and len(group) < MOST:
        more = links.get(frontier.pop(), set()) - group
        group |= more
        frontier.extend(more)
    return frozenset(group)
