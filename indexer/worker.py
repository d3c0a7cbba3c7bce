"""The ingestion job: claim photos, work on them one after the other, leave nothing half done.

Whatever happens to this process, the records say what to do next; the worker itself remembers nothing.
"""

import time
from collections import Counter
from threading import Event
from uuid import UUID

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from indexer.anchors import AnchorKeeper
from indexer.attempt import Outcome, Result, attempt
from indexer.claims import Claim, claim_batch, give_back, is_any_waiting, reclaim_expired
from indexer.cohorts.keeper import CohortKeeper
from indexer.context import Context
from indexer.discards import sweep_discarded
from indexer.errors import DecoderUnavailable, PackFailed, StorageError
from indexer.gallery.lazy import LazyGallery
from indexer.linking.keeper import LinkKeeper
from indexer.logs import get_log
from indexer.messages.sender import MessageSender
from indexer.pack_records import record_pack
from indexer.retention_keeper import RetentionKeeper
from indexer.standing.keeper import StandingKeeper
from indexer.volume import VolumeKeeper
from models.errors import HomewardError

MACHINES_FAULT = (OperationalError, InterfaceError, PoolExhausted, StorageError, DecoderUnavailable)
"""Errors that another photo would meet as well: the database or the storage is away, or full."""
LONGEST_WAIT_SECONDS = 60.0
PACK_FAILURES = 10
"""A pack that fails on so many different photos in a row is itself at fault: the worker stops, charging no more."""
TRIES_ONCE = 5
"""With `once` nobody waits for a machine to be mended: after so many troubles in a row the command fails."""


class Worker:
    """One worker. ``stopping`` may be set from a signal handler: the photo under way is finished, the rest released."""

    def __init__(self, context: Context, stopping: Event) -> None:
        self._context = context
        self._stopping = stopping
        self._claims: list[Claim] = []
        self._troubles = 0
        self._charged: set[UUID] = set()
        self._cohorts = CohortKeeper(context)
        self._gallery = LazyGallery(context)
        links, standing = LinkKeeper(context, self._gallery), StandingKeeper(context, self._gallery)
        others = MessageSender(context), VolumeKeeper(context), AnchorKeeper(context), RetentionKeeper(context)
        self._keepers = (links, self._cohorts, standing, *others)
        self._log = get_log()

    def run(self, once: bool = False) -> Counter[Outcome]:
        """Work until stopped, or with ``once`` until no photo waits; how many attempts ended how.

        `PackError` before anything is claimed; `PackFailed` when the pack fails on every photo. With ``once`` the
        machine's faults, when they do not pass.
        """
        info = self._context.pack.info
        outcomes: Counter[Outcome] = Counter()
        self._log.info("worker_started", pack=info.id)
        recorded = False
        while not self._stopping.is_set():
            try:
                if not recorded:
                    self._record_pack()
                    recorded = True
                worked = self._round(outcomes)
                self._troubles = 0
            except MACHINES_FAULT as error:
                self._wait_out(error, once)
                continue
            if not worked and self._is_over(once):
                break
        self._give_back_at_the_end()
        self._log.info("worker_stopped", **{outcome.value: outcomes[outcome] for outcome in Outcome})
        return outcomes

    def _round(self, outcomes: Counter[Outcome]) -> bool:
        """Clear up, claim a batch and work on it; whether there was one."""
        self._give_back()  # what an earlier round could not give back while the database was away
        self._sweep()
        kept = [keeper.step() for keeper in self._keepers]
        if not self._is_any_waiting():  # an idle worker never takes the one writer
            return any(kept)
        self._reclaim()
        settings = self._context.settings
        with self._context.database.writing() as session:
            self._claims = claim_batch(session, settings.batch_size, settings.lease_seconds)
        batch = list(self._claims)
        for claim in batch:
            if self._stopping.is_set():
                break
            result = self._work_on(claim)
            outcomes[result.outcome] += 1
            self._claims.remove(claim)
            self._require_working_pack(claim, result)
        self._give_back()
        self._cohorts.soon()
        return bool(batch)

    def _work_on(self, claim: Claim) -> Result:
        began = time.monotonic()
        result = attempt(self._context, claim, self._claims)
        self._log.info(
            f"photo_{result.outcome}",
            photo_id=claim.photo_id,
            faces=result.faces,
            reason=result.reason,
            seconds=round(time.monotonic() - began, 3),
        )
        return result

    def _require_working_pack(self, claim: Claim, result: Result) -> None:
        """`PackFailed`."""
        if result.outcome is Outcome.DONE:
            self._charged.clear()
        elif result.outcome is Outcome.CHARGED:
            self._charged.add(claim.photo_id)
        if len(self._charged) >= PACK_FAILURES:
            self._give_back_at_the_end()
            raise PackFailed(pack=self._context.pack.info.name, kind=result.reason)

    def _is_any_waiting(self) -> bool:
        with self._context.database.reading() as session:
            return is_any_waiting(session)

    def _reclaim(self) -> None:
        with self._context.database.writing() as session:
            left = reclaim_expired(session)
        if left.charged or left.released:
            self._log.warning("leases_expired", charged=left.charged, failed=left.failed, released=left.released)

    def _sweep(self) -> None:
        swept = sweep_discarded(self._context)
        if swept:
            self._log.info("discarded_swept", swept=swept)

    def _give_back(self) -> None:
        if self._claims:
            with self._context.database.writing() as session:
                give_back(session, self._claims)
            self._claims.clear()

    def _give_back_at_the_end(self) -> None:
        try:
            self._give_back()
        except MACHINES_FAULT as error:  # the leases end by themselves
            self._log.warning("release_failed", code=_code(error))

    def _record_pack(self) -> None:
        with self._context.database.writing() as session:
            record_pack(session, self._context.pack.info)

    def _wait_out(self, error: Exception, once: bool) -> None:
        self._troubles += 1
        self._log.error("machine_trouble", code=_code(error), tries=self._troubles)
        self._give_back_at_the_end()
        if once and self._troubles >= TRIES_ONCE:
            raise error
        poll = self._context.settings.poll_seconds
        self._stopping.wait(min(poll * 2**self._troubles, LONGEST_WAIT_SECONDS))

    def _is_over(self, once: bool) -> bool:
        """Nothing was claimed: wait a little. Photos in others' hands still count, for their worker may be dead."""
        if once and not self._is_any_waiting():
            return True
        self._stopping.wait(self._context.settings.poll_seconds)
        return False


def _code(error: Exception) -> str:
    return error.code if isinstance(error, HomewardError) else type(error).__name__
