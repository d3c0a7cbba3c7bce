"""Packs that are unknown, missing, damaged or refused."""

from indexer.errors.base import IndexerError


class PackError(IndexerError):
    """The pack cannot be used."""


class PackNameUnknown(PackError):
    """There is no pack called {pack}; `homeward packs list` shows those known here."""


class PackMissing(PackError):
    """The pack {pack} is not installed at {path}: run `homeward packs install {pack} --accept-license`."""


class PackSourceMissing(PackError):
    """The file {file} that the pack {pack} is made from is missing; {remedy}."""


class PackSourceUnnamed(PackError):
    """Where the pack {pack} comes from is not known here: name its folder or ZIP with --from."""


class PackNotFetched(PackError):
    """The pack {pack} could not be fetched from {url}: {reason}. Fetch it elsewhere and install it with --from ZIP."""


class PackDamaged(PackError):
    """The file {file} of the pack {pack} is damaged: its SHA-256 is {found}, recorded was {expected}; {remedy}."""


class PackUnreadable(PackError):
    """The file {file} of the pack {pack} cannot be read: {reason}."""


class PackLicenceNotAccepted(PackError):
    """The pack {pack} has a licence that must be read and accepted first: add --accept-license."""


class PackNotInstalled(PackError):
    """The pack {pack} could not be written to {path}: {reason}. What was there before is unchanged."""


class PackIncomplete(PackError):
    """The folder of the pack {pack} has no {part} model; an InsightFace pack holds detection and recognition."""


class PackProviderUnavailable(PackError):
    """ONNX Runtime was asked for {wanted} but loaded {loaded}; install the right build or change the setting."""


class PackFailed(PackError):
    """The pack {pack} failed on a picture ({kind}); if it does so on each, check it with `homeward packs verify`."""
