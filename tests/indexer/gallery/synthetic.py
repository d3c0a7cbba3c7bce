"""Templates drawn from a seed: identities with several faces each, as crowded as real galleries are."""

import numpy as np
from numpy.typing import NDArray

from indexer.gallery.base import Templates


def unit(vectors: NDArray[np.floating]) -> Templates:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def strangers(count: int, dimension: int, seed: int) -> Templates:
    return unit(np.random.default_rng(seed).standard_normal((count, dimension), np.float32))


def around(centres: Templates, cosine: float, seed: int) -> Templates:
    """One template for each centre, at about this cosine to it."""
    noise = strangers(len(centres), centres.shape[1], seed)
    return unit(cosine * centres + np.sqrt(1 - cosine**2) * noise)
