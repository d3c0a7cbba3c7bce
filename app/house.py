"""The running service: the indexer's context, its own settings, and its own copy of the gallery."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import BoundedSemaphore

from app.auth.throttle import Throttle
from app.metrics import Metrics
from app.settings import ServiceSettings
from indexer.context import Context, open_context
from indexer.gallery.follower import GalleryFollower


@dataclass
class House:
    """``follower`` holds the gallery this service searches; it follows the database."""

    settings: ServiceSettings
    context: Context
    follower: GalleryFollower
    throttle: Throttle = field(default_factory=Throttle)
    metrics: Metrics = field(default_factory=Metrics)
    embedding: BoundedSemaphore = field(init=False)

    def __post_init__(self) -> None:
        """References are embedded so many at once; the others wait."""
        self.embedding = BoundedSemaphore(self.settings.embedding_at_once)


@contextmanager
def open_house(settings: ServiceSettings) -> Iterator[House]:
    """Everything the service needs, opened; its gallery loads beside it. What `open_context` raises."""
    with open_context(settings) as context, GalleryFollower(context) as follower:
        yield House(settings, context, follower)
