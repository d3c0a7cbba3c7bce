"""A running service, browsers before it, and a pool that reads pictures, as the tests of those have them."""

import pytest

from indexer.decode_pool import DecodePool
from indexer.settings import IndexerSettings
from models.session import Database
from tests.app.conftest import make_house, service, service_settings
from tests.app.pages.conftest import visit
from tests.drawn import drawn_photo, encoded

__all__ = ["make_house", "service", "service_settings", "visit"]


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """What an abuser meets first does not depend on the database; where it does, a test asks for both."""
    return sqlite_database


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    with DecodePool(IndexerSettings(data_dir=tmp_path_factory.mktemp("pool"), decode_processes=1)) as pool:
        pool.decode(encoded(drawn_photo()))  # warm, so that times are of pictures
        yield pool
