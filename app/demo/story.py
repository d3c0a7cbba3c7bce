"""The demo's story, step by step: photos in, candidates out, people decide."""

import io
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from rich.console import Console
from rich.progress import Progress, track

from app.demo.accounts import Accounts
from app.demo.eyes import Eyes, review_everything
from app.demo.installation import DemoFailed, Installation
from app.demo.scenes import Scene, compose_scenes, harder_reference
from app.demo.sources import GROUP_PICTURE, STRANGER_PICTURE, Person, people_of, sample_picture
from app.demo.tables import COLUMNS, candidate_table
from homeward_client import Refused
from homeward_client.transport import Json
from homeward_client.uploads import photos_in, send_all
from indexer.packs.base import Pack

SEED = 20_261_123
SCENES = 40
ONE_PHOTOGRAPH = (
    "Both sides of this demo come from one photograph, so it shows the machinery at work, "
    "not recognition across years: see docs/accuracy.md."
)
CHECKLIST = {
    "police_reference": "DEMO-2026-001",
    "custody": "Demo: custody shown to the charity",
    "consent": "Demo: consent of the guardian, on paper",
    "asked_by": "Demo guardian",
}


@dataclass(frozen=True)
class Cast:
    """Who appears: the six of the group picture, and the seventh who is in no scene."""

    group: list[Person]
    stranger: Person

    @classmethod
    def of(cls, pack: Pack) -> "Cast":
        group = people_of(pack, sample_picture(GROUP_PICTURE))
        stranger = people_of(pack, sample_picture(STRANGER_PICTURE))[0]
        return cls(group, Person(len(group), stranger.pixels, stranger.box))

    @property
    def child(self) -> Person:
        """The one whom case one looks for."""
        return self.group[2]


