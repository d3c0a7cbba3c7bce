"""An admin's work: invitations, accounts, keys, numbers. No face, no case, no place."""

from uuid import UUID

from homeward_client.transport import Json, Transport


class Administration:
    """What an admin, and for `audit` an auditor, may ask."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def invite(self, role: str, note: str = "") -> Json:
        """A one-time invitation; its token is in this answer and nowhere else."""
        return self._transport.post("/v1/invitations", {"role": role, "note": note})

    def invitations(self) -> list[Json]:
        return list(self._transport.items("/v1/invitations"))

    def revoke_invitation(self, invitation_id: UUID | str) -> None:
        self._transport.delete(f"/v1/invitations/{invitation_id}")

    def users(self) -> list[Json]:
        return list(self._transport.items("/v1/users"))

    def disable_user(self, user_id: UUID | str) -> None:
        self._transport.delete(f"/v1/users/{user_id}")

    def make_key(self, user_id: UUID | str) -> Json:
        """A new key for a volunteer; it is in this answer and nowhere else."""
        return self._transport.post("/v1/keys", {"user_id": str(user_id)})

    def keys(self) -> list[Json]:
        return list(self._transport.items("/v1/keys"))

    def revoke_key(self, key_id: UUID | str) -> None:
        self._transport.delete(f"/v1/keys/{key_id}")

    def stats(self) -> Json:
        return self._transport.get("/v1/stats")

    def gallery(self) -> Json:
        return self._transport.get("/v1/gallery")

    def packs(self) -> list[Json]:
        return list(self._transport.items("/v1/packs"))

    def propose_erasure(self, photo_id: UUID | str, reason: str) -> Json:
        return self._transport.post("/v1/erasures", {"photo_id": str(photo_id), "reason": reason})

    def audit(self) -> list[Json]:
        return list(self._transport.items("/v1/audit"))
