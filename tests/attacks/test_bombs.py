"""F1, F2: files that unpack to more than a machine has, or are no pictures, at every door that takes a file."""

import contextlib
import re
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import func, select

from indexer.decode_pool import DecodePool
from indexer.errors import ImageCorrupt, ImageDecodeLimit, ImageRefused, ImageTooLarge
from indexer.folder import files_in, take_in
from indexer.settings import IndexerSettings
from models.actor import Actor
from models.records import Face, Photo, Receipt, Reference
from models.upload_count import UploadCount
from models.user import Role
from tests.app.conftest import Service
from tests.app.desk import refusal
from tests.app.pages.conftest import Visitors
from tests.app.worlds import open_case
from tests.attacks.hostile import bombs, swelling, webp_claiming
from tests.attacks.there import OneFacePack
from tests.drawn import drawn_photo, encoded

BOMBS = bombs()
NO_FILE = "nothing"  # an empty file: a form of a page holds none then, and says so
SECONDS = 5  # each takes some hundredths; more is a hang


def test_bombs_are_refused_at_once_in_little_memory_by_one_child(pool):
    (child,) = pool.process_ids
    for name, (data, code) in BOMBS.items():
        started = time.monotonic()
        with pytest.raises(ImageRefused) as caught:
            pool.decode(data)
        assert (name, caught.value.code) == (name, code)
        assert time.monotonic() - started < SECONDS, name
    assert pool.process_ids == [child], "no bomb ended the child"
    assert most_memory_mb(child) < 100


class Doors:
    """Each way in, and what it answers: the status and the code, None where a page tells it in words."""

    def __init__(self, service: Service, visit: Visitors) -> None:
        service.house.context.__dict__["_pack"] = OneFacePack()
        self.service = service
        self.volunteer, self.worker = service.sign_in(Role.VOLUNTEER), service.sign_in(Role.CASE_WORKER)
        self.case = open_case(self.worker)["id"]
        self.volunteers_page, self.workers_page = visit(self.volunteer.user), visit(self.worker.user)

    def send(self, name: str, data: bytes) -> dict[str, tuple[int, str]]:
        photo, reference = "/v1/photos", f"/v1/cases/{self.case}/references"
        files = {"file": (f"{name}.jpg", data, "image/jpeg")}
        return {
            "photo": refusal(self.volunteer.post(photo, files=files)),
            "reference": refusal(self.worker.post(reference, files=files, data={"age_years": 5})),
        }

    def fill_in(self, name: str, data: bytes) -> dict[str, int]:
        files = {"file": (f"{name}.jpg", data, "image/jpeg")}
        case = f"/cases/{self.case}/references"
        return {
            "photos page": self.volunteers_page.fill("/photos", files=files).status_code,
            "reference page": self.workers_page.fill(case, {"age_years": "5"}, files=files).status_code,
        }

    def stored(self) -> tuple[list[int], list[str]]:
        with self.service.database.reading() as session:
            tables = (Photo, Receipt, Reference, Face)
            rows = [session.scalar(select(func.count()).select_from(table)) for table in tables]
        return rows, list(self.service.house.context.store.names())


@pytest.fixture
def doors(service: Service, visit: Visitors) -> Doors:
    return Doors(service, visit)


def test_no_door_lets_a_bomb_in_and_the_service_stays_small(doors: Doors, decode_pool: DecodePool):
    statuses = {"image_type_unsupported": 415}
    good = {"file": ("good.jpg", encoded(drawn_photo()))}
    assert doors.worker.post(f"/v1/cases/{doors.case}/references", files=good).status_code == 201  # all is warm
    before = doors.stored()
    with most_memory_grows_less_than(100, decode_pool.process_ids):
        for name, (data, code) in BOMBS.items():
            refused = (statuses.get(code, 422), code)
            assert doors.send(name, data) == {"photo": refused, "reference": refused}, name
            if name != NO_FILE:
                assert set(doors.fill_in(name, data).values()) <= {200, 413, 415, 422}, name
    assert doors.stored() == before
    assert doors.worker.post(f"/v1/cases/{doors.case}/references", files=good).status_code == 409  # it lives, and knows


