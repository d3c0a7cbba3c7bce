"""From one stored photo to its faces, in five small steps: decode, find faces, assess quality, store crops, embed.

Nothing here is recorded; `indexer.attempt` records it all in one transaction.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from indexer.context import Context
from indexer.images import CutFace, decode_crop, encode_crop, face_crop, touches
from indexer.packs.base import FaceCrop, FoundFace, Pack, Pixels, Templates
from indexer.quality import FaceQuality, QualityClass, assess
from indexer.sealed_records import about_crop, about_photo, new_crop_blob
from indexer.sealing import seal, unseal

NO_FACE = "no_face"
FACES_TRUNCATED = "faces_truncated"
LOW_QUALITY = "low_quality"


@dataclass(frozen=True)
class AssessedFace:
    """A face, how good it is, and the crop that was cut of it: ``jpeg`` is what is stored, sealed, as ``blob_name``."""

    found: FoundFace
    quality: FaceQuality
    cut: CutFace
    jpeg: bytes
    blob_name: str


@dataclass(frozen=True)
class WorkedPhoto:
    """Everything that is to be recorded of a photo; ``templates`` has one row per face, in order."""

    faces: list[AssessedFace]
    templates: Templates
    reason: str | None


def work_photo(
    context: Context, photo_id: UUID, blob_name: str, key: bytes, announce: Callable[[Sequence[str]], None]
) -> WorkedPhoto:
    """All five steps. ``announce`` is told the names of the crops before the first is stored.

    The photo's own faults: the classes of `ImageRefused`, `BlobMissing`, `SealBroken`.
    """
    pack = context.pack
    picture = decode(context, photo_id, blob_name, key)
    found, truncated = find_faces(pack, picture, context.settings.max_faces_per_photo)
    faces = [assess_face(pack, picture, face, new_crop_blob(photo_id)) for face in found]
    if faces:
        announce([face.blob_name for face in faces])
    store_crops(context, faces, key)
    return WorkedPhoto(faces, embed(pack, faces), _reason(faces, truncated))


def decode(context: Context, photo_id: UUID, blob_name: str, key: bytes) -> Pixels:
    jpeg = unseal(key, context.store.get(blob_name), about_photo(photo_id))
    return context.decoder.pixels(jpeg)


def find_faces(pack: Pack, picture: Pixels, most: int) -> tuple[list[FoundFace], bool]:
    """The ``most`` strongest faces, and whether there were more. `PackFailed`.

    A detector may put a box beside the picture: what has no pixel of it is no face.
    """
    found = [face for face in pack.find(picture) if touches(face.box, picture)]
    return found[:most], len(found) > most


def assess_face(pack: Pack, picture: Pixels, face: FoundFace, blob_name: str) -> AssessedFace:
    """Measure a face and cut it out; its crop will be stored as ``blob_name``."""
    cut = face_crop(picture, face.box, face.landmarks)
    quality = assess(picture, face, pack.info)
    return AssessedFace(face, quality, cut, encode_crop(cut.pixels), blob_name)


def store_crops(context: Context, faces: Sequence[AssessedFace], key: bytes) -> None:
    for face in faces:
        context.store.put(face.blob_name, seal(key, face.jpeg, about_crop(face.blob_name)))


def embed(pack: Pack, faces: Sequence[AssessedFace]) -> Templates:
    return pack.embed(stored_crops(faces))


def stored_crops(faces: Sequence[AssessedFace]) -> list[FaceCrop]:
    """The crops as they are stored, so that embedding them again later gives the same templates."""
    return [FaceCrop(decode_crop(face.jpeg), face.cut.landmarks) for face in faces]


def _reason(faces: Sequence[AssessedFace], truncated: bool) -> str | None:
    if not faces:
        return NO_FACE
    if truncated:
        return FACES_TRUNCATED
    if all(face.quality.quality_class is not QualityClass.GOOD for face in faces):
        return LOW_QUALITY
    return None
