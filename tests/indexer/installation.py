"""An installation as commands find it: a key file, a migrated database, a pack, and the environment that names them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr
from typer.testing import CliRunner

from indexer.cli import indexer_commands
from indexer.context import Context
from indexer.decode_pool import DecodePool
from indexer.keyring import KeyRing
from indexer.packs.base import Pack
from indexer.settings import IndexerSettings
from indexer.storage import LocalStore
from models.migrations.upgrade import upgrade
from models.session import open_database


@dataclass
class Installation:
    """``context`` is the test's own view of it; `run` and `start` are what an operator does."""

    context: Context
    environment: dict[str, str]

    def start(self, *arguments: str, **settings: object) -> subprocess.Popen[str]:
        """`python -m indexer ARGUMENTS`; ``settings`` by their names."""
        more = {f"HOMEWARD_{name.upper()}": str(value) for name, value in settings.items()}
        return subprocess.Popen(
            [sys.executable, "-m", "indexer", *arguments],
            env=self.environment | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **settings: object) -> tuple[int, str, str]:
        """The same within this process, which is faster: exit status, standard output, standard error."""
        more = {f"HOMEWARD_{name.upper()}": str(value) for name, value in settings.items()}
        commands = indexer_commands(IndexerSettings)
        result = CliRunner(env=self.environment | more).invoke(commands, arguments)
        return result.exit_code, result.stdout, result.stderr


@contextmanager
def installation(
    folder: Path, pack: Pack, packs_folder: Path, decode_pool: DecodePool, url: str | None = None
) -> Iterator[Installation]:
    """On SQLite, or on the migrated PostgreSQL at ``url``."""
    settings = IndexerSettings(
        data_dir=folder / "data",
        key_file=folder / "keys" / "master.key",
        pack_dir=packs_folder,
        database_url=SecretStr(url) if url else None,
    )
    settings.data_dir.mkdir(mode=0o700, parents=True)
    keyring = KeyRing.create(settings.key_file)
    database = open_database(url, settings.database_file, keyring.database_key)
    upgrade(database)
    for made in settings.data_dir.iterdir():
        made.chmod(0o600)  # as under the umask that `homeward` sets
    context = Context(settings, keyring, database, LocalStore(settings.blobs), decode_pool)
    context.__dict__["_pack"] = pack
    named = {"DATA_DIR": settings.data_dir, "KEY_FILE": settings.key_file, "PACK_DIR": packs_folder}
    named |= {"DATABASE_URL": url} if url else {}
    plain = {name: value for name, value in os.environ.items() if not name.startswith("HOMEWARD_")}
    yield Installation(context, plain | {f"HOMEWARD_{name}": str(value) for name, value in named.items()})
    database.close()
