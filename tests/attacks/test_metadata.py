"""F5, F6: what a file says beside its pixels: read where it is of use, believed nowhere, and stored with no picture."""

import struct
from collections.abc import Iterator
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from app.services.crops import Poor, served_crop
from indexer.sealed_records import (
    about_crop,
    about_exif,
    about_photo,
    about_reference,
    case_key,
    photo_key,
    unseal_json,
)
from indexer.sealing import unseal
from models.records import Base, Case, Face, Photo, Reference
from models.user import Role
from tests.app.conftest import Service
from tests.app.worlds import open_case
from tests.attacks.hostile import FORMATS, MARKER, marked
from tests.attacks.there import OneFacePack, work
from tests.drawn import drawn_photo, encoded

NAMES = [file_format for file_format, _ in FORMATS]
IFD = struct.Struct("<H")
ENTRY = struct.Struct("<HHII")


def exif_of(*entries: tuple[int, int, int, int], after: bytes = b"", following: int = 0) -> bytes:
    """A little-endian EXIF block of one directory, and bytes behind it."""
    directory = IFD.pack(len(entries)) + b"".join(ENTRY.pack(*each) for each in entries)
    return b"Exif\0\0II*\0" + struct.pack("<I", 8) + directory + struct.pack("<I", following) + after


def gps(latitude: tuple[tuple[int, int], ...]) -> bytes:
    """A block with a place whose latitude is made of these fractions, and whose longitude is 2 east."""
    gps_at, values_at = 8 + 2 + 12 + 4, 8 + 2 + 12 + 4 + 2 + 4 * 12 + 4
    entries = [
        (1, 2, 2, int.from_bytes(b"N\0\0\0", "little")),
        (2, 5, 3, values_at),
        (3, 2, 2, int.from_bytes(b"E\0\0\0", "little")),
        (4, 5, 3, values_at + 24),
    ]
    fractions = [*latitude, (2, 1), (0, 1), (0, 1)]
    directory = IFD.pack(4) + b"".join(ENTRY.pack(*each) for each in entries) + bytes(4)
    values = b"".join(struct.pack("<II", *each) for each in fractions)
    return exif_of((0x8825, 4, 1, gps_at), after=directory + values)


