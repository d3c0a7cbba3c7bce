"""The main job, whole: `init`, `serve` and `work` are processes of their own, and people come by invitation."""

import json
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import LargeBinary, select

from app.demo.accounts import Accounts, make_accounts
from app.demo.eyes import Eyes, review_everything
from app.demo.installation import Installation, fresh_installation
from app.demo.scenes import Scene, compose_scenes, harder_reference
from app.demo.story import CHECKLIST, Cast
from app.services.checkup import examine
from homeward_client import Refused
from indexer.context import open_context
from indexer.logs import ALLOWED, LEFT_OUT
from indexer.packs.base import Pack
from indexer.sealed_records import photo_key, unseal_template
from indexer.settings import IndexerSettings
from models.base import Base
from models.records import Face, Photo, Template
from tests.attacks.at_rest import PICTURES, found_in, found_under, of_numbers, of_templates, of_words
from tests.journeys.commands import homeward, homeward_client, until

pytestmark = pytest.mark.slow

SEED = 38  # of its scenes the first shows one person alone, the second two others, the third the first one again
SEEN_SECONDS = 2.0  # within which a committed face is searchable
PLACE, OTHER_PLACE, NOTE = "Planted Market Gate", "Planted Bus Station", "planted note"
Found = dict[str, Any]


@dataclass(frozen=True)
class Journey:
    """A running installation, its people, and what the volunteers will see in the street."""

    installation: Installation
    people: Accounts
    cast: Cast
    scenes: list[Scene]
    folder: Path

    def search(self, case: str) -> Found:
        return self.people.case_worker.client.cases.search(case, "journey")


@pytest.fixture(params=["sqlite", "postgresql"])
def installation(request: pytest.FixtureRequest, tmp_path: Path, packs_folder: Path, pack: Pack) -> Installation:
    more = {"HOMEWARD_PACK_DIR": str(packs_folder)}
    if request.param == "postgresql":
        more["HOMEWARD_DATABASE_URL"] = request.getfixturevalue("unmigrated_postgresql_url")
    return fresh_installation(tmp_path / "town", more)


def test_a_street_photo_goes_in_and_two_reviewers_answers_come_out(
    installation: Installation, pack: Pack, tmp_path: Path
) -> None:
    founding = installation.run_json("init", "--retention", "12", "--key-copied")["invitations"]
    cast = Cast.of(pack)
    scenes = compose_scenes(cast.group, 3, SEED)
    with (
        installation.running("work") as worker,
        installation.serving() as service,
        closing(make_accounts(installation, founding)) as people,
    ):
        journey = Journey(installation, people, cast, scenes, tmp_path)
        case = open_case(journey)
        upload_two_photos(journey)
        found = journey.search(case)
        assert [row["rank"] for row in found["candidates"]] == [1, 2, 3]
        withdraw_what_was_seen(journey, case, found)
        two_review(journey, case, found, pack)
        release(journey, found["candidates"][0]["id"])
        read_as_case_worker(journey, case, found)
        require_nothing_open(journey)  # with its write-ahead log, as a stolen running machine has it
    require_nothing_open(journey)
    assert (service.returncode, worker.returncode) == (0, 0)
    verified = homeward(installation, "audit", "verify")
    assert (verified.exit_code, "unbroken" in verified.stdout) == (0, True)
    require_no_words(journey, verified.output, homeward(installation, "doctor").output)
    assert unwell(installation, pack) == []


def open_case(journey: Journey) -> str:
    """A case of the one who is alone in the first scene; searched only once a supervisor has approved it."""
    cases = journey.people.case_worker.client.cases
    case = str(cases.open(child_name="Planted Child", **CHECKLIST)["id"])
    (child,) = journey.scenes[0].people
    for seed in (1, 2):
        file = journey.folder / "reference.jpg"
        file.write_bytes(harder_reference(journey.cast.group[child], seed))
        assert cases.add_reference(case, file, age_years=30)["state"] == "ready"
    with pytest.raises(Refused) as refused:
        journey.search(case)
    assert refused.value.code == "case_not_approved"
    supervision = journey.people.supervisor.client.supervision
    supervision.approve_case(case, supervision.case(case)["version"])
    assert journey.search(case)["candidates"] == []
    return case


