"""The packs whose templates these records hold."""

from sqlalchemy.orm import Session

from indexer.packs.base import PackInfo
from indexer.turns import take_turn
from models.pack import PackRecord


def record_pack(session: Session, info: PackInfo) -> PackRecord:
    """The row of a pack, made at its first use: templates and searches refer to it."""
    take_turn(session, f"pack {info.id}")
    known = session.get(PackRecord, info.id)
    if known is None:
        known = PackRecord(id=info.id, name=info.name, licence=info.licence, dimension=info.dimension)
        session.add(known)
        session.flush()
    return known
