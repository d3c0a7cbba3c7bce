"""Sentences of the lower layers that pages show, to be translated like the pages' own."""

from collections.abc import Iterator

from app.pages.ways import N_
from app.services.cases import WANTS_DATES, WANTS_REFERENCES
from app.services.photos import FAILED, WORDS
from indexer.errors import GalleryNotReady
from indexer.quality import QualityReason

TROUBLES = (
    N_("The service cannot do this now; its operator finds out why with `homeward doctor`."),
    N_("Something unexpected went wrong, and nothing was kept; the operator finds it in the log by the request id."),
    N_("The request does not have the expected form."),
    N_("The service is busy; try again in a few seconds."),
)


def fixed_messages() -> Iterator[str]:
    yield from (reason.advice for reason in QualityReason)
    yield from (WANTS_REFERENCES, WANTS_DATES)
    yield " ".join((GalleryNotReady.__doc__ or "").split())
    yield from (*WORDS.values(), FAILED)
