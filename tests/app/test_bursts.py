"""More requests at once than the service has threads."""

from concurrent.futures import ThreadPoolExecutor

import httpx

from models.user import Role
from tests.app.conftest import Service

AT_ONCE = 60  # well above the 16 threads, and the 48 connections


def test_many_that_want_the_one_writer_are_all_served(service: Service):
    auditor = service.sign_in(Role.AUDITOR)  # each look into the audit log is an act in it
    headers = {"Authorization": f"Bearer {auditor.token}"}
    limits = httpx.Limits(max_connections=AT_ONCE)
    with (
        httpx.Client(base_url=service.url, headers=headers, timeout=100, limits=limits) as client,
        ThreadPoolExecutor(AT_ONCE) as threads,
    ):
        answers = list(threads.map(lambda _: client.get("/v1/audit?limit=1"), range(AT_ONCE)))
    assert {answer.status_code for answer in answers} == {200}
