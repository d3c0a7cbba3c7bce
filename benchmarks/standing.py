"""A standing search: 1,000 open cases of three references each against 100 new faces, beyond embedding.

On an encrypted SQLite database and normalised against the cases' own references, as in an installation of that size:
reading and unsealing, comparing, recording candidates and alerts. And how long the other direction takes.
"""

from dataclasses import replace
from io import StringIO
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from sqlalchemy import func, select

from benchmarks.normalising import children
from indexer.cohorts.keeper import CohortKeeper
from indexer.context import Context
from indexer.decode_pool import DecodePool
from indexer.gallery.exact import ExactGallery
from indexer.gallery.lazy import LazyGallery
from indexer.keyring import KeyRing
from indexer.linking.keeper import LinkKeeper
from indexer.logs import configure_logs
from indexer.settings import IndexerSettings
from indexer.standing.keeper import REFERENCES_AT_ONCE, StandingKeeper
from indexer.standing.waiting import mark_searched, waiting_references
from indexer.storage import LocalStore
from models.migrations.upgrade import upgrade
from models.records import Candidate
from models.session import open_sqlite
from tests.indexer.worlds import PACK_ID, DrawnPack, World

CASES, REFERENCES, FACES, NEW, SEARCHED, TIMES, DIMENSION = 1_000, 3, 6_000, 100, 100, 3, 512


class _Pack(DrawnPack):
    info = replace(DrawnPack.info, dimension=DIMENSION)


def measure() -> None:
    configure_logs(StringIO())
    with TemporaryDirectory() as folder:
        settings = IndexerSettings(data_dir=Path(folder), key_file=Path(folder) / "keys" / "master.key")
        keyring = KeyRing.create(settings.key_file)
        database = open_sqlite(settings.database_file, keyring.database_key)
        upgrade(database)
        context = Context(settings, keyring, database, LocalStore(settings.blobs), DecodePool(settings))
        context.__dict__["_pack"] = _Pack()
        world = World(database, keyring)
        world.gallery = ExactGallery(PACK_ID, DIMENSION)
        _measure(context, world)
        database.close()


def _measure(context: Context, world: World) -> None:
    world.add_faces(children(FACES, DIMENSION, 1))
    for case in range(CASES):
        world.add_case(children(REFERENCES, DIMENSION, 100 + case))
    cohorts = CohortKeeper(context)
    while cohorts.step():
        pass
    _measure_references(context)
    first, later = [], []
    for each in range(TIMES):
        world.add_faces(children(NEW, DIMENSION, 5_000 + each))
        links, restarted = _keepers(context)
        first += _until_idle(links, restarted)
        world.add_faces(children(NEW, DIMENSION, 6_000 + each))
        later += _until_idle(links, restarted)
    with context.database.reading() as session:
        candidates = session.scalar(select(func.count()).select_from(Candidate))
    print(f"{CASES} cases x {REFERENCES} references x {NEW} new faces, {DIMENSION} dimensions, normalised:")
    print(f"  {median(later):.2f} s; the first step of a worker {median(first):.2f} s; {candidates} candidates in all")


def _measure_references(context: Context) -> None:
    """The first counts the threshold too; all but a few count as searched before."""
    with context.database.writing() as session:
        mark_searched(session, PACK_ID, waiting_references(session, PACK_ID)[SEARCHED:])
    steps = _until_idle(*_keepers(context))
    counted = max(steps) - median(steps)
    print(f"{SEARCHED} new references against {FACES} faces, {DIMENSION} dimensions, normalised:")
    print(
        f"  {median(steps):.2f} s for {REFERENCES_AT_ONCE}; the threshold counted in {counted:.1f} s, once in a while"
    )


def _keepers(context: Context) -> tuple[LinkKeeper, StandingKeeper]:
    gallery = LazyGallery(context)
    return LinkKeeper(context, gallery), StandingKeeper(context, gallery)


def _until_idle(links: LinkKeeper, standing: StandingKeeper) -> list[float]:
    """Seconds of each step of standing search that had something to do."""
    while links.step():
        pass
    took = []
    while True:
        started = perf_counter()
        if not standing.step():
            return took
        took.append(perf_counter() - started)