HOSTILE = {
    "a directory that is its own successor": exif_of((0x0112, 3, 1, 1), following=8),
    "an EXIF directory that is the first one": exif_of((0x8769, 4, 1, 8)),
    "an offset of 4 GB": exif_of((0x9003, 2, 20, 0xFFFFFFFF)),
    "a directory at 4 GB": exif_of((0x8769, 4, 1, 0xFFFFFFFF)),
    "4 billion values": exif_of((0x927C, 7, 0xFFFFFFFF, 8)),
    "65535 entries": b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + bytes(1000),
    "a maker note of 60 KB": exif_of((0x927C, 7, 60_000, 30), after=b"\xff" * 60_000),
    "a latitude of 0/0": gps(((0, 0), (0, 0), (0, 0))),
    "a latitude of 1/0": gps(((1, 0), (0, 1), (0, 1))),
    "a latitude of 91": gps(((91, 1), (0, 1), (0, 1))),
    "a latitude of 4 billion": gps(((0xFFFFFFFF, 1), (0, 1), (0, 1))),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("file_format", NAMES)
def test_hostile_exif_costs_nothing_but_itself(pool, name: str, file_format: str):
    (child,) = pool.process_ids
    photo = pool.decode(encoded(drawn_photo(), file_format, exif=HOSTILE[name]))
    assert (photo.width, photo.latitude, photo.longitude, photo.taken_at_exif) == (400, None, None, None)
    assert pool.process_ids == [child]


def test_the_same_block_with_a_good_latitude_is_read(pool):
    photo = pool.decode(encoded(drawn_photo(), exif=gps(((48, 1), (30, 1), (0, 1)))))
    assert (photo.latitude, photo.longitude) == (48.5, 2.0)


def test_a_place_is_in_the_sealed_column_and_nowhere_else(service: Service):
    client = service.sign_in(Role.VOLUNTEER)
    latitude = 48 + 31 / 60 + 30 / 3600  # 48.525
    data = encoded(drawn_photo(), exif=gps(((48, 1), (31, 1), (30, 1))))
    with capture_logs() as said:
        sent = client.post("/v1/photos", files={"file": ("x.jpg", data)}).raise_for_status()
    keyring = service.house.context.keyring
    with service.database.reading() as session:
        [photo] = session.scalars(select(Photo))
        inside = unseal_json(photo_key(keyring, photo), photo.sealed_exif, about_exif(photo.id))
        assert inside["latitude"] == pytest.approx(latitude)
        for text in (*everything_recorded(session), sent.text, client.get("/v1/photos").text, str(said)):
            assert "48.52" not in text


class Derived:
    """A marked photo and a marked reference, gone all the way through service and worker."""

    def __init__(self, service: Service) -> None:
        self.service, self.context = service, service.house.context
        self.context.__dict__["_pack"] = OneFacePack()
        self.volunteer, self.worker = service.sign_in(Role.VOLUNTEER), service.sign_in(Role.CASE_WORKER)
        self.case_id = open_case(self.worker)["id"]

    def send(self, data: bytes) -> list[httpx.Response]:
        references = f"/v1/cases/{self.case_id}/references"
        file = {"file": (f"{MARKER.decode()}.jpg", data)}
        sent = self.volunteer.post("/v1/photos", files=file)
        assert sent.status_code == 202, sent.text
        given = self.worker.post(references, files=file, data={"age_years": 5}).raise_for_status()
        work(self.service)
        image = self.worker.get(f"{references}/{given.json()['id']}/image").raise_for_status()
        return [sent, given, image, self.volunteer.get("/v1/photos"), self.worker.get(f"/v1/cases/{self.case_id}")]

    def pictures(self, session: Session) -> Iterator[bytes]:
        """Everything in the store, unsealed, and what is made of it to be looked at."""
        context = self.context
        opened: dict[str, bytes] = {}
        for photo in session.scalars(select(Photo)):
            opened[photo.blob_name] = self._plain(
                photo_key(context.keyring, photo), photo.blob_name, about_photo(photo.id)
            )
        for reference in session.scalars(select(Reference)):
            name = f"references/{reference.id}"
            key = case_key(context.keyring, session.get_one(Case, reference.case_id))
            opened[name] = self._plain(key, name, about_reference(reference.id))
        for face in session.scalars(select(Face)):
            owner = session.get(Photo, face.photo_id) if face.photo_id else None
            case = session.get_one(Case, UUID(self.case_id))
            key = photo_key(context.keyring, owner) if owner else case_key(context.keyring, case)
            opened[face.crop_blob_name] = self._plain(key, face.crop_blob_name, about_crop(face.crop_blob_name))
            yield served_crop(session, context, face)
            yield served_crop(session, context, face, Poor(face_px=40, seed=1))  # as a seeded pair shows it
        assert set(opened) == set(context.store.names()), "a stored file that this test does not look into"
        yield from opened.values()

    def _plain(self, key: bytes, name: str, about: str) -> bytes:
        return unseal(key, self.context.store.get(name), about)


def everything_recorded(session: Session) -> Iterator[str]:
    for table in Base.metadata.sorted_tables:
        for row in session.execute(select(table)):
            yield " ".join(value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in row)


@pytest.mark.parametrize("file_format", NAMES)
def test_no_marker_is_left_in_anything_derived_answered_recorded_or_logged(
    service: Service, capfd: pytest.CaptureFixture[str], file_format: str
):
    data = marked(file_format)
    assert data.count(MARKER) > 5
    derived = Derived(service)
    with capture_logs() as said:
        answers = derived.send(data)
    for answer in answers:
        assert MARKER not in answer.content
        assert MARKER.decode() not in str(answer.headers)
    with service.database.reading() as session:
        pictures = list(derived.pictures(session))
        assert len(pictures) == 8  # a photo, a reference, a crop of each, and two ways in which a crop is seen
        for picture in pictures:
            assert picture.startswith(b"\xff\xd8\xff")
            for trace in (MARKER, b"Exif", b"ICC_PROFILE", b"http://ns.adobe.com", b"8BIM", b"\xff\xfe"):
                assert trace not in picture
        assert not [row for row in everything_recorded(session) if MARKER.decode() in row]
    for file in service.house.settings.data_dir.rglob("*"):
        assert not file.is_file() or MARKER not in file.read_bytes(), file
    assert MARKER.decode() not in str(said) + "".join(capfd.readouterr())


def test_a_picture_lies_as_it_should_whatever_carries_its_orientation(pool):
    """All but orientation 1 turn; the stored picture says nothing of it any more."""
    sizes = {pool.decode(marked("JPEG", orientation=number)).width for number in (5, 6, 7, 8)}
    assert sizes == {300}
    assert pool.decode(marked("JPEG", orientation=9)).width == 400
