"""Authorities: to whom a confirmed candidate may be released. Two supervisors put one on the list."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import NameTaken, NotFound
from models.actor import Actor, act
from models.records import Authority


def propose_authority(session: Session, actor: Actor, name: str, contact: str) -> Authority:
    """`NameTaken`."""
    if session.scalar(select(Authority.id).where(Authority.name == name)):
        raise NameTaken(name=name)
    authority = Authority(name=name, contact=contact, proposed_by=actor.id)
    session.add(authority)
    session.flush()
    act(session, actor, "authority.propose", "authority", authority.id, decides=authority)
    return authority


def agree_to_authority(session: Session, actor: Actor, authority_id: UUID) -> Authority:
    """`NotFound`, `SamePerson`."""
    authority = session.get(Authority, authority_id)
    if authority is None:
        raise NotFound(thing="authority")
    authority.agree(actor.user)
    act(session, actor, "authority.agree", "authority", authority.id, decides=authority)
    return authority
