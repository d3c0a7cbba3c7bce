"""A dataset's pictures to templates, by the very steps that photos and references go: made clean, decoded in the
limited pool, searched for faces, assessed, cut, stored as a JPEG crop, embedded from that crop.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexer.decode_pool import DecodePool
from indexer.errors import FileTooLarge, FileUnreadable, ImageRefused, PhotoRefused
from indexer.evaluation.cache import TemplateCache
from indexer.evaluation.embedded import EmbeddedFace, EmbeddedPicture
from indexer.images import decode_crop
from indexer.ingest import NO_FACE, AssessedFace, assess_face, find_faces
from indexer.packs.base import FaceCrop, FoundFace, LandmarkScheme, Pack
from indexer.packs.boxes import area
from indexer.packs.catalogue import load_pack
from indexer.quality import QualityClass
from indexer.quality_figure import quality_figure
from indexer.settings import IndexerSettings

_FILES_AT_ONCE = 32  # read, embedded and stored together: what an interruption costs
_METHOD = "1"  # of making templates here; another number makes every cached one anew
_MIRROR = {LandmarkScheme.ARCFACE: [1, 0, 2, 4, 3], LandmarkScheme.DLIB: [2, 3, 0, 1, 4]}


@dataclass(frozen=True)
class Embedder:
    """Makes templates of files with one pack."""

    settings: IndexerSettings
    pack: Pack
    decoder: DecodePool

    def method(self, *, every_face: bool) -> str:
        """What the templates of a file depend on besides its bytes."""
        faces = f"{self.settings.max_faces_per_photo} faces" if every_face else "largest face"
        return f"{_METHOD} {self.pack.info.id} {self.settings.detection_side_px} px, {faces}"

    def embed(self, data: bytes, *, every_face: bool) -> EmbeddedPicture:
        """The largest face of a picture, as its subject; or every one. A refused picture has none, and says why."""
        digest = hashlib.sha256(data).hexdigest()
        try:
            picture = self.decoder.pixels(self.decoder.decode(data).jpeg)
        except ImageRefused as error:
            return EmbeddedPicture(digest, (), error.code)
        found, _ = find_faces(self.pack, picture, self.settings.max_faces_per_photo)
        if not found:
            return EmbeddedPicture(digest, (), NO_FACE)
        chosen = found if every_face else [max(found, key=_size)]
        faces = [self._embedded(assess_face(self.pack, picture, face, "")) for face in chosen]
        return EmbeddedPicture(digest, tuple(faces))

    def _embedded(self, face: AssessedFace) -> EmbeddedFace:
        crop = FaceCrop(decode_crop(face.jpeg), face.cut.landmarks)
        template, turned = self.pack.embed([crop, mirrored(crop, self.pack)])
        enrolled = face.quality.quality_class is not QualityClass.NOT_ENROLLED
        return EmbeddedFace(template, turned, quality_figure(face.quality, self.pack.info.quality), enrolled)


def load_one_threaded(settings: IndexerSettings) -> Pack:
    """The pack with one thread for each picture: `inference_threads` pictures are worked on at once instead, which is
    about twice as fast as many threads on each. Every `PackError`.
    """
    return load_pack(settings.model_copy(update={"inference_threads": 1}))


def mirrored(crop: FaceCrop, pack: Pack) -> FaceCrop:
    """The mirror image of a crop; left and right landmarks change places."""
    points = crop.landmarks[_MIRROR[pack.info.scheme]].copy()
    points[:, 0] = crop.pixels.shape[1] - 1 - points[:, 0]
    return FaceCrop(np.ascontiguousarray(crop.pixels[:, ::-1]), points)


def embed_files(
    embedder: Embedder, files: Sequence[Path], cache_folder: Path, tell: Callable[[], None], *, every_face: bool
) -> list[EmbeddedPicture]:
    """In the order of ``files``; ``tell`` is called after each. What the cache has is not made again.

    `CacheUnusable`, `DecoderUnavailable`: what was made until then is in the cache.
    """
    method = embedder.method(every_face=every_face)
    made: list[EmbeddedPicture] = []
    with TemplateCache(cache_folder, method) as cache, ThreadPoolExecutor(embedder.settings.inference_threads) as pool:
        for start in range(0, len(files), _FILES_AT_ONCE):
            for picture in _embed_some(embedder, files[start : start + _FILES_AT_ONCE], cache, pool, every_face):
                made.append(picture)
                tell()
    return made


def _embed_some(
    embedder: Embedder, files: Sequence[Path], cache: TemplateCache, pool: Executor, every_face: bool
) -> Iterator[EmbeddedPicture]:
    """Only this thread uses the cache; the others read and embed."""

    def embed(data: bytes) -> EmbeddedPicture:
        return embedder.embed(data, every_face=every_face)

    contents = [_read(file, embedder.settings.max_upload_bytes) for file in files]
    known = [item if isinstance(item, EmbeddedPicture) else cache.get(_digest(item)) for item in contents]
    missing = [item for item, have in zip(contents, known, strict=True) if have is None and isinstance(item, bytes)]
    fresh = pool.map(embed, missing)
    for have in known:
        if have is not None:
            yield have
            continue
        picture = next(fresh)
        cache.put(picture)
        yield picture


def _read(file: Path, limit: int) -> bytes | EmbeddedPicture:
    """The file's bytes; where there are none to be had, the failure they lead to."""
    try:
        with file.open("rb") as opened:
            data = opened.read(limit + 1)
    except OSError:
        return _failed(file, FileUnreadable)
    return data if len(data) <= limit else _failed(file, FileTooLarge)


def _failed(file: Path, error: type[PhotoRefused]) -> EmbeddedPicture:
    return EmbeddedPicture(hashlib.sha256(str(file).encode()).hexdigest(), (), error.code)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _size(face: FoundFace) -> float:
    return area(face.box)
