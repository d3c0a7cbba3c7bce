"""What every part works with: built once at the edge (service, worker, command) and passed in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock

from indexer.decode_pool import DecodePool
from indexer.installation import keyring_of, require_own_key
from indexer.keyring import KeyRing
from indexer.packs.base import Pack
from indexer.places import require_private
from indexer.settings import IndexerSettings
from indexer.storage import BlobStore, LocalStore
from models.errors import NotInstalled
from models.migrations.upgrade import require_newest
from models.session import Database, open_database


@dataclass
class Context:
    """Settings, keys, records, stored bytes, the decode pool and the pack. Safe to use from several threads."""

    settings: IndexerSettings
    keyring: KeyRing
    database: Database
    store: BlobStore
    decoder: DecodePool
    _loading: Lock = field(default_factory=Lock)

    @property
    def pack(self) -> Pack:
        """The pack in use, loaded at the first call: a service that never embeds loads no model."""
        with self._loading:
            return self._pack

    @cached_property
    def _pack(self) -> Pack:
        from indexer.packs.catalogue import load_pack

        return load_pack(self.settings)


@contextmanager
def open_context(settings: IndexerSettings) -> Iterator[Context]:
    """Everything opened and checked, and closed at the end.

    `NotInstalled`, `DataDirExposed`, `DataExposed`, `KeyProblem`, `DatabaseKeyWrong`, `SchemaUnknown`.
    """
    if settings.database_url is None and not settings.database_file.exists():  # opening it would make an empty one
        raise NotInstalled(path=settings.data_dir)
    require_private(settings)
    keyring = keyring_of(settings)
    url = settings.database_url.get_secret_value() if settings.database_url else None
    database = open_database(url, settings.database_file, keyring.database_key)
    try:
        require_newest(database)
        require_own_key(database, keyring, settings.key_file)
        store = LocalStore(settings.blobs)
        store.clear_unfinished()
        with DecodePool(settings) as decoder:
            yield Context(settings, keyring, database, store, decoder)
    finally:
        database.close()