def upload_two_photos(journey: Journey) -> None:
    """One volunteer sends a photo with `homeward-client`, another through the Python client."""
    home, file = journey.folder / "home", journey.folder / "photo.jpg"
    admin = journey.people.admin.client.administration
    invitation = admin.invite("volunteer")["token"]
    who = ("--name", "vera", "--invitation", invitation, "--accept-conduct")
    assert homeward_client(home, "login", journey.installation.url, *who).returncode == 0
    file.write_bytes(journey.scenes[0].jpeg)
    sent = homeward_client(home, "upload", str(file), "--place", PLACE, "--note", NOTE, "--json")
    assert (sent.returncode, [photo["status"] for photo in json.loads(sent.stdout)["sent"]]) == (0, ["pending"])
    file.write_bytes(journey.scenes[1].jpeg)
    other = journey.people.volunteer.client.photos.upload(file, place=OTHER_PLACE, note=NOTE).id

    until(lambda: admin.stats()["photos_by_state"]["done"] == 2)
    until(lambda: admin.gallery()["lag"] == 0)
    # Every upload reads as pending for a few seconds, so that nobody learns that a photo was known already.
    until(lambda: journey.people.volunteer.client.photos.status(other).status == "processed")
    (mine,) = json.loads(homeward_client(home, "status", "--json").stdout)
    assert (mine["status"], mine["faces_found"]) == ("processed", 1)
    assert journey.people.volunteer.client.photos.status(other).faces_found == 2


def withdraw_what_was_seen(journey: Journey, case: str, before: Found) -> None:
    """A photo sent now is found without a restart as soon as its faces are committed, and never once withdrawn."""
    photos = journey.people.volunteer.client.photos
    file = journey.folder / "photo.jpg"
    file.write_bytes(journey.scenes[2].jpeg)
    photo = photos.upload(file, place=OTHER_PLACE, note=NOTE, latitude=28.613939, longitude=77.209021).id
    until(lambda: photos.status(photo).status == "processed")
    # Ten times the promise, for the machine may have other work; `make bench` prints the time itself.
    until(lambda: len(journey.search(case)["candidates"]) == len(before["candidates"]) + 2, 10 * SEEN_SECONDS)
    photos.withdraw(photo)
    after = journey.search(case)
    assert [row["id"] for row in after["candidates"]] == [row["id"] for row in before["candidates"]]
    assert photos.status(photo).status == "withdrawn"


def two_review(journey: Journey, case: str, found: Found, pack: Pack) -> None:
    """Both reviewers know the sample people and see only crops: what both call the same is the same person."""
    eyes = Eyes(pack, [*journey.cast.group, journey.cast.stranger])
    answered = [review_everything(reviewer, eyes) for reviewer in journey.people.reviewers]
    assert answered == [3, 3]
    rows = journey.people.case_worker.client.cases.candidates(case)
    states = {row["id"]: row["state"] for row in rows}
    assert [states[row["id"]] for row in found["candidates"]] == ["confirmed", "rejected", "rejected"]


def release(journey: Journey, candidate: str) -> None:
    """One supervisor proposes and another agrees; the authority gets the place where the child alone was seen."""
    first, second = journey.people.supervisor, journey.people.second_supervisor
    command = ("users", "authorities")
    added = homeward(
        journey.installation, *command, "add", "Journey police", "--contact", "desk", "--as", first.name, "--json"
    )
    authority = json.loads(added.stdout)[0]["id"]
    assert homeward(journey.installation, *command, "agree", authority, "--as", second.name).exit_code == 0
    first.client.supervision.release(candidate, authority, "journey")
    with pytest.raises(Refused) as refused:
        first.client.supervision.agree(candidate, authority)
    assert refused.value.code == "same_person"
    packet = second.client.supervision.agree(candidate, authority)
    assert [source["place"] for source in packet["sources"]] == [PLACE]
    assert "vera" not in str(packet)
    assert second.client.supervision.face(candidate, packet["photo_number"]).startswith(b"\xff\xd8")
    first.client.supervision.record_outcome(candidate, "reunited", "documents")


