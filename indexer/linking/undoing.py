"""Undoing links: a person has seen that some of the linked faces show another child."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.orm import Session

from indexer.erasure import announce_again
from indexer.linking.groups import groups_of
from models.link import FaceLink, LinkReason


def undo_links(session: Session, user_id: UUID, face_id: int, others: Iterable[int]) -> None:
    """Part ``others`` from the group of ``face_id``: no link leads from one side to the other any more.

    Between ``face_id`` and each of them the parting is kept even where there was no link, so that none is made later.
    Standing search looks at all of them once more: while they stood for one child, one hid the others from a case.
    """
    group = groups_of(session, [face_id])[face_id]
    apart = group.intersection(others) - {face_id}
    for one in sorted(apart):
        for other in sorted(group - apart):
            key = min(one, other), max(one, other)
            link = session.get(FaceLink, key, with_for_update=True)
            if link is None and other == face_id:
                link = FaceLink(face_id=key[0], other_id=key[1], reason=LinkReason.ALIKE, score=0.0)
                session.add(link)
            if link is not None:
                link.undo(user_id)
    session.flush()
    if apart:
        announce_again(session, sorted(group))
