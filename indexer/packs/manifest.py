"""What was recorded of a pack when it was first installed, and is checked at every load since."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from indexer.errors import PackDamaged, PackMissing, PackUnreadable
from indexer.packs.identity import file_digest

FILE = "pack.json"
FOREIGN = "manifest.json"  # insightface.model_zoo.package_manifest's own


@dataclass(frozen=True)
class Manifest:
    """``files``: SHA-256 (hex) by name. ``accepted_at``: when someone here accepted the licence, in UTC."""

    name: str
    licence: str
    accepted_at: str
    source: str
    files: dict[str, str]


def record(directory: Path, name: str, licence: str, source: str) -> Manifest:
    """Write down the digests of every model in ``directory``."""
    digests = {file.name: file_digest(file) for file in sorted(directory.glob("*.onnx"))}
    made = Manifest(name, licence, datetime.now(UTC).isoformat(timespec="seconds"), source, digests)
    (directory / FILE).write_text(json.dumps(asdict(made), indent=1))
    return made


def is_recorded(directory: Path) -> bool:
    return (directory / FILE).is_file()


def verified(directory: Path, name: str) -> Manifest:
    """The manifest, once every file has the digest it records and no file is new. `PackMissing`, `PackDamaged`."""
    if not is_recorded(directory):
        raise PackMissing(pack=name, path=directory)
    try:
        recorded = Manifest(**json.loads((directory / FILE).read_text()))
        files = dict(recorded.files)
    except (OSError, ValueError, TypeError) as error:
        raise _damaged(FILE, name, "unreadable", "the record of an installation") from error
    present = {file.name for file in directory.glob("*.onnx")}
    for file in sorted(present | files.keys()):
        found = file_digest(directory / file) if file in present else "missing"
        if found != files.get(file):
            raise _damaged(file, name, found, files.get(file, "no such file"))
    return recorded


def require_none_foreign(names: Iterable[str], pack: str) -> None:
    """`PackUnreadable`: InsightFace's manifest brings preprocessing that neither our record nor the id covers."""
    if FOREIGN in names:
        reason = "it makes this a package of InsightFace's newer kind, which Homeward does not read"
        raise PackUnreadable(file=FOREIGN, pack=pack, reason=reason)


def _damaged(file: str, name: str, found: str, expected: str) -> PackDamaged:
    remedy = f"run `homeward packs install {name} --accept-license` to install it again"
    return PackDamaged(file=file, pack=name, found=found, expected=expected, remedy=remedy)
