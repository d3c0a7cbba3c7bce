"""What one account may send and search in a day, and who hears of it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.house import House
from models.records import Alert, Photo, Receipt, Search, UploadCount
from models.types import now
from models.user import Role
from tests.app.conftest import AccountClient, Service, running
from tests.app.test_photos import send
from tests.app.test_searches import Story
from tests.app.worlds import add_reference, approve_case, open_case
from tests.indexer.gallery.synthetic import strangers
from tests.indexer.pictures import jpeg, texture
from tests.indexer.worlds import DIMENSION


@pytest.fixture
def service(make_house: Callable[..., House]) -> Iterator[Service]:
    with running(
        make_house(photos_per_volunteer_a_day=3, searches_per_case_a_day=2, searches_per_worker_a_day=3)
    ) as made:
        yield made


def photo(number: int) -> bytes:
    return jpeg(texture(number))


def unusual(service: Service) -> list[str]:
    with service.database.reading() as session:
        return list(session.scalars(select(Alert.object_id).where(Alert.kind == "unusual_volume")))


def test_a_volunteer_sends_so_many_files_a_day_and_refused_ones_count(service: Service):
    client, other = service.sign_in(Role.VOLUNTEER), service.sign_in(Role.VOLUNTEER)
    assert send(client, photo(1)).status_code == 202
    assert send(client, b"no picture").status_code == 415
    assert unusual(service) == []
    assert send(client, photo(2)).status_code == 202
    assert unusual(service) == [str(client.user.id)]
    refused = send(client, photo(3))
    assert (refused.status_code, refused.json()["code"]) == (429, "upload_quota_reached")
    assert 0 < int(refused.headers["retry-after"]) <= 24 * 3600
    assert send(client, b"no picture").json()["code"] == "upload_quota_reached"
    assert send(client, photo(1)).status_code == 202  # sent before: costs nothing, and a folder can be sent again
    assert send(other, photo(3)).status_code == 202
    with service.database.writing() as session:
        session.execute(update(UploadCount).values(day=now().date() - timedelta(days=1)))
    assert send(client, photo(3)).status_code == 202


def test_photos_of_one_who_sends_many_leave_room_for_those_of_others(service: Service):
    eager, other = service.sign_in(Role.VOLUNTEER), service.sign_in(Role.VOLUNTEER)
    sent = [send(client, photo(number)) for number, client in enumerate([eager, eager, eager, other])]
    with service.database.reading() as session:
        queue = list(session.scalars(select(Photo.id).order_by(Photo.queued_at)))
        places = [queue.index(session.get_one(Receipt, UUID(each.json()["id"])).photo_id) for each in sent]
    assert places in ([0, 2, 3, 1], [0, 1, 3, 2])  # the other's came last, and waits for no more than two


def asked(client: AccountClient, url: str, **headers: str) -> tuple[int, str | None]:
    answer = client.post(f"{url}/searches", json={"reason": "The mother called"}, headers=headers)
    return answer.status_code, answer.json().get("code")


def test_a_case_and_an_account_search_so_often_a_day(service: Service):
    story = Story(service)
    story.approve()
    refused = (429, "search_quota_reached")
    key = {"Idempotency-Key": "the-second-search"}
    assert asked(story.worker, story.url)[0] == 201
    assert asked(story.worker, story.url, **key)[0] == 201
    assert asked(story.worker, story.url) == refused
    assert asked(story.worker, story.url, **key)[0] == 201  # the same search once more
    assert unusual(service) == []
    second = other_case(story)
    assert asked(story.worker, second)[0] == 201
    assert unusual(service) == [str(story.worker.user.id)]
    assert asked(story.worker, second) == refused
    with service.database.writing() as session:
        session.execute(update(Search).values(at=now() - timedelta(hours=25)))
    assert asked(story.worker, second)[0] == 201


def other_case(story: Story) -> str:
    case_id = open_case(story.worker, birth_date="2016-01-01")["id"]
    with story.service.database.writing() as session:
        add_reference(story.world, session, case_id, strangers(1, DIMENSION, 9)[0], age_years=4)
    url = f"/v1/cases/{case_id}"
    assert approve_case(story.supervisor, url).status_code == 200
    return url


def test_a_supervisor_sees_whose_volume_is_unusual(service: Service):
    client, supervisor = service.sign_in(Role.VOLUNTEER), service.sign_in(Role.SUPERVISOR)
    for number in range(3):
        send(client, photo(number)).raise_for_status()
    [alert] = supervisor.get("/v1/alerts").json()["items"]
    assert (alert["kind"], alert["account"]["name"]) == ("unusual_volume", client.user.name)
