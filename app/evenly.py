"""Answers that come at even steps of time, so that a clock does not tell what kind of work was behind them."""

import time
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends

EVERY_SECONDS = 0.2
"""Making a seeded pair, or its face poor, takes some 20 ms more than a real one (`python -m benchmarks review`)."""


def evenly() -> Iterator[None]:
    """Hold the answer until the next step since the work began. Nothing is held up but whoever asked."""
    began = time.monotonic()
    try:
        yield
    finally:
        if EVERY_SECONDS:
            time.sleep(-(time.monotonic() - began) % EVERY_SECONDS)


Evenly = Annotated[None, Depends(evenly, scope="function")]
"""The first parameter of a route: so it is the last to end, when the session has committed."""
