"""A case worker's cases, references and searches."""

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from homeward_client.transport import Json, Transport


class Cases:
    """Open cases, add references, search approved cases."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def open(self, **details: Any) -> Json:
        return self._transport.post("/v1/cases", details)

    def all(self) -> list[Json]:
        return list(self._transport.items("/v1/cases"))

    def get(self, case_id: UUID | str) -> Json:
        return self._transport.get(f"/v1/cases/{case_id}")

    def change(self, case_id: UUID | str, **details: Any) -> Json:
        return self._transport.patch(f"/v1/cases/{case_id}", details)

    def close(self, case_id: UUID | str, reason: str) -> Json:
        return self._transport.post(f"/v1/cases/{case_id}/close", {"reason": reason})

    def add_reference(
        self, case_id: UUID | str, file: Path, *, taken_on: date | None = None, age_years: float | None = None
    ) -> Json:
        """Add a parent's photo. Its state says whether a face must still be chosen."""
        given = {"taken_on": taken_on.isoformat() if taken_on else None, "age_years": age_years}
        fields = {name: str(value) for name, value in given.items() if value is not None}
        return self._transport.send_file(
            f"/v1/cases/{case_id}/references", "reference", file.read_bytes(), fields, self._transport.new_key()
        )

    def references(self, case_id: UUID | str) -> list[Json]:
        return list(self._transport.items(f"/v1/cases/{case_id}/references"))

    def choose_face(self, case_id: UUID | str, reference_id: UUID | str, face: int) -> Json:
        return self._transport.patch(f"/v1/cases/{case_id}/references/{reference_id}", {"face": face})

    def remove_reference(self, case_id: UUID | str, reference_id: UUID | str) -> None:
        self._transport.delete(f"/v1/cases/{case_id}/references/{reference_id}")

    def search(self, case_id: UUID | str, reason: str) -> Json:
        """Search an approved case: the candidates, ranked, and how far the list can be trusted."""
        return self._transport.post(f"/v1/cases/{case_id}/searches", {"reason": reason})

    def searches(self, case_id: UUID | str) -> list[Json]:
        return list(self._transport.items(f"/v1/cases/{case_id}/searches"))

    def candidates(self, case_id: UUID | str) -> list[Json]:
        return list(self._transport.items(f"/v1/cases/{case_id}/candidates"))
