"""What is known of a picture once it went the way every photo goes."""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]


@dataclass(frozen=True)
class EmbeddedFace:
    """``mirrored`` is the template of the face crop's mirror image. ``quality`` is `indexer.quality_figure`'s.

    ``enrolled``: whether the pack would let it into the gallery.
    """

    template: Vector
    mirrored: Vector
    quality: float
    enrolled: bool


@dataclass(frozen=True)
class EmbeddedPicture:
    """``digest`` is the SHA-256 (hex) of the file. Without a face, ``failure`` is an error's code or `no_face`."""

    digest: str
    faces: tuple[EmbeddedFace, ...]
    failure: str | None = None


def packed(picture: EmbeddedPicture) -> bytes:
    """Its faces as the bytes of a numpy archive."""
    file = io.BytesIO()
    faces = picture.faces
    np.savez(
        file,
        templates=np.array([face.template for face in faces], np.float32),
        mirrored=np.array([face.mirrored for face in faces], np.float32),
        qualities=np.array([face.quality for face in faces], np.float64),
        enrolled=np.array([face.enrolled for face in faces], np.bool_),
    )
    return file.getvalue()


def unpacked(digest: str, failure: str | None, data: bytes) -> EmbeddedPicture:
    """What `packed` made. ValueError, KeyError, OSError for other bytes."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        columns = [arrays[name] for name in ("templates", "mirrored", "qualities", "enrolled")]
    faces = [EmbeddedFace(one, two, float(quality), bool(in_)) for one, two, quality, in_ in zip(*columns, strict=True)]
    return EmbeddedPicture(digest, tuple(faces), failure)
