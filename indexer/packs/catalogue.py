"""The packs known here, and the one place that chooses between them."""

import re
from dataclasses import dataclass
from pathlib import Path

from indexer.errors import PackMissing, PackNameUnknown
from indexer.packs import manifest
from indexer.packs.base import Pack
from indexer.packs.manifest import Manifest
from indexer.settings import IndexerSettings

INSIGHTFACE_LICENCE = (
    "InsightFace's model licence: the weights are for non-commercial research purposes only. "
    "Ask insightface.ai for other uses before you deploy them."
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")  # it becomes the name of a folder
OWN_LICENCE = "As stated by whoever gave you this pack. Read it before you deploy it."


@dataclass(frozen=True)
class KnownPack:
    """A pack this program can name before it is installed."""

    name: str
    licence: str
    about: str
    url: str | None = None  # where `install` fetches it from, when no --from is given


KNOWN = {
    pack.name: pack
    for pack in (
        KnownPack("open", "CC0-1.0 (public domain)", "dlib's networks; comes with Homeward; weak on children"),
        KnownPack(
            "buffalo_l",
            INSIGHTFACE_LICENCE,
            "InsightFace; recommended for a real deployment, if its licence allows yours",
            "https://github.com/deepinsight/insightface/releases/download/model-zoo/buffalo_l.zip",
        ),
    )
}


def known(name: str) -> KnownPack:
    """What is known of ``name``; an operator's own pack may have any plain name. `PackNameUnknown`."""
    if not _NAME.fullmatch(name):
        raise PackNameUnknown(pack=name)
    return KNOWN.get(name) or KnownPack(name, OWN_LICENCE, "your own pack")


def load_pack(settings: IndexerSettings) -> Pack:
    """The pack the settings name, its files' digests checked. Every `PackError`."""
    name, directory = settings.pack, settings.packs / settings.pack
    match name:
        case "open":
            from indexer.packs.open_conversion import convert, source_directory
            from indexer.packs.open_pack import OpenPack

            convert(source_directory(), directory)
            return OpenPack.load(directory, settings.providers, settings.inference_threads, settings.detection_side_px)
        case _:
            return _load_insightface(name, directory, settings)


def require_pack(settings: IndexerSettings) -> None:
    """The pack the settings name is here and its files are as recorded; it is not loaded. Every `PackError`."""
    name, directory = settings.pack, settings.packs / settings.pack
    if name == "open":
        from indexer.packs.open_conversion import source_directory

        source_directory()
    else:
        _recorded(name, directory)


def _recorded(name: str, directory: Path) -> Manifest:
    if known(name).name not in KNOWN and not directory.is_dir():
        raise PackNameUnknown(pack=name)
    if not directory.is_dir():
        raise PackMissing(pack=name, path=directory)
    return manifest.verified(directory, name)


def _load_insightface(name: str, directory: Path, settings: IndexerSettings) -> Pack:
    recorded = _recorded(name, directory)
    from indexer.packs.insightface_pack import InsightFacePack

    return InsightFacePack.load(
        directory,
        name,
        recorded.licence,
        settings.providers,
        settings.inference_threads,
        settings.detection_side_px,
    )


def installed(settings: IndexerSettings) -> list[str]:
    """Names of the packs that are here; `open` always is, its source comes with Homeward."""
    folder = settings.packs
    here = folder.iterdir() if folder.is_dir() else ()
    found = {path.name for path in here if _NAME.fullmatch(path.name) and manifest.is_recorded(path)}
    return sorted(found | {"open"})


def verify_pack(settings: IndexerSettings, name: str) -> None:
    """Check every file of an installed pack against its recorded digest, and that it loads. Every `PackError`."""
    load_pack(settings.model_copy(update={"pack": name}))
