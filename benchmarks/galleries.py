"""An exact search of 60,000 templates, numpy beside FAISS, and the snapshot of them."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.timing import milliseconds
from indexer.gallery.exact import ExactGallery
from indexer.gallery.faiss_gallery import FaissGallery
from indexer.gallery.snapshot import read_snapshot, write_snapshot

FACES = 60_000
KEY = bytes(32)


def measure() -> None:
    for dimension in (128, 512):
        rng = np.random.default_rng(dimension)
        templates = rng.standard_normal((FACES, dimension), dtype=np.float32)
        templates /= np.linalg.norm(templates, axis=1, keepdims=True)
        _searches(dimension, templates)


def _searches(dimension: int, templates: np.ndarray) -> None:
    ids = np.arange(1, FACES + 1, dtype=np.int64)
    plain, fast = ExactGallery("bench", dimension), FaissGallery("bench", dimension)
    plain.add(ids, templates)
    fast.add(ids, templates)
    probe = templates[:1]
    slow_ms = milliseconds(lambda: plain.search(probe, 50))
    fast_ms = milliseconds(lambda: fast.search(probe, 50))
    print(f"{FACES} x {dimension}: one search, first 50: numpy {slow_ms:.1f} ms, FAISS {fast_ms:.1f} ms")
    with TemporaryDirectory() as folder:
        write_ms = milliseconds(lambda: write_snapshot(Path(folder), fast, FACES, KEY), runs=3)
        read_ms = milliseconds(lambda: read_snapshot(Path(folder), "bench", dimension, KEY), runs=3)
    print(f"{FACES} x {dimension}: snapshot written and verified in {write_ms:.0f} ms, read in {read_ms:.0f} ms")
