"""`homeward doctor` finds what is wrong, and says nothing of what is in it."""

import pytest

from app.services.checkup import examine
from indexer.context import Context
from indexer.errors import PackMissing
from indexer.installation import key_check
from models.records import Installation
from models.template import ChangeKind, Template, change_gallery
from models.types import now
from tests.models.factories import make_face, make_photo


def no_pack():
    raise PackMissing(pack="open", path="packs/open")


@pytest.fixture
def context(make_house) -> Context:
    context = make_house().context
    with context.database.writing() as session:
        row = Installation(id=1, retention_months=12, key_check=key_check(context.keyring), made_at=now())
        session.add(row)
    return context


def unwell(context: Context) -> dict[str, str]:
    return {finding.check: finding.detail for finding in examine(context, no_pack) if not finding.well}


def test_a_sound_installation_without_a_pack_lacks_only_the_pack(context: Context):
    assert list(unwell(context)) == ["pack"]


def test_missing_and_orphaned_files_are_counted(context: Context):
    with context.database.writing() as session:
        photo = make_photo(session)
        make_face(session, photo)
        kept = make_photo(session)
    context.store.put(kept.blob_name, b"sealed")
    context.store.put("photos/nobody-knows-me", b"sealed")
    found = unwell(context)
    assert found["stored files"] == "3 wanted, 2 missing"
    assert found["orphaned files"] == "1 that no record names"


def test_a_gallery_that_differs_from_the_templates_is_noticed(context: Context):
    with context.database.writing() as session:
        photo = make_photo(session)
        good, lost, removed = (make_face(session, photo) for _ in range(3))
        session.add(Template(face_id=good.id, pack_id="p" * 64, sealed=b""))
        for face in (good, lost, removed):
            change_gallery(session, ChangeKind.ADD, face.id, "p" * 64)
        change_gallery(session, ChangeKind.REMOVE, removed.id, "p" * 64)
    assert unwell(context)["gallery"] == "2 faces; 1 without a template in the database"


def test_another_installations_key_is_noticed(context: Context):
    with context.database.writing() as session:
        session.get_one(Installation, 1).key_check = "0" * 64
    assert unwell(context)["key"] == "the database was made with another key"