def test_each_refused_file_counts_for_the_day(doors: Doors):
    for name, (data, _) in list(BOMBS.items())[:3]:
        doors.send(name, data)
        doors.fill_in(name, data)
    with doors.service.database.reading() as session:
        assert session.get_one(UploadCount, doors.volunteer.user.id).photos == 6


def test_a_folder_of_bombs_is_refused_file_by_file(service: Service, tmp_path: Path):
    context, folder = service.house.context, tmp_path / "camera"
    folder.mkdir()
    for name, (data, _) in BOMBS.items():
        (folder / f"{re.sub(r'[^a-z0-9]', '-', name, flags=re.IGNORECASE)}.jpg").write_bytes(data)
    actor = Actor(service.sign_in(Role.VOLUNTEER).user, "test")
    with most_memory_grows_less_than(100):
        summary = take_in(context, actor, files_in(folder), lambda: None)
    assert (summary.taken_in, summary.known, len(summary.refused)) == (0, 0, len(BOMBS))
    assert sorted(summary.reasons.elements()) == sorted(code for _, code in BOMBS.values())
    assert list(context.store.names()) == []


@pytest.mark.parametrize("kind", ["image/png", "text/html", "application/x-php", ""])
def test_neither_a_name_nor_a_declared_type_decides_what_a_file_is(service: Service, kind: str):
    client = service.sign_in(Role.VOLUNTEER)
    for number, file_format in enumerate(("JPEG", "PNG", "WEBP")):
        data = encoded(drawn_photo(seed=number), file_format)
        assert client.post("/v1/photos", files={"file": ("x.svg", data, kind)}).status_code == 202
    text = client.post("/v1/photos", files={"file": ("x.jpg", b"<svg/>", "image/jpeg")})
    assert refusal(text) == (415, "image_type_unsupported")


def test_the_smallest_bomb_has_34_bytes_and_claims_128_megapixels():
    data = webp_claiming(16384, 8000)
    assert len(data) == 34
    width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
    assert width * height > 128e6


@pytest.mark.parametrize("name", swelling())
def test_metadata_that_swells_costs_little(pool, name):
    data = swelling()[name]
    started = time.monotonic()
    with contextlib.suppress(ImageCorrupt):
        assert pool.decode(data).width == 400
    assert time.monotonic() - started < SECONDS
    assert most_memory_mb(pool.process_ids[0]) < 200


def test_a_picture_that_takes_for_ever_is_given_up(tmp_path):
    settings = IndexerSettings(data_dir=tmp_path, decode_processes=1, decode_seconds=0.5)
    with DecodePool(settings) as pool:
        small = encoded(drawn_photo(64, 48))
        pool.decode(small)
        # Progressive noise: every coefficient of 36 MP is read in ten passes.
        tile = np.random.default_rng(0).integers(0, 256, (500, 600, 3), np.uint8)
        noise = Image.fromarray(np.tile(tile, (12, 10, 1)))
        with pytest.raises(ImageDecodeLimit):
            pool.decode(encoded(noise, quality=30, progressive=True))
        assert pool.decode(small).width == 64


def test_the_limit_itself_is_what_refuses(tmp_path):
    with DecodePool(IndexerSettings(data_dir=tmp_path, decode_processes=1, max_megapixels=0.11)) as pool:
        with pytest.raises(ImageTooLarge, match=r"more than 0\.11 megapixels"):
            pool.decode(encoded(drawn_photo(400, 300)))
        assert pool.decode(encoded(drawn_photo(400, 270))).width == 400


def most_memory_mb(process):
    """The most resident memory a process ever had, MB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


@contextlib.contextmanager
def most_memory_grows_less_than(megabytes: float, processes: Sequence[int] = ()):
    """Of this process, in which the service runs, and of others."""
    before = {}
    for process in ("self", *processes):
        Path(f"/proc/{process}/clear_refs").write_text("5")  # the most it ever had begins anew
        before[process] = most_memory_mb(process)
    yield
    for process, had in before.items():
        assert most_memory_mb(process) - had < megabytes, process
