"""S18, for a few seconds: more than the service can do. Bursts that must all be served: tests/app/test_bursts.py."""

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest

from app.commands.serve import server_config
from app.edge import SECURITY_HEADERS
from app.house import House
from app.main import create_app
from tests.app.conftest import Service, running
from tests.attacks.there import There
from tests.indexer.pictures import drawn_photo

SECONDS = 4.0  # for an answer that takes milliseconds when nobody else uses the machine


@pytest.fixture
def few(make_house: Callable[..., House]) -> Iterator[Service]:
    house = make_house(port=0, connections_at_once=8, threads=2)
    with running(house, config=server_config(house.settings, create_app(house))) as started:
        yield started


def test_connections_beyond_the_limit_are_turned_away_and_soon_all_is_well(few: Service):
    url = httpx.URL(few.url)
    with ExitStack() as open_ones:
        for _ in range(8):
            open_ones.enter_context(socket.create_connection((url.host, url.port), timeout=10))
        with httpx.Client(base_url=few.url) as client:
            assert client.get("/livez").status_code == 200
            refused = client.get("/v1/cases")
            assert (refused.status_code, refused.json()["code"]) == (503, "service_busy")
            assert int(refused.headers["Retry-After"]) > 0
            assert refused.headers["Connection"] == "close"
            assert {name: refused.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS
    began = time.monotonic()
    while few.client().get("/v1/cases").status_code == 503:
        assert time.monotonic() - began < 10
        time.sleep(0.05)


def test_searches_and_uploads_at_once_are_answered_and_health_stays_quick(make_house: Callable[..., House]):
    quotas = ("searches_per_case_a_day", "searches_per_worker_a_day")
    with running(make_house(**dict.fromkeys(quotas, 10**6))) as service, ThreadPoolExecutor(30) as people:
        there = There(service)
        search, worker = f"/v1/cases/{there.desk.case_id}/searches", there.desk.worker
        volunteer = there.callers["volunteer"]

        def one(number: int) -> int:
            if number % 5:
                return worker.post(search, json={"reason": "As asked"}).status_code
            return volunteer.post("/v1/photos", files={"file": ("x.jpg", drawn_photo(number + 99))}).status_code

        at_work = [people.submit(one, number) for number in range(100)]
        slowest, health = 0.0, service.client()
        while not all(each.done() for each in at_work):
            began = time.monotonic()
            assert health.get("/livez").status_code == 200
            slowest = max(slowest, time.monotonic() - began)
        assert {each.result() for each in at_work} <= {201, 202, 503}
        assert [each.result() for each in at_work].count(503) < 100
        assert slowest < SECONDS
        assert worker.post(search, json={"reason": "As asked"}).status_code == 201
