"""The templates of references that may be searched with: chosen face, approved reference, open and approved case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

import numpy as np
from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from indexer.errors import CaseNotSearchable, SealBroken
from indexer.gallery.base import Templates
from indexer.gallery.rules import require_pack
from indexer.keyring import KeyRing
from indexer.logs import get_log
from indexer.sealed_records import case_key, unseal_template
from models.case import Case, CaseState
from models.face import Face
from models.reference import Reference, ReferenceState
from models.template import Template

_ProbeRow = Row[UUID, UUID, int, str, bytes]
_ProbeQuery = Select[UUID, UUID, int, str, bytes]


@dataclass(frozen=True)
class Probes:
    """What one case is searched with: a row of ``templates`` for each of ``reference_ids``, in the order added."""

    case_id: UUID
    reference_ids: list[UUID]
    templates: Templates


def probes_of(session: Session, keyring: KeyRing, case: Case, pack_id: str) -> Probes:
    """`CaseNotSearchable`; `ForeignPack` when a reference has no template of ``pack_id``: none is left out silently."""
    require_searchable(case)
    rows = _rows(session, [case.id])
    ours = [row for row in rows if row.pack_id == pack_id]
    embedded = {row.reference_id for row in ours}
    for row in rows:
        if row.reference_id not in embedded:
            require_pack(pack_id, row.pack_id)
    if not ours:
        raise CaseNotSearchable(reason="it has no approved reference in which the child's face is chosen")
    return _unsealed(keyring, case, ours)


def probes_of_others(session: Session, keyring: KeyRing, case: Case, pack_id: str, most: int) -> list[Probes]:
    """Of at most ``most`` other open, approved cases; ids are random, so the first by id are a random sample.

    One that will not open is left out.
    """
    others = select(Case).where(Case.state == CaseState.APPROVED, Case.id != case.id).order_by(Case.id).limit(most)
    cases = {other.id: other for other in session.scalars(others)}
    return _opened(keyring, cases, [row for row in _rows(session, list(cases)) if row.pack_id == pack_id])


def searchable_references(session: Session, pack_id: str) -> list[tuple[UUID, UUID]]:
    """(case id, reference id) of all that may be searched with, in the order of `all_probes`."""
    rows = session.execute(_query(pack_id).with_only_columns(Reference.case_id, Reference.id)).all()
    return [(row[0], row[1]) for row in rows]


def all_probes(session: Session, keyring: KeyRing, pack_id: str) -> list[Probes]:
    """Of every open, approved case that has a reference with a template of ``pack_id``; in the order of their ids.

    One that will not open is left out.
    """
    rows = session.execute(_query(pack_id)).all()
    cases = {case.id: case for case in session.scalars(select(Case).where(Case.state == CaseState.APPROVED))}
    return _opened(keyring, cases, rows)


def require_searchable(case: Case) -> None:
    """`CaseNotSearchable`."""
    if not case.is_searchable:
        raise CaseNotSearchable(reason=f"it is {case.state.replace('_', ' ')}")


def _opened(keyring: KeyRing, cases: Mapping[UUID, Case], rows: Sequence[_ProbeRow]) -> list[Probes]:
    """A case that will not open keeps no other from being searched: it is left out, and the log says so."""
    found = []
    for case_id, own in groupby(rows, lambda row: row.case_id):
        try:
            found.append(_unsealed(keyring, cases[case_id], list(own)))
        except SealBroken as error:
            get_log().error("case_unreadable", case_id=case_id, code=error.code)
    return found


def _rows(session: Session, case_ids: list[UUID]) -> Sequence[_ProbeRow]:
    return session.execute(_references().where(Reference.case_id.in_(case_ids))).all()


def _query(pack_id: str) -> _ProbeQuery:
    of_open = _references().join(Case, Case.id == Reference.case_id).where(Case.state == CaseState.APPROVED)
    return of_open.where(Template.pack_id == pack_id)


def _references() -> _ProbeQuery:
    chosen = (Face.reference_id == Reference.id) & (Face.number == Reference.chosen)
    return (
        select(
            Reference.case_id,
            Reference.id.label("reference_id"),
            Template.face_id,
            Template.pack_id,
            Template.sealed,
        )
        .join(Face, chosen)
        .join(Template, Template.face_id == Face.id)
        .where(Reference.state == ReferenceState.READY, Reference.approved_at.is_not(None))
        .order_by(Reference.case_id, Reference.added_at, Reference.id)
    )


def _unsealed(keyring: KeyRing, case: Case, rows: list[_ProbeRow]) -> Probes:
    key = case_key(keyring, case)
    templates = [unseal_template(key, row.sealed, row.face_id, row.pack_id) for row in rows]
    return Probes(case.id, [row.reference_id for row in rows], np.stack(templates))
