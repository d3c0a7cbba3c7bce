"""A real service on a free port, over both databases."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from app.auth.proofs import new_key, new_session
from app.house import House
from app.main import create_app
from app.settings import ServiceSettings
from indexer.context import Context
from indexer.decode_pool import DecodePool
from indexer.gallery.follower import GalleryFollower
from indexer.keyring import KeyRing
from indexer.storage import LocalStore
from models.actor import Actor
from models.session import Database
from models.user import Role, User
from tests.models.factories import make_user

TLS = httpx.create_ssl_context()
"""Of every client: each would read all of the world's certificates anew, and here nobody is asked over TLS."""
_TICK_SECONDS = 0.02


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers to reviewers come at even steps of time; only the tests of that wait for it."""
    monkeypatch.setattr("app.evenly.EVERY_SECONDS", 0)


Kept = TypeVar("Kept", bound=httpx.Client)


class AccountClient(httpx.Client):
    """A client that is signed in as ``user`` with ``token``."""

    user: User
    token: str


class Service:
    """A running service, and clients for it."""

    def __init__(self, house: House, url: str, stack: ExitStack) -> None:
        self.house = house
        self.url = url
        self._stack = stack

    @property
    def database(self) -> Database:
        return self.house.context.database

    def client(self, token: str | None = None) -> AccountClient:
        """Anonymous, or whoever ``token`` is."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self._stack.enter_context(AccountClient(base_url=self.url, headers=headers, timeout=60, verify=TLS))

    def keep(self, client: Kept) -> Kept:
        """A client of a test's own, closed with the service."""
        return self._stack.enter_context(client)

    def sign_in(self, role: Role | str, **columns: object) -> AccountClient:
        """A client for a new, approved account of ``role``; ``columns`` as for `make_user`."""
        with self.database.writing() as session:
            user = make_user(session, Role(role), **columns)
        return self.sign_in_as(user)

    def sign_in_as(self, user: User) -> AccountClient:
        with self.database.writing() as session:
            make = new_key if user.role is Role.VOLUNTEER else new_session
            proof = make(session, self.house, Actor(user, "test"))
        client = self.client(proof.token)
        client.user, client.token = user, proof.token
        return client


class QuickServer(uvicorn.Server):
    """Ends as uvicorn does, but at once: uvicorn looks ten times a second whether it should, and then waits as long
    again, which over all tests are minutes. How `homeward serve` ends is tested on the process itself.
    """

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            await asyncio.sleep(_TICK_SECONDS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        while self.server_state.connections or self.server_state.tasks:
            await asyncio.sleep(_TICK_SECONDS)
        await self.lifespan.shutdown()


@contextmanager
def running(house: House, app: FastAPI | None = None, config: uvicorn.Config | None = None) -> Iterator[Service]:
    """The service (or ``app``, made from the same house), answering, in a thread of this process."""
    if config is None:
        quiet = {"log_level": "critical", "log_config": None, "access_log": False}
        server: uvicorn.Server = QuickServer(uvicorn.Config(app or create_app(house), port=0, ws="none", **quiet))
    else:
        server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the service did not start"
        time.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    with ExitStack() as stack:
        stack.callback(thread.join)
        stack.callback(setattr, server, "should_exit", True)
        yield Service(house, f"http://127.0.0.1:{port}", stack)


@pytest.fixture
def service_settings(tmp_path: Path) -> ServiceSettings:
    return ServiceSettings(data_dir=tmp_path / "data", key_file=tmp_path / "keys" / "master.key")


@pytest.fixture
def make_house(database: Database, service_settings: ServiceSettings, decode_pool: DecodePool) -> Callable[..., House]:
    """A house over the test's database. Its gallery is not loaded: a test of faces starts the follower itself."""

    def make(**settings: object) -> House:
        chosen = service_settings.model_copy(update=settings)
        keyring = KeyRing.create(chosen.key_file)
        context = Context(chosen, keyring, database, LocalStore(chosen.blobs), decode_pool)
        return House(chosen, context, GalleryFollower(context))

    return make


@pytest.fixture
def service(make_house: Callable[..., House]) -> Iterator[Service]:
    with running(make_house()) as started:
        yield started
