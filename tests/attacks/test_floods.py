"""F10: one photo with a crowd in it, and one volunteer with a thousand photos."""

import numpy as np
from sqlalchemy import func, select

from indexer.packs.base import FoundFace, Pixels
from models.records import Face, Photo
from models.user import Role
from tests.app.conftest import Service, running
from tests.app.desk import LANDMARKS
from tests.app.test_photos import settle
from tests.attacks.there import OneFacePack, work
from tests.indexer.pictures import drawn_photo


class CrowdPack(OneFacePack):
    """Every picture shows five hundred faces."""

    def find(self, picture: Pixels) -> list[FoundFace]:
        corners = [(8 * (number % 40), 12 * (number // 40)) for number in range(500)]
        return [FoundFace((x, y, x + 20, y + 20), (LANDMARKS / 5 + (x, y)).astype(np.float32), 0.9) for x, y in corners]


def test_of_five_hundred_faces_a_hundred_are_kept_and_the_volunteer_is_told(service: Service):
    context, volunteer = service.house.context, service.sign_in(Role.VOLUNTEER)
    context.__dict__["_pack"] = CrowdPack()
    sent = volunteer.post("/v1/photos", files={"file": ("x.jpg", drawn_photo())}).raise_for_status().json()
    work(service)
    settle(service)
    with service.database.reading() as session:
        assert session.scalars(select(Photo.reason)).all() == ["faces_truncated"]
        kept = session.scalar(select(func.count()).select_from(Face))
    assert kept == context.settings.max_faces_per_photo == 100
    seen = volunteer.get(f"/v1/photos/{sent['id']}").json()
    assert seen["faces_found"] == 100
    assert seen["reasons"][0].startswith("There are more faces than are looked at in one photo")


def test_a_volunteer_who_floods_the_queue_is_stopped_and_alone_waits(make_house):
    """How many a day, and whose photos come first: tests/app/test_quotas.py. Here: the same photo a hundred times."""
    with running(make_house(photos_per_volunteer_a_day=3)) as service:
        client = service.sign_in(Role.VOLUNTEER)
        again = {client.post("/v1/photos", files={"file": ("x.jpg", drawn_photo())}).json()["id"] for _ in range(20)}
        assert len(again) == 1
        others = [client.post("/v1/photos", files={"file": ("x.jpg", drawn_photo(n))}) for n in range(1, 5)]
        assert [answer.status_code for answer in others] == [202, 202, 429, 429]
        assert int(others[-1].headers["retry-after"]) > 0
        with service.database.reading() as session:
            assert session.scalar(select(func.count()).select_from(Photo)) == 3
