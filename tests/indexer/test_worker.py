"""The ingestion job: what it records, whose fault an error is, and what a late or stopped worker leaves."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event

import numpy as np
import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from indexer.attempt import Outcome
from indexer.claims import claim_batch, reclaim_expired
from indexer.context import Context
from indexer.discards import sweep_discarded
from indexer.erasure import destroy_photo
from indexer.errors import PackFailed, StorageUnavailable
from indexer.images import decode_crop
from indexer.packs.base import FaceCrop, FoundFace, Pack, PackInfo, Pixels, Templates
from indexer.sealed_records import about_crop, photo_key, unseal_template
from indexer.sealing import unseal
from indexer.worker import PACK_FAILURES, TRIES_ONCE, Worker
from models.face import QualityClass
from models.photo import PhotoState
from models.records import DiscardedBlob, Face, GalleryChange, PackRecord, Photo, Receipt, Template
from models.types import now
from tests.indexer.people import count, stored, take_in, volunteer
from tests.indexer.pictures import drawn_photo, face_photo


class HookedPack:
    """The real pack, with something happening while it looks for faces."""

    def __init__(self, pack: Pack, hook: Callable[[], object], info: PackInfo | None = None) -> None:
        self._pack, self._hook = pack, hook
        self.info = info or pack.info

    def find(self, picture: Pixels) -> list[FoundFace]:
        self._hook()
        return self._pack.find(picture)

    def embed(self, crops: list[FaceCrop]) -> Templates:
        return self._pack.embed(crops)


@pytest.fixture
def context(open_context_for_tests: Context) -> Context:
    set_up(open_context_for_tests, poll_seconds=0.01)
    return open_context_for_tests


def set_up(context: Context, **settings: object) -> None:
    context.settings = context.settings.model_copy(update=settings)


def hook(context: Context, happening: Callable[[], object], info: PackInfo | None = None) -> None:
    context.__dict__["_pack"] = HookedPack(context.pack, happening, info)


def work(context: Context, stopping: Event | None = None) -> dict[Outcome, int]:
    return dict(Worker(context, stopping or Event()).run(once=True))


def photo_of(context: Context, receipt: Receipt) -> Photo:
    with context.database.reading() as session:
        return session.get_one(Photo, receipt.photo_id)


def faces_of(context: Context, receipt: Receipt) -> list[Face]:
    with context.database.reading() as session:
        return list(session.scalars(select(Face).where(Face.photo_id == receipt.photo_id).order_by(Face.number)))


def pass_time(context: Context) -> None:
    """Every lease ends, and whatever waits to be cleared is due."""
    past = datetime(2001, 1, 1, tzinfo=UTC)
    with context.database.writing() as session:
        for photo in session.scalars(select(Photo).where(Photo.state == PhotoState.CLAIMED)):
            photo.renew(past)
        for blob in session.scalars(select(DiscardedBlob)):
            blob.at = past


def test_photos_become_faces_templates_and_gallery_changes(context: Context):
    actor = volunteer(context)
    one, two, none = (take_in(context, actor, data) for data in (face_photo(1), face_photo(2, faces=2), drawn_photo()))
    assert work(context) == {Outcome.DONE: 3}
    assert [(photo_of(context, each).state, photo_of(context, each).faces_found) for each in (one, two, none)] == [
        ("done", 1),
        ("done", 2),
        ("done", 0),
    ]
    assert photo_of(context, none).reason == "no_face"
    faces = faces_of(context, one) + faces_of(context, two)
    assert [face.number for face in faces] == [0, 0, 1]
    assert stored(context) == {face.crop_blob_name for face in faces} | {
        photo_of(context, each).blob_name for each in (one, two, none)
    }
    with context.database.reading() as session:
        changes = session.scalars(select(GalleryChange).order_by(GalleryChange.number)).all()
        assert session.get_one(PackRecord, context.pack.info.id).dimension == 128
    assert [(change.number, change.face_id) for change in changes] == [(i + 1, f.id) for i, f in enumerate(faces)]
    assert count(context, DiscardedBlob) == 0


def test_a_template_is_what_its_stored_crop_gives_again(context: Context):
    receipt = take_in(context, volunteer(context), face_photo(1))
    work(context)
    (face,) = faces_of(context, receipt)
    with context.database.reading() as session:
        key = photo_key(context.keyring, session.get_one(Photo, receipt.photo_id))
        sealed = session.get_one(Template, (face.id, context.pack.info.id)).sealed
    template = unseal_template(key, sealed, face.id, context.pack.info.id)
    crop = decode_crop(unseal(key, context.store.get(face.crop_blob_name), about_crop(face.crop_blob_name)))
    again = context.pack.embed([FaceCrop(crop, np.array(face.landmarks, np.float32))])[0]
    np.testing.assert_allclose(template, again, atol=1e-6)
    assert abs(float(np.linalg.norm(template)) - 1) < 1e-5


def test_only_the_strongest_faces_of_a_crowd_are_kept_and_it_is_said(context: Context):
    set_up(context, max_faces_per_photo=1)
    receipt = take_in(context, volunteer(context), face_photo(2, faces=2))
    work(context)
    photo = photo_of(context, receipt)
    assert (photo.faces_found, photo.reason, len(faces_of(context, receipt))) == (1, "faces_truncated", 1)


def test_a_face_too_poor_to_enrol_is_kept_but_in_no_gallery(context: Context):
    info = context.pack.info
    hook(context, lambda: None, replace(info, quality=replace(info.quality, enrol_inter_eye_px=1000)))
    receipt = take_in(context, volunteer(context), face_photo(1))
    work(context)
    (face,) = faces_of(context, receipt)
    assert face.quality_class is QualityClass.NOT_ENROLLED
    assert "too_small" in face.quality["reasons"]
    assert photo_of(context, receipt).reason == "low_quality"
    assert (count(context, Template), count(context, GalleryChange)) == (1, 0)


def test_a_photo_that_cannot_be_read_fails_with_its_reason_and_holds_up_nobody(context: Context):
    actor = volunteer(context)
    missing, broken, good = (take_in(context, actor, drawn_photo(seed)) for seed in range(3))
    context.store.delete(photo_of(context, missing).blob_name)
    name = photo_of(context, broken).blob_name
    context.store.put(name, context.store.get(name)[:-1] + b"?")
    assert work(context) == {Outcome.FAILED: 2, Outcome.DONE: 1}
    assert [(photo_of(context, each).state, photo_of(context, each).reason) for each in (missing, broken, good)] == [
        ("failed", "blob_missing"),
        ("failed", "seal_broken"),
        ("done", "no_face"),
    ]


def test_a_passing_trouble_of_the_machine_costs_the_photo_nothing(context: Context, monkeypatch: pytest.MonkeyPatch):
    receipt = take_in(context, volunteer(context), drawn_photo())
    get, troubles = context.store.get, iter([True, True, False])

    def flaky(name: str) -> bytes:
        if next(troubles):
            raise StorageUnavailable(reason="the network folder is away")
        return get(name)

    monkeypatch.setattr(context.store, "get", flaky)
    assert work(context) == {Outcome.DONE: 1}
    photo = photo_of(context, receipt)
    assert (photo.state, photo.crashes, photo.alone) == ("done", 0, False)


def test_a_lasting_trouble_ends_the_command_and_leaves_the_photo_waiting(
    context: Context, monkeypatch: pytest.MonkeyPatch
):
    receipt, tries = take_in(context, volunteer(context), drawn_photo()), []

    def away(name: str) -> bytes:
        tries.append(name)
        raise StorageUnavailable(reason="the network folder is away")

    monkeypatch.setattr(context.store, "get", away)
    with pytest.raises(StorageUnavailable):
        work(context)
    photo = photo_of(context, receipt)
    assert (photo.state, photo.crashes, photo.alone, photo.leased_until) == ("pending", 0, False, None)
    assert len(tries) == TRIES_ONCE


def test_a_late_worker_writes_nothing(context: Context):
    receipt = take_in(context, volunteer(context), face_photo(1))

    def another_takes_it() -> None:
        pass_time(context)
        with context.database.writing() as session:
            reclaim_expired(session)
            assert len(claim_batch(session, 8, 60)) == 1

    hook(context, another_takes_it)
    outcomes: Counter[Outcome] = Counter()
    Worker(context, Event())._round(outcomes)
    assert outcomes == {Outcome.LOST: 1}
    assert photo_of(context, receipt).state is PhotoState.CLAIMED
    assert [count(context, record) for record in (Face, Template, GalleryChange)] == [0, 0, 0]
    pass_time(context)
    sweep_discarded(context)
    assert stored(context) == {photo_of(context, receipt).blob_name}


def test_a_photo_erased_while_it_is_worked_on_stays_erased(context: Context):
    receipt = take_in(context, volunteer(context), face_photo(1))

    def erase() -> None:
        with context.database.writing() as session:
            destroy_photo(session, session.get_one(Photo, receipt.photo_id), keep_away=True)

    hook(context, erase)
    assert work(context) == {Outcome.LOST: 1}
    assert [count(context, record) for record in (Photo, Face, Template, GalleryChange)] == [0, 0, 0, 0]
    pass_time(context)
    sweep_discarded(context)
    assert stored(context) == set()


def test_a_lease_is_renewed_for_as_long_as_its_photo_takes(context: Context):
    set_up(context, lease_seconds=0.6)
    take_in(context, volunteer(context), face_photo(1))
    reclaimed = []

    def take_long() -> None:
        Event().wait(1.5)
        with context.database.writing() as session:
            reclaimed.append(reclaim_expired(session))

    hook(context, take_long)
    assert work(context) == {Outcome.DONE: 1}
    assert [(each.charged, each.released) for each in reclaimed] == [(0, 0)]


def test_a_stopped_worker_finishes_its_photo_and_gives_the_rest_back_uncharged(context: Context):
    actor, stopping = volunteer(context), Event()
    receipts = [take_in(context, actor, face_photo(seed)) for seed in range(3)]
    hook(context, stopping.set)
    assert work(context, stopping) == {Outcome.DONE: 1}
    photos = [photo_of(context, receipt) for receipt in receipts]
    assert [photo.state for photo in photos] == ["done", "pending", "pending"]
    assert [(photo.leased_until, photo.alone, photo.crashes) for photo in photos] == [(None, False, 0)] * 3


def test_once_waits_for_what_a_dead_worker_still_holds(context: Context):
    receipt = take_in(context, volunteer(context), drawn_photo())
    with context.database.writing() as session:
        claim_batch(session, 8, 0.5)
    began = now()
    assert work(context) == {Outcome.DONE: 1}
    assert now() - began >= timedelta(seconds=0.4)
    assert photo_of(context, receipt).alone is False


def test_a_worker_that_dies_of_a_photo_leaves_it_charged_and_the_rest_untouched(context: Context):
    actor = volunteer(context)
    receipts = [take_in(context, actor, drawn_photo(seed)) for seed in range(2)]
    pack = context.pack
    hook(context, lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        work(context)
    pass_time(context)
    context.__dict__["_pack"] = pack
    with context.database.writing() as session:
        reclaim_expired(session)
    assert [photo_of(context, receipt).alone for receipt in receipts] == [True, False]
    assert work(context) == {Outcome.DONE: 2}


def test_logs_hold_ids_counts_and_codes_only(context: Context):
    receipt = take_in(context, volunteer(context), face_photo(1), place="PLACE-MARKER", note="NOTE-MARKER")
    with capture_logs() as logs:
        work(context)
    (done,) = [entry for entry in logs if entry["event"] == "photo_done"]
    assert (done["photo_id"], done["faces"]) == (receipt.photo_id, 1)
    assert "MARKER" not in str(logs)


def failing(context: Context, times: int) -> list[int]:
    """The pack fails so many times, then works; how often it was asked is in the list."""
    asked = [0]

    def fail() -> None:
        asked[0] += 1
        if asked[0] <= times:
            raise PackFailed(pack="open", kind="RuntimeException")

    hook(context, fail)
    return asked


def test_a_photo_the_pack_fails_on_is_tried_alone_and_the_others_go_on(context: Context):
    actor = volunteer(context)
    bad = take_in(context, actor, face_photo(1))
    good = take_in(context, actor, drawn_photo(2))
    asked = failing(context, 1)
    assert work(context) == {Outcome.CHARGED: 1, Outcome.DONE: 2}
    assert asked == [3]
    assert (photo_of(context, bad).state, photo_of(context, bad).faces_found) == ("done", 1)
    assert photo_of(context, good).state == "done"


def test_a_photo_the_pack_always_fails_on_is_given_up_with_the_reason(context: Context):
    bad = take_in(context, volunteer(context), face_photo(1))
    failing(context, 99)
    with capture_logs() as logs:
        assert work(context) == {Outcome.CHARGED: 4}
    assert (photo_of(context, bad).state, photo_of(context, bad).reason) == ("failed", "pack_failed")
    assert [line["reason"] for line in logs if line["event"] == "photo_charged"] == ["RuntimeException"] * 4


def test_a_pack_that_fails_on_every_photo_stops_the_worker_and_loses_none(context: Context):
    actor = volunteer(context)
    receipts = [take_in(context, actor, drawn_photo(seed)) for seed in range(12)]
    asked = failing(context, 99)
    with pytest.raises(PackFailed, match="RuntimeException"):
        work(context)
    assert asked == [PACK_FAILURES]
    assert {photo_of(context, each).state for each in receipts} == {PhotoState.PENDING}


def test_a_pack_that_works_between_two_failures_is_not_at_fault(context: Context):
    actor = volunteer(context)
    for seed in range(PACK_FAILURES + 1):
        take_in(context, actor, drawn_photo(seed))
    fails = [True] * (PACK_FAILURES - 1) + [False, True]  # ten photos, and not in a row

    def fail() -> None:
        if fails and fails.pop(0):
            raise PackFailed(pack="open", kind="RuntimeException")

    hook(context, fail)
    assert work(context) == {Outcome.CHARGED: PACK_FAILURES, Outcome.DONE: PACK_FAILURES + 1}


def test_a_box_beside_the_picture_is_no_face(context: Context):
    receipt = take_in(context, volunteer(context), face_photo(1))
    find = context.pack.find

    def find_more(picture: Pixels) -> list[FoundFace]:
        [face] = find(picture)
        beside = [(-90.0, 0.0, -10.0, 50.0), (float("nan"), 0.0, 1.0, 1.0), (9e5, 0.0, 9e6, 40.0)]
        return [face, *(replace(face, box=box) for box in beside)]

    hook(context, lambda: None)
    context.pack.find = find_more  # type: ignore[method-assign]
    assert work(context) == {Outcome.DONE: 1}
    assert photo_of(context, receipt).faces_found == 1
