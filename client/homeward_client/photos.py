"""A volunteer's photos."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self
from uuid import UUID

from homeward_client.transport import Json, Transport


@dataclass(frozen=True)
class PhotoStatus:
    """What the service says of one upload. ``reasons`` say in words what would make the next photo better."""

    id: UUID
    status: str
    faces_found: int | None
    reasons: tuple[str, ...]
    uploaded_at: datetime

    @classmethod
    def of(cls, answer: Json) -> Self:
        return cls(
            UUID(answer["id"]),
            answer["status"],
            answer["faces_found"],
            tuple(answer["reasons"]),
            datetime.fromisoformat(answer["uploaded_at"]),
        )


class Photos:
    """Upload photos, see what became of them, withdraw them."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def upload(
        self,
        file: Path,
        *,
        taken_at: datetime | None = None,
        latitude: float | None = None,
        longitude: float | None = None,
        place: str | None = None,
        note: str | None = None,
        source_url: str | None = None,
        apparent_age: float | None = None,
        apparent_sex: str | None = None,
    ) -> PhotoStatus:
        """Send one photo. Its key comes from its content, so sending the same photo again is harmless.

        ``apparent_age`` in years and ``apparent_sex``, female or male, are a guess at the child it is about.
        """
        given = {
            "taken_at": taken_at.isoformat() if taken_at else None,
            "latitude": latitude,
            "longitude": longitude,
            "place": place,
            "note": note,
            "source_url": source_url,
            "apparent_age": apparent_age,
            "apparent_sex": apparent_sex,
        }
        fields = {name: str(value) for name, value in given.items() if value is not None}
        content = file.read_bytes()
        # The file's own name stays here: names of files tell where and of whom.
        return PhotoStatus.of(self._transport.send_file("/v1/photos", "photo", content, fields, _key(content, fields)))

    def status(self, photo_id: UUID) -> PhotoStatus:
        return PhotoStatus.of(self._transport.get(f"/v1/photos/{photo_id}"))

    def all(self) -> Iterator[PhotoStatus]:
        """All own photos, newest first."""
        return map(PhotoStatus.of, self._transport.items("/v1/photos"))

    def withdraw(self, photo_id: UUID) -> None:
        self._transport.delete(f"/v1/photos/{photo_id}")


def _key(content: bytes, fields: dict[str, str]) -> str:
    digest = hashlib.sha256(content)
    for name, value in sorted(fields.items()):
        digest.update(f"\0{name}={value}".encode())
    return digest.hexdigest()
