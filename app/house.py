"""The running service: the indexer's context, its own settings, and its own copy of the gallery."""

from dataclasses import dataclass, field

from app.auth.throttle import Throttle
from app.settings import ServiceSettings
from indexer.context import Context
from indexer.gallery.follower import GalleryFollower


@dataclass
class House:
    """``follower`` holds the gallery this service searches; it follows the database."""

    settings: ServiceSettings
    context: Context
    follower: GalleryFollower
    throttle: Throttle = field(default_factory=Throttle)
