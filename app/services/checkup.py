"""What `homeward doctor` looks at. Each check says what it saw and, where it is not well, what to do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sqlcipher3
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.services.audit_chain import verify_chain
from app.services.audit_decisions import verify_decisions
from indexer.context import Context
from indexer.errors import PackError
from indexer.installation import installation_of, key_check
from indexer.packs.base import PackInfo
from indexer.storage import BlobStore
from models.migrations.upgrade import current, newest
from models.records import DiscardedBlob, Face, GalleryChange, Photo, Reference, Template
from models.session import WAL_SAFE_SINCE
from models.template import ChangeKind


@dataclass(frozen=True)
class Finding:
    """One check. ``detail`` never names a person, a place or a file of a photo's own."""

    check: str
    well: bool
    detail: str


def examine(context: Context, pack_info: Callable[[], PackInfo]) -> Iterator[Finding]:
    """Every check, in the order in which one depends on another."""
    yield _schema(context)
    yield _key(context)
    yield _sqlite(context)
    yield _pack(pack_info)
    with context.database.reading() as session:
        yield from _storage(session, context.store)
        yield _gallery(session)
        yield _audit(session)


def _schema(context: Context) -> Finding:
    found = current(context.database)
    return Finding("schema", found == newest(), f"{found}; newest is {newest()}")


def _key(context: Context) -> Finding:
    made = installation_of(context.database)
    if made is None:
        return Finding("key", False, "not initialised: run `homeward init`")
    fits = made.key_check == key_check(context.keyring)
    return Finding("key", fits, "fits the database" if fits else "the database was made with another key")


def _sqlite(context: Context) -> Finding:
    if context.database.engine.dialect.name != "sqlite":
        return Finding("database", True, "PostgreSQL")
    found = sqlcipher3.dbapi2.sqlite_version
    safe = sqlcipher3.dbapi2.sqlite_version_info >= WAL_SAFE_SINCE
    detail = f"SQLite {found}" if safe else f"SQLite {found} can corrupt a WAL: a slower journal is used; upgrade"
    return Finding("database", safe, detail)


def _pack(pack_info: Callable[[], PackInfo]) -> Finding:
    try:
        info = pack_info()
    except PackError as error:
        return Finding("pack", False, str(error))
    return Finding("pack", True, f"{info.name}, {info.dimension} dimensions, {info.licence}")


def _storage(session: Session, store: BlobStore) -> Iterator[Finding]:
    columns = (Photo.blob_name, Face.crop_blob_name, Reference.blob_name)
    wanted = {name for column in columns for name in session.scalars(select(column))}
    doomed = set(session.scalars(select(DiscardedBlob.name)))
    there = set(store.names())
    missing, orphaned = wanted - there, there - wanted - doomed
    yield Finding("stored files", not missing, f"{len(wanted)} wanted, {len(missing)} missing")
    # An upload that was never acknowledged leaves one; it holds nobody's only copy.
    yield Finding("orphaned files", not orphaned, f"{len(orphaned)} that no record names")


def _gallery(session: Session) -> Finding:
    """The changes, played to their end, must leave exactly the faces of photos that have a template of that pack."""
    played: set[tuple[int, str]] = set()
    changes = select(GalleryChange.face_id, GalleryChange.pack_id, GalleryChange.kind).order_by(GalleryChange.number)
    for face_id, pack_id, kind in session.execute(changes):
        (played.add if kind is ChangeKind.ADD else played.discard)((face_id, pack_id))
    on_street = select(Template.face_id, Template.pack_id).join(Face, Face.id == Template.face_id)
    kept = set(session.execute(on_street.where(Face.photo_id.is_not(None))))
    lost = len(played - kept)
    return Finding("gallery", lost == 0, f"{len(played)} faces; {lost} without a template in the database")


def _audit(session: Session) -> Finding:
    chain, decisions = verify_chain(session), verify_decisions(session)
    fault = chain.fault or decisions.fault
    return Finding("audit", fault is None, fault or f"{chain.rows} rows, unbroken; {decisions.covered} decisions")
