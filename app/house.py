"""The running service: the indexer's context, its own settings, and its own copy of the gallery."""

from dataclasses import dataclass

from indexer.gallery.follower import GalleryFollower

from app.settings import ServiceSettings
from indexer.context import Context


@dataclass
class House:
    """``follower`` holds the gallery this service searches; it follows the database."""

    settings: ServiceSettings
    context: Context
    follower: GalleryFollower
