"""A supervisor's work: approve, adjudicate, release, record outcomes."""

from collections.abc import Sequence
from uuid import UUID

from homeward_client.transport import Json, Transport


class Supervision:
    """What needs a supervisor's eyes."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def approve_user(self, user_id: UUID | str) -> Json:
        return self._transport.post(f"/v1/users/{user_id}/approve")

    def case(self, case_id: UUID | str) -> Json:
        """What there is to approve; its `version` goes with the approval."""
        return self._transport.get(f"/v1/cases/{case_id}")

    def approve_case(self, case_id: UUID | str, version: str) -> Json:
        """As it was read: refused when anything in it has changed since."""
        return self._transport.post(f"/v1/cases/{case_id}/approve", {"version": version})

    def reassign_case(self, case_id: UUID | str, worker_id: UUID | str) -> Json:
        return self._transport.post(f"/v1/cases/{case_id}/reassign", {"worker_id": str(worker_id)})

    def approve_reference(self, case_id: UUID | str, reference_id: UUID | str, face: int) -> Json:
        """``face``: the number of the face that you saw chosen as the child's."""
        return self._transport.post(f"/v1/cases/{case_id}/references/{reference_id}/approve", {"face": face})

    def candidates(self, state: str) -> list[Json]:
        """Candidates in conflict, confirmed, released or concluded."""
        return list(self._transport.items("/v1/candidates", state=state))

    def face(self, candidate_id: UUID | str, number: int) -> bytes:
        """A face crop, JPEG."""
        return self._transport.picture(f"/v1/candidates/{candidate_id}/faces/{number}")

    def adjudicate(self, candidate_id: UUID | str, same: bool, reason: str) -> Json:
        return self._transport.post(f"/v1/candidates/{candidate_id}/adjudicate", {"same": same, "reason": reason})

    def release(self, candidate_id: UUID | str, authority_id: UUID | str, reason: str) -> Json:
        """Propose a release; another supervisor agrees."""
        body = {"authority_id": str(authority_id), "reason": reason}
        return self._transport.post(f"/v1/candidates/{candidate_id}/release", body)

    def agree(self, candidate_id: UUID | str, authority_id: UUID | str) -> Json:
        """Agree: the answer carries place, times and the photo (`photo_jpeg`, base 64). Until an outcome ask again."""
        return self._transport.post(f"/v1/candidates/{candidate_id}/agree", {"authority_id": str(authority_id)})

    def record_outcome(
        self, candidate_id: UUID | str, outcome: str, established_by: str, note: str = "", for_worker: str = ""
    ) -> Json:
        body = {"outcome": outcome, "established_by": established_by, "note": note, "for_worker": for_worker}
        return self._transport.post(f"/v1/candidates/{candidate_id}/outcome", body)

    def erasures(self) -> list[Json]:
        return list(self._transport.items("/v1/erasures"))

    def approve_erasure(self, erasure_id: UUID | str, faces: Sequence[int] = ()) -> Json:
        """``faces``: the numbers of the people who are to go; without, the whole photo goes."""
        return self._transport.post(f"/v1/erasures/{erasure_id}/approve", {"faces": list(faces)})

    def erasure_face(self, erasure_id: UUID | str, number: int) -> bytes:
        """One of the people in a photo that an admin proposes to erase, JPEG."""
        return self._transport.picture(f"/v1/erasures/{erasure_id}/faces/{number}")