def read_as_case_worker(journey: Journey, case: str, found: Found) -> None:
    """To whom and when it was released; of street photos and those who sent them nothing, before or after."""
    rows = journey.people.case_worker.client.cases.candidates(case)
    assert [row["state"] for row in rows].count("released") == 1
    (note,) = [row["state_note"] for row in rows if row["state"] == "released"]
    assert note.startswith("released to Journey police on ")
    for planted in (PLACE, OTHER_PLACE, NOTE, "28.6139", "vera", "demo-volunteer"):
        assert planted not in str([found, rows])


def require_nothing_open(journey: Journey) -> None:
    """Of what lies on the disk and in sealed columns nothing can be read: no word, place, picture, template or key."""
    data = journey.installation.folder / "data"
    with open_context(settings_of(journey.installation)) as context, context.database.reading() as session:
        templates = [
            unseal_template(photo_key(context.keyring, photo), template.sealed, template.face_id, template.pack_id)
            for template, photo in session.execute(
                select(Template, Photo).join(Face, Face.id == Template.face_id).join(Photo, Photo.id == Face.photo_id)
            )
        ]
        secrets = {
            **of_words(PLACE, OTHER_PLACE, NOTE, "Planted Child", "28.613939", "photo.jpg", *CHECKLIST.values()),
            **of_numbers(28.613939, 77.209021),
            **of_templates(templates),
            **{name: [magic] for name, magic in PICTURES.items()},
            "the key": [context.settings.key_file.read_bytes().strip(), bytes.fromhex(context.keyring.database_key)],
        }
        sealed = [
            (column, value)
            for table in Base.metadata.sorted_tables
            for column in table.columns
            if isinstance(column.type, LargeBinary)
            for value in session.scalars(select(column).where(column.is_not(None)))
        ]
    assert len(templates) >= 3
    assert len(sealed) > 20
    assert [str(column) for column, value in sealed if found_in(value, secrets)] == []
    assert found_under(data, secrets) == []


def require_no_words(journey: Journey, *printed: str) -> None:
    """What service and worker wrote is one JSON object a line; neither there nor in ``printed`` is what people sent."""
    said = "".join((journey.installation.folder / f"{name}.log").read_text() for name in ("serve", "work"))
    entries = [json.loads(line) for line in said.splitlines()]
    assert {"serving", "worker_started", "photo_done", "worker_stopped"} <= {entry["event"] for entry in entries}
    assert all(set(entry) <= ALLOWED | {LEFT_OUT} for entry in entries)
    people = journey.people
    everyone = [people.case_worker, people.admin, people.supervisor, people.second_supervisor, *people.reviewers]
    secrets = [word for each in everyone for word in (each.name, each.password)]
    planted = (
        PLACE,
        OTHER_PLACE,
        NOTE,
        "Planted",
        "planted",
        "vera",
        "28.6139",
        "77.2090",
        "127.0.0.1",
        "Journey police",
    )
    for word in (*planted, *CHECKLIST.values(), *secrets, "photo.jpg", "reference.jpg", "hws_", "hwv_", "hwi_"):
        assert word not in said + "".join(printed), word


def settings_of(installation: Installation) -> IndexerSettings:
    data, key = (Path(installation.environment[f"HOMEWARD_{name}"]) for name in ("DATA_DIR", "KEY_FILE"))
    url = installation.more.get("HOMEWARD_DATABASE_URL")
    return IndexerSettings(data_dir=data, key_file=key, database_url=SecretStr(url) if url else None)


def unwell(installation: Installation, pack: Pack) -> list[object]:
    """What `homeward doctor` would complain of."""
    with open_context(settings_of(installation)) as context:
        return [finding for finding in examine(context, lambda: pack.info) if not finding.well]
