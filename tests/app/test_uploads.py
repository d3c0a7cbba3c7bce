"""Routes that take a file ask who sends it before they read it."""

from collections.abc import Iterator

import pytest

from models.user import Role
from tests.app.conftest import Service

ROUTES = ("/v1/photos", "/v1/cases/0/references")
NO_FORM = {"Content-Type": "multipart/form-data; boundary=b"}


def chunks(size: int) -> Iterator[bytes]:
    for _ in range(size // 4096):
        yield b"x" * 4096


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("token", [None, "hwv_unknown"])
def test_a_strangers_form_is_not_parsed(service: Service, path: str, token: str | None):
    for body in (b"x", chunks(2**20)):
        answer = service.client(token).post(path, content=body, headers=NO_FORM)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


def test_a_strangers_body_is_still_counted(service: Service):
    limit = service.house.settings.max_upload_bytes
    answer = service.client().post("/v1/photos", content=chunks(limit + 2**20), headers=NO_FORM)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_the_form_of_whoever_is_signed_in_is_parsed(service: Service):
    answer = service.sign_in(Role.VOLUNTEER).post("/v1/photos", content=b"x", headers=NO_FORM)
    assert (answer.status_code, answer.json()["code"]) == (400, "body_unreadable")
