"""A reviewer's work: one assignment at a time."""

from collections.abc import Mapping
from uuid import UUID

from homeward_client.transport import Json, Transport


class Review:
    """Take the next assignment, look at its faces, answer once."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def next(self) -> Json:
        """The open assignment, or a new one. `Refused` with `nothing_to_review` when there is none."""
        return self._transport.post("/v1/review/assignments")

    def get(self, assignment_id: UUID | str) -> Json:
        return self._transport.get(f"/v1/review/assignments/{assignment_id}")

    def face(self, assignment_id: UUID | str, number: int) -> bytes:
        """A face crop, JPEG."""
        return self._transport.picture(f"/v1/review/assignments/{assignment_id}/faces/{number}")

    def answer(
        self, assignment_id: UUID | str, answer: int, features: Mapping[str, int] | None = None, comment: str = ""
    ) -> Json:
        """Lock an answer, -2 different ... +2 same."""
        return self._answer(assignment_id, {"answer": answer, "features": dict(features or {}), "comment": comment})

    def cannot_say(self, assignment_id: UUID | str) -> Json:
        return self._answer(assignment_id, {"cannot_say": True})

    def know_child(self, assignment_id: UUID | str) -> Json:
        return self._answer(assignment_id, {"know_child": True})

    def _answer(self, assignment_id: UUID | str, body: Json) -> Json:
        return self._transport.post(f"/v1/review/assignments/{assignment_id}/answer", body)
