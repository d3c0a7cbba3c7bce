"""S7: the same again, at once and later."""

from functools import partial

from sqlalchemy import func, select

from models.records import Face, Photo, Receipt, Template
from models.user import Role
from tests.app.conftest import Service
from tests.app.desk import at_once, refusal
from tests.app.test_photos import send
from tests.attacks.there import OneFacePack, work
from tests.indexer.pictures import drawn_photo


def rows(service: Service, *tables: type) -> list[int]:
    with service.database.reading() as session:
        return [session.scalar(select(func.count()).select_from(table)) for table in tables]


def test_fifty_uploads_of_one_photo_at_once_are_one(service: Service):

    service.house.context.__dict__["_pack"] = OneFacePack()
    client, key = service.sign_in(Role.VOLUNTEER), {"Idempotency-Key": "upload-0001"}
    with_key = [partial(send, client, drawn_photo(), key) for _ in range(25)]
    without = [partial(send, client, drawn_photo()) for _ in range(25)]
    answers = at_once(*with_key, *without)
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    work(service)
    assert rows(service, Photo, Receipt, Face, Template) == [1, 1, 1, 1]
    assert refusal(send(client, drawn_photo(1), key)) == (409, "idempotency_key_reused")


def test_the_same_photo_from_two_volunteers_is_one_photo_with_two_receipts(service: Service):
    first, second = service.sign_in(Role.VOLUNTEER), service.sign_in(Role.VOLUNTEER)
    ids = {send(client, drawn_photo()).json()["id"] for client in (first, second)}
    assert len(ids) == 2
    assert rows(service, Photo, Receipt) == [1, 2]
