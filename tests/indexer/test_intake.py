"""Taking photos in: repeats, erased ones, races, and what is readable on the disk afterwards."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Barrier, Thread

import pytest
from PIL import Image
from sqlalchemy import select

from indexer.context import Context
from indexer.discards import announce, keep, sweep_discarded
from indexer.erasure import destroy_photo
from indexer.errors import ImageEmpty, ImageRefused, ImageTypeUnsupported, StorageFull, StoredTooLate
from indexer.intake import UploadDetails, accept_photo, known_receipt, receive_photo
from indexer.sealed_records import about_exif, about_photo, about_receipt, photo_key, unseal_json
from indexer.sealing import unseal
from models.records import AuditEntry, DiscardedBlob, Photo, PhotoBand, Receipt
from tests.indexer.people import count, stored, take_in, volunteer
from tests.indexer.pictures import drawn_photo, jpeg, photo_with_exif, texture


def erase(context: Context, receipt: Receipt) -> None:
    with context.database.writing() as session:
        destroy_photo(session, session.get_one(Photo, receipt.photo_id), keep_away=True)


def test_a_new_photo_is_stored_sealed_and_waits_in_the_queue(context: Context):
    receipt = take_in(context, volunteer(context), drawn_photo())
    with context.database.reading() as session:
        photo = session.get_one(Photo, receipt.photo_id)
    assert (photo.state, photo.width, photo.height) == ("pending", 480, 360)
    assert stored(context) == {f"photos/{photo.id}"}
    key = photo_key(context.keyring, photo)
    assert unseal(key, context.store.get(photo.blob_name), about_photo(photo.id)).startswith(b"\xff\xd8\xff")
    assert count(context, PhotoBand) == 16
    assert count(context, DiscardedBlob) == 0


def test_time_and_place_of_form_and_exif_are_kept_apart(context: Context):
    said = {"taken_at": datetime(2024, 1, 2, tzinfo=UTC), "latitude": 1.5, "longitude": -2.5, "place": "Markt 3"}
    receipt = take_in(context, volunteer(context), photo_with_exif(), **said)
    with context.database.reading() as session:
        photo = session.get_one(Photo, receipt.photo_id)
    key = photo_key(context.keyring, photo)
    assert unseal_json(key, photo.sealed_exif, about_exif(photo.id)) == {
        "taken_at": "2024-05-06T07:08:09",
        "latitude": 48.5,
        "longitude": 2.25,
    }
    assert unseal_json(key, receipt.sealed_details, about_receipt(receipt.id)) == {
        "taken_at": "2024-01-02T00:00:00+00:00",
        "latitude": 1.5,
        "longitude": -2.5,
        "place": "Markt 3",
    }


def test_an_exact_repeat_by_the_same_volunteer_returns_the_first_receipt(context: Context):
    actor = volunteer(context)
    first, second = (take_in(context, actor, drawn_photo(), note=note) for note in ("one", "two"))
    assert first.id == second.id
    assert (count(context, Photo), count(context, Receipt), len(stored(context))) == (1, 1, 1)
    assert count(context, AuditEntry, AuditEntry.action == "photo.upload") == 1


def test_a_repeat_by_another_volunteer_joins_the_photo_with_a_receipt_of_its_own(context: Context):
    first, second = (take_in(context, volunteer(context), drawn_photo(), note=note) for note in ("one", "two"))
    assert first.id != second.id
    assert first.photo_id == second.photo_id
    with context.database.reading() as session:
        key = photo_key(context.keyring, session.get_one(Photo, first.photo_id))
    assert unseal_json(key, second.sealed_details, about_receipt(second.id)) == {"note": "two"}
    assert len(stored(context)) == 1


def test_an_erased_photo_that_comes_again_gets_a_receipt_and_is_not_stored(context: Context):
    erase(context, take_in(context, volunteer(context), drawn_photo()))
    sweep_discarded(context)
    actor = volunteer(context)
    receipt = take_in(context, actor, drawn_photo(), note="again")
    assert (receipt.photo_id, receipt.sealed_details) == (None, None)
    assert (count(context, Photo), stored(context)) == (0, set())
    assert take_in(context, actor, drawn_photo()).id == receipt.id  # else a second try would tell that it was erased


def test_a_near_repeat_of_an_erased_photo_is_kept_away(context: Context):
    erase(context, take_in(context, volunteer(context), drawn_photo()))
    smaller = jpeg(texture(0).resize((400, 300), Image.Resampling.LANCZOS), quality=70)
    assert take_in(context, volunteer(context), smaller).photo_id is None
    assert take_in(context, volunteer(context), drawn_photo(1)).photo_id is not None


def test_a_near_repeat_is_kept_and_marked(context: Context):
    actor = volunteer(context)
    original = take_in(context, actor, drawn_photo())
    near = take_in(context, actor, jpeg(texture(0), quality=60))
    other = take_in(context, actor, drawn_photo(1))
    with context.database.reading() as session:
        marks = {photo.id: photo.near_repeat_of for photo in session.scalars(select(Photo))}
    assert marks == {original.photo_id: None, near.photo_id: original.photo_id, other.photo_id: None}


@pytest.mark.parametrize(
    ("data", "error"),
    [(b"", ImageEmpty), (b"a text called photo.jpg", ImageTypeUnsupported), (drawn_photo()[:3000], ImageRefused)],
)
def test_a_bad_file_leaves_nothing(context: Context, data: bytes, error: type[Exception]):
    with pytest.raises(error):
        take_in(context, volunteer(context), data)
    assert (count(context, Photo), count(context, Receipt), stored(context)) == (0, 0, set())
    assert count(context, DiscardedBlob) == 0


def test_bytes_whose_transaction_failed_are_swept_when_their_time_is_over(context: Context):
    arrival = receive_photo(context, drawn_photo())
    with pytest.raises(ZeroDivisionError), context.database.writing() as session:
        accept_photo(session, context, volunteer(context), arrival, UploadDetails())
        1 / 0  # noqa: B018
    assert count(context, Photo) == 0
    assert sweep_discarded(context) == 0  # its transaction might still be running
    overdue(context)
    assert sweep_discarded(context) == 1
    assert (stored(context), count(context, DiscardedBlob)) == (set(), 0)


def test_bytes_that_may_have_been_swept_are_not_recorded(context: Context):
    actor, arrival = volunteer(context), receive_photo(context, drawn_photo())
    overdue(context)
    with pytest.raises(StoredTooLate), context.database.writing() as session:
        accept_photo(session, context, actor, arrival, UploadDetails())
    assert count(context, Photo) == 0


def overdue(context: Context) -> None:
    with context.database.writing() as session:
        for blob in session.scalars(select(DiscardedBlob)):
            blob.at = datetime(2001, 1, 1, tzinfo=UTC)


def test_what_is_kept_in_time_is_never_swept(context: Context):
    announce(context.database, ["crops/a", "crops/b"], 60)
    with context.database.writing() as session:
        keep(session, ["crops/a"])
    with context.database.reading() as session:
        assert list(session.scalars(select(DiscardedBlob.name))) == ["crops/b"]


def test_a_full_disk_is_said_and_nothing_is_kept(context: Context, monkeypatch: pytest.MonkeyPatch):
    def full(name: str, data: bytes) -> None:
        raise StorageFull

    monkeypatch.setattr(context.store, "put", full)
    with pytest.raises(StorageFull):
        take_in(context, volunteer(context), drawn_photo())
    assert (count(context, Photo), count(context, Receipt), stored(context)) == (0, 0, set())


def test_what_was_given_before_is_known_without_reading_it_again(context: Context):
    actor = volunteer(context)
    receipt = take_in(context, actor, drawn_photo())
    with context.database.reading() as session:
        known = known_receipt(session, context.keyring, actor.id, drawn_photo())
        assert known is not None
        assert known.id == receipt.id
        assert known_receipt(session, context.keyring, volunteer(context).id, drawn_photo()) is None


def at_once(*works: Callable[[], object]) -> list[object]:
    """Run all at the same moment; their results."""
    barrier, results = Barrier(len(works)), [None] * len(works)

    def run(number: int) -> None:
        barrier.wait()
        results[number] = works[number]()

    threads = [Thread(target=run, args=(number,)) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def accept(context: Context, actor: object, arrival: object) -> Receipt:
    with context.database.writing() as session:
        return accept_photo(session, context, actor, arrival, UploadDetails())  # type: ignore[arg-type]


def test_the_same_bytes_at_once_become_one_photo_and_lose_no_receipt(context: Context):
    actors = [volunteer(context), volunteer(context)]
    for seed in range(10):
        uploads = [(actor, receive_photo(context, drawn_photo(seed))) for actor in (*actors, actors[0])]
        receipts = at_once(*(partial(accept, context, *upload) for upload in uploads))
        assert None not in receipts
        assert len({receipt.photo_id for receipt in receipts}) == 1
        assert receipts[0].id == receipts[2].id != receipts[1].id
    assert (count(context, Photo), count(context, Receipt)) == (10, 20)
    overdue(context)
    sweep_discarded(context)
    assert len(stored(context)) == 10


def test_an_upload_during_its_erasure_never_brings_the_photo_back(context: Context):
    for seed in range(10):
        old = take_in(context, volunteer(context), drawn_photo(seed))
        actor, arrival = volunteer(context), receive_photo(context, drawn_photo(seed))
        at_once(partial(erase, context, old), partial(accept, context, actor, arrival))
    assert count(context, Photo) == 0
    assert count(context, Receipt) == 20
    sweep_discarded(context)
    assert stored(context) == set()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # PostgreSQL's files are its operator's
def test_nothing_that_was_said_lies_readable_on_the_disk(context: Context, tmp_path: Path):
    words = {"place": "Kastanienallee-MARKER", "note": "NOTE-MARKER-7734", "source_url": "https://marker.example/9"}
    take_in(context, volunteer(context), photo_with_exif(), **words)
    context.database.close()
    files = [file for file in tmp_path.rglob("*") if file.is_file() and "keys" not in file.parts]
    assert any(file.suffix == ".db" for file in files)
    whole = b"".join(file.read_bytes() for file in files)
    for marker in (b"MARKER", b"marker.example", b"2024:05:06", b"\xff\xd8\xff\xe0", b"JFIF"):
        assert marker not in whole


def test_what_was_said_is_sealed_in_its_column(context: Context):
    receipt = take_in(context, volunteer(context), drawn_photo(), place="MARKER-PLACE")
    assert b"MARKER" not in receipt.sealed_details
