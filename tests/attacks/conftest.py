"""A running service, browsers before it, and a pool that reads pictures, as the tests of those have them."""

from collections.abc import Callable, Iterator

import pytest

from app.commands.serve import server_config
from app.house import House
from app.main import create_app
from indexer.decode_pool import DecodePool
from indexer.settings import IndexerSettings
from models.session import Database
from tests.app.conftest import Service, make_house, running, service, service_settings
from tests.app.pages.conftest import visit
from tests.drawn import drawn_photo, encoded

__all__ = ["make_house", "service", "service_settings", "visit"]


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """What an abuser meets first does not depend on the database; where it does, a test asks for both."""
    return sqlite_database


@pytest.fixture
def served(make_house: Callable[..., House]) -> Iterator[Service]:
    """As `homeward serve` runs it."""
    house = make_house(port=0)
    with running(house, config=server_config(house.settings, create_app(house))) as started:
        yield started


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    with DecodePool(IndexerSettings(data_dir=tmp_path_factory.mktemp("pool"), decode_processes=1)) as pool:
        pool.decode(encoded(drawn_photo()))  # warm, so that times are of pictures
        yield pool
