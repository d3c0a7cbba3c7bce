"""From a dataset and a pack to everything a report states."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from indexer.evaluation.about import about_dataset, about_distractors, about_method, failures_to_enrol
from indexer.evaluation.alert import alert
from indexer.evaluation.case_search import case_search
from indexer.evaluation.dataset import read_dataset, read_distractors
from indexer.evaluation.discard import error_by_discard
from indexer.evaluation.embedded import EmbeddedPicture
from indexer.evaluation.faces import distractor_faces, faces_of
from indexer.evaluation.figures import Json
from indexer.evaluation.mirrors import mirrors
from indexer.evaluation.pictures import Picture
from indexer.evaluation.study import Study
from indexer.evaluation.verification import verification
from indexer.packs.base import PackInfo

FORMAT = 1


@dataclass(frozen=True)
class Wanted:
    """What is to be measured. ``command`` stands in the report as it is."""

    dataset: Path
    distractors: Path | None
    seed: int
    command: str


class Embed(Protocol):
    """Makes the files' templates, in order: of the largest face of each, or of every one. ``what`` they are."""

    def __call__(self, files: Sequence[Path], what: str, *, every_face: bool) -> list[EmbeddedPicture]: ...


@dataclass(frozen=True)
class Evaluation:
    """``report`` is what `report.json` holds; its plots are drawn from ``study``."""

    report: Json
    study: Study


def evaluate(wanted: Wanted, info: PackInfo, embed: Embed) -> Evaluation:
    """The same files, pack and seed make the same report. `EvaluationError`, and what ``embed`` raises."""
    dataset = read_dataset(wanted.dataset)
    strangers = read_distractors(wanted.distractors) if wanted.distractors else []
    made = embed([picture.file for picture in dataset.pictures], "People", every_face=False)
    pictures, embedded = once_each(dataset.pictures, made)
    known = {picture.digest for picture in embedded}
    others = [one for one in embed(strangers, "Distractors", every_face=True) if one.digest not in known]
    faces, more = faces_of(pictures, embedded, info.dimension), distractor_faces(others, info.dimension)
    study = Study.of(faces, more, wanted.seed)
    about: Json = {
        "format": FORMAT,
        "command": wanted.command,
        "seed": wanted.seed,
        "pack": {"name": info.name, "id": info.id, "licence": info.licence, "limits": info.limits},
        "dataset": about_dataset(dataset, faces),
        "distractors": about_distractors(wanted.distractors, len(strangers), len(others), more),
        "failures_to_enrol": failures_to_enrol(embedded, faces),
        "method": about_method(study),
    }
    return Evaluation(about | figures(study), study)


def figures(study: Study) -> Json:
    """Every protocol."""
    return {
        "case_search": case_search(study),
        "alert": alert(study),
        "verification": verification(study),
        "mirrored_templates": mirrors(study),
        "error_by_discard": error_by_discard(study),
    }


def once_each(
    pictures: Sequence[Picture], embedded: Sequence[EmbeddedPicture]
) -> tuple[list[Picture], list[EmbeddedPicture]]:
    """Without pictures that repeat an earlier one byte by byte: a copy would find itself."""
    first = {one.digest: number for number, one in reversed(list(enumerate(embedded)))}
    kept = sorted(first.values())
    return [pictures[number] for number in kept], [embedded[number] for number in kept]
