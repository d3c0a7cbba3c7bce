"""What the records hold sealed, under which key, and under which words.

A photo and a case have a key of their own, wrapped by the master key: destroying the row destroys all that it sealed.
``about`` binds sealed bytes to their place, so that they cannot be moved to another record.
"""

import json
import secrets
from typing import Any, cast
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from indexer.errors import SealBroken
from indexer.keyring import KeyRing
from indexer.sealing import new_data_key, seal, unseal
from models.case import Case
from models.photo import Photo

Template = NDArray[np.float32]
_STORED = np.dtype("<f4")

# --- keys -----------------------------------------------------------------------------------------------------------


def new_photo_key(keyring: KeyRing, photo_id: UUID) -> tuple[bytes, bytes]:
    """A fresh key for one photo, and the same wrapped: what its row keeps."""
    key = new_data_key()
    return key, keyring.wrap(key, f"photo/{photo_id}")


def photo_key(keyring: KeyRing, photo: Photo) -> bytes:
    """`SealBroken`."""
    return keyring.unwrap(photo.wrapped_key, f"photo/{photo.id}")


def new_case_key(keyring: KeyRing, case_id: UUID) -> tuple[bytes, bytes]:
    """A fresh key for one case, and the same wrapped: what its row keeps."""
    key = new_data_key()
    return key, keyring.wrap(key, f"case/{case_id}")


def case_key(keyring: KeyRing, case: Case) -> bytes:
    """`SealBroken`."""
    return keyring.unwrap(case.wrapped_key, f"case/{case.id}")


def new_cohort_key(keyring: KeyRing, cohort_id: int) -> tuple[bytes, bytes]:
    """A fresh key for the pictures an operator chose, and the same wrapped: what the cohort's row keeps."""
    key = new_data_key()
    return key, keyring.wrap(key, f"cohort/{cohort_id}")


def cohort_key(keyring: KeyRing, wrapped_key: bytes, cohort_id: int) -> bytes:
    """`SealBroken`."""
    return keyring.unwrap(wrapped_key, f"cohort/{cohort_id}")


# --- where bytes lie ------------------------------------------------------------------------------------------------


def photo_blob(photo_id: UUID) -> str:
    return f"photos/{photo_id}"


def new_photo_blob(photo_id: UUID) -> str:
    """For what is left of a photo when a person in it was erased."""
    return f"photos/{photo_id}-{secrets.token_hex(8)}"


def new_crop_blob(photo_id: UUID) -> str:
    """A name nobody used: two attempts at one photo never write to the same place."""
    return f"crops/{photo_id}/{secrets.token_hex(8)}"


def reference_blob(reference_id: UUID) -> str:
    return f"references/{reference_id}"


def new_reference_crop_blob(reference_id: UUID) -> str:
    return f"reference-crops/{reference_id}/{secrets.token_hex(8)}"


# --- what sealed bytes are about ------------------------------------------------------------------------------------


def about_photo(photo_id: UUID) -> str:
    return f"photo {photo_id}"


def about_exif(photo_id: UUID) -> str:
    return f"photo exif {photo_id}"


def about_receipt(receipt_id: UUID) -> str:
    return f"receipt {receipt_id}"


def about_crop(blob_name: str) -> str:
    return f"crop {blob_name}"


def about_template(face_id: int, pack_id: str) -> str:
    return f"template {face_id} {pack_id}"


def about_case(case_id: UUID) -> str:
    return f"case details {case_id}"


def about_reference(reference_id: UUID) -> str:
    return f"reference {reference_id}"


# --- values ---------------------------------------------------------------------------------------------------------


def seal_template(key: bytes, template: Template, face_id: int, pack_id: str) -> bytes:
    """One template, shape (dimension,), as little-endian float32."""
    return seal(key, template.astype(_STORED).tobytes(), about_template(face_id, pack_id))


def unseal_template(key: bytes, sealed: bytes, face_id: int, pack_id: str) -> Template:
    """Shape (dimension,). `SealBroken`."""
    plain = unseal(key, sealed, about_template(face_id, pack_id))
    if len(plain) % _STORED.itemsize:
        raise SealBroken
    return np.frombuffer(plain, _STORED).astype(np.float32)


def seal_json(key: bytes, value: dict[str, Any], about: str) -> bytes:
    return seal(key, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), about)


def unseal_json(key: bytes, sealed: bytes, about: str) -> dict[str, Any]:
    """`SealBroken`."""
    return cast("dict[str, Any]", json.loads(unseal(key, sealed, about)))
