"""F4: files that are a picture and something else as well."""

import pytest

from indexer.errors import ImageRefused
from indexer.sealed_records import about_photo, photo_key
from indexer.sealing import unseal
from models.photo import Photo
from models.user import Role
from tests.app.conftest import Service
from tests.app.desk import refusal
from tests.app.worlds import open_case
from tests.attacks.hostile import MARKER, polyglots
from tests.attacks.there import OneFacePack
from tests.drawn import drawn_photo, encoded

FRONTS = [b"%PDF-1.7\n", b"GIF89a", b"PK\x03\x04", b"<html>", b"\0"]


@pytest.mark.parametrize("name", polyglots())
def test_polyglots_become_nothing_but_a_picture(pool, name):
    data = polyglots()[name]
    assert MARKER in data
    photo = pool.decode(data)
    assert MARKER not in photo.jpeg
    assert b"PK\x03\x04" not in photo.jpeg
    assert photo.width == 400


@pytest.mark.parametrize("front", FRONTS)
def test_a_picture_behind_something_else_is_no_picture(pool, front):
    with pytest.raises(ImageRefused) as caught:
        pool.decode(front + encoded(drawn_photo()))
    assert caught.value.code == "image_type_unsupported"


def test_what_is_stored_and_what_is_served_hold_none_of_it(service: Service):
    """A photo as it lies in the store, and a reference as it comes back: by which name, and under which policy."""
    context = service.house.context
    context.__dict__["_pack"] = OneFacePack()
    volunteer, worker = service.sign_in(Role.VOLUNTEER), service.sign_in(Role.CASE_WORKER)
    case = open_case(worker)["id"]
    for name, data in polyglots().items():
        sent = volunteer.post("/v1/photos", files={"file": ("x.jpg", data)})
        assert sent.status_code == 202, name
        given = worker.post(f"/v1/cases/{case}/references", files={"file": ("x.html", data)}, data={"age_years": 5})
        assert given.status_code == 201, (name, refusal(given))
        served = worker.get(f"/v1/cases/{case}/references/{given.json()['id']}/image")
        assert served.content.startswith(b"\xff\xd8\xff")
        assert (MARKER in served.content, b"PK\x03\x04" in served.content) == (False, False)
        assert served.headers["content-type"] == "image/jpeg"
        assert served.headers["x-content-type-options"] == "nosniff"
        assert served.headers["content-security-policy"].startswith("default-src 'none'")
        assert served.headers["content-disposition"] == f'inline; filename="reference-{given.json()["id"]}.jpg"'
    with service.database.reading() as session:
        photos = session.query(Photo).all()
        assert len(photos) > 0
        for photo in photos:
            stored = context.store.get(photo.blob_name)
            plain = unseal(photo_key(context.keyring, photo), stored, about_photo(photo.id))
            assert plain.startswith(b"\xff\xd8\xff")
            assert (MARKER in stored, MARKER in plain) == (False, False)