@dataclass(frozen=True)
class Story:
    """One telling. ``say`` prints; everything else goes through the client, as a person's would."""

    installation: Installation
    accounts: Accounts
    say: Console

    def ingest_scenes(self, cast: Cast) -> list[Scene]:
        """Forty composed street photos, uploaded by the volunteer and worked through by the job."""
        scenes = compose_scenes(cast.group, SCENES, SEED)
        for scene in track(scenes, "The volunteer uploads street photos", console=self.say):
            with _file(scene.jpeg) as file:
                self.accounts.volunteer.client.photos.upload(file, place="Demo street", note="composed")
        self.work()
        return scenes

    def ingest_folder(self, folder: Path) -> None:
        """A user's own street photos."""
        files = photos_in(folder)
        with Progress(console=self.say) as progress:
            task = progress.add_task("The volunteer uploads street photos", total=len(files))
            photos = self.accounts.volunteer.client.photos
            summary = send_all(photos, files, None, None, lambda: progress.advance(task))
        for file, problem in summary.refused:
            self.say.print(f"  refused {file.name}: {problem.detail}", markup=False)
        self.work()

    def work(self) -> None:
        with self.say.status("The ingestion job finds, measures and embeds every face"):
            self.installation.run("work", "--once")
        stats = self.accounts.admin.client.administration.stats()
        states = [f"{count} {state}" for state, count in stats["photos_by_state"].items() if count]
        self.say.print(f"Photos: {', '.join(states)}. Faces found: {stats['faces']}.")

    def open_case(self, name: str, references: list[bytes], age_years: float | None) -> Json:
        """A case with its references, approved by the supervisor. `DemoFailed` when none of them shows a face."""
        worker = self.accounts.case_worker.client
        case = worker.cases.open(child_name=name, **CHECKLIST)
        added = [self._add_reference(case, reference, age_years) for reference in references]
        if not any(added):
            raise DemoFailed(reason="no face was found in any of the references")
        supervision = self.accounts.supervisor.client.supervision
        supervision.approve_case(case["id"], supervision.case(case["id"])["version"])
        return case

    def _add_reference(self, case: Json, reference: bytes, age_years: float | None) -> bool:
        """Whether it could be used."""
        try:
            with _file(reference) as file:
                added = self.accounts.case_worker.client.cases.add_reference(case["id"], file, age_years=age_years)
        except Refused as problem:
            self.say.print(f"  a reference was refused: {problem.detail}", markup=False)
            return False
        if added["state"] == "no_face":
            self.say.print(f"  a reference was of no use: {' '.join(added['advice'])}", markup=False)
            return False
        self._choose_if_asked(case, added)
        return True

    def _choose_if_asked(self, case: Json, reference: Json) -> None:
        if reference["state"] == "needs_face":
            largest = max(reference["faces"], key=lambda face: _area(face["box"]))
            self.accounts.case_worker.client.cases.choose_face(case["id"], reference["id"], largest["number"])

    def search(self, case: Json, title: str) -> Json:
        answer = self.accounts.case_worker.client.cases.search(case["id"], "demo")
        self.say.print(candidate_table(title, answer))
        return answer

    def explain(self) -> None:
        """What the columns of a list mean, once."""
        self.say.print(f"[dim]{COLUMNS}[/dim]")

    def show_case(self, case: Json, title: str) -> None:
        """What the case worker reads afterwards: states, and never a place. `DemoFailed` when rank 1 was not the child.

        The scripted reviewers know the sample people, so what both call the same is the same person.
        """
        candidates = self.accounts.case_worker.client.cases.candidates(case["id"])
        states = [row["state"] for row in candidates]
        counted = ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states)))
        self.say.print(f"{title}: {counted}. Reviewers get the first 5; the rest only where these lead nowhere.")
        first = next(row for row in candidates if row["rank"] == 1)
        if first["state"] not in ("confirmed", "released"):
            raise DemoFailed(reason=f"rank 1 is {first['state']}: it should have been the child")
        self.say.print(f"Rank 1 (score {first['score']:.2f}) is the true face: both reviewers said so, blind.")

    def review(self, eyes: Eyes) -> None:
        """Two reviewers, blind and apart, until nothing waits: the second batch opens once the first led nowhere."""
        locked = dict.fromkeys((reviewer.name for reviewer in self.accounts.reviewers), 0)
        answered = True
        while answered:
            answered = False
            for reviewer in self.accounts.reviewers:
                with self.say.status(f"{reviewer.name} compares faces"):
                    count = review_everything(reviewer, eyes)
                locked[reviewer.name] += count
                answered = answered or count > 0
        for name, count in locked.items():
            self.say.print(f"{name} locked {count} answers, of both cases' lists; neither saw the other's")

    def release_first(self) -> None:
        """One supervisor proposes, the second agrees; the authority's answer is recorded by hand later."""
        proposer, second = self.accounts.supervisor, self.accounts.second_supervisor
        self._list_authority("Demo police, missing persons")
        confirmed = proposer.client.supervision.candidates("confirmed")
        if not confirmed:
            self.say.print("No candidate was confirmed, so nothing is released.")
            return
        candidate = confirmed[0]["id"]
        authority = proposer.client.me()["authorities"][0]
        proposer.client.supervision.release(candidate, authority["id"], "Demo release")
        packet = second.client.supervision.agree(candidate, authority["id"])
        self.say.print(
            f"Released to {packet['authority']}: place {packet['sources'][0]['place']!r}, by two supervisors"
        )

    def _list_authority(self, name: str) -> None:
        first, second = self.accounts.supervisor.name, self.accounts.second_supervisor.name
        command = ("users", "authorities")
        (added,) = self.installation.run_json(*command, "add", name, "--contact", "desk 3", "--as", first)
        self.installation.run(*command, "agree", added["id"], "--as", second)


def stranger_reference() -> bytes:
    """The seventh person's picture as it is."""
    with io.BytesIO() as file:
        Image.fromarray(sample_picture(STRANGER_PICTURE)).save(file, "JPEG", quality=90)
        return file.getvalue()


def references_of(cast: Cast) -> list[bytes]:
    """Two harder variants of the child's picture."""
    return [harder_reference(cast.child, seed) for seed in (SEED + 1, SEED + 2)]


def _file(content: bytes) -> "_TemporaryPhoto":
    return _TemporaryPhoto(content)


class _TemporaryPhoto:
    """Bytes as a file for the client, gone afterwards."""

    def __init__(self, content: bytes) -> None:
        self._content, self._folder = content, TemporaryDirectory()

    def __enter__(self) -> Path:
        file = Path(self._folder.name) / "photo.jpg"
        file.write_bytes(self._content)
        return file

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()


def _area(box: list[float]) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
