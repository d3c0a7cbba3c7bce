"""A folder of pictures as a cohort, and the command that makes it so."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from indexer.cohorts import folder as folder_module
from indexer.cohorts import opened as opened_module
from indexer.cohorts.folder import cohort_from_folder
from indexer.cohorts.keeper import is_replacement_due
from indexer.cohorts.records import load_cohort, newest
from indexer.context import Context
from indexer.decode_pool import DecodePool
from indexer.errors import CohortNotNeeded, CohortTooSmall
from indexer.packs.base import Pack
from models.cohort import CohortSource
from models.session import Database
from tests.contracts.test_packs import found, picture
from tests.indexer.cohorts.test_keeper import Kept
from tests.indexer.installation import installation


@pytest.fixture(scope="session")
def faces_folder(pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty pictures of six people, one of them twice, one without a face and one that is no picture."""
    folder = tmp_path_factory.mktemp("children")
    for number, face in enumerate(found(pack)):
        left, top, right, bottom = (round(edge) for edge in face.box)
        wide = picture()[max(0, top - 40) : bottom + 40, max(0, left - 40) : right + 40, ::-1]
        for step in range(10):
            look = np.clip(wide.astype(np.int16) + 4 * step, 0, 255).astype(np.uint8)
            cv2.imwrite(str(folder / f"{number}-{step}.jpg"), look)
    (folder / "again.jpg").write_bytes((folder / "0-0.jpg").read_bytes())
    cv2.imwrite(str(folder / "grey.png"), np.full((200, 200, 3), 90, np.uint8))
    (folder / "text.jpg").write_text("not a picture")
    return folder


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def test_each_picture_with_a_face_of_its_own_is_a_member(
    open_context_for_tests: Context, faces_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(folder_module, "LEAST_COHORT", 55)
    context, told = open_context_for_tests, []
    made = cohort_from_folder(context, files(faces_folder), lambda: told.append(1))
    assert (made.source, made.size, len(told)) == (CohortSource.FOLDER, 60, 63)
    with context.database.reading() as session:
        record = newest(session, context.pack.info.id, ready=False)
        assert record is not None
        cohort = load_cohort(session, context.keyring, record, context.pack.info.dimension)
        assert not is_replacement_due(session, context.pack.info.id)
    assert (len(cohort), cohort.variants) == (60, 1)
    assert np.linalg.norm(cohort.templates, axis=1) == pytest.approx(np.ones(60), abs=1e-3)
    same = (cohort.templates @ cohort.templates.T) > 0.8
    assert same.sum() >= 300  # ten looks of each person


def test_too_few_faces_are_refused_and_nothing_is_kept(open_context_for_tests: Context, faces_folder: Path):
    with pytest.raises(CohortTooSmall, match="Only 2 pictures"):
        cohort_from_folder(open_context_for_tests, files(faces_folder)[:2], lambda: None)
    with open_context_for_tests.database.reading() as session:
        assert newest(session, open_context_for_tests.pack.info.id, ready=False) is None


def test_references_of_cases_come_before_any_folder(world: Kept):
    world.add_cases(75)
    with pytest.raises(CohortNotNeeded, match="375"):
        cohort_from_folder(world.keeper._context, [], lambda: None)


@pytest.fixture
def world(database: Database, tmp_path: Path, settings, decode_pool: DecodePool) -> Kept:
    return Kept.at(database, tmp_path).begin(settings, decode_pool)


@pytest.mark.slow
def test_the_command_says_what_is_used_and_takes_a_folder(
    tmp_path: Path,
    pack: Pack,
    packs_folder: Path,
    decode_pool: DecodePool,
    faces_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    with installation(tmp_path, pack, packs_folder, decode_pool) as installed:
        status, out, _ = installed.run("scores", "cohort")
        assert (status, out) == (
            1,
            "Scores are raw: 300 references of other cases are needed for each case (about 375 in all), 0 are there\n",
        )
        few = tmp_path / "few"
        few.mkdir()
        for file in files(faces_folder)[:2]:
            shutil.copyfile(file, few / file.name)
        status, _, err = installed.run("scores", "cohort", "--folder", str(few))
        assert status == 1
        assert "Only 2 pictures" in err
        for module in (folder_module, opened_module):
            monkeypatch.setattr(module, "LEAST_COHORT", 55)
        status, out, _ = installed.run("scores", "cohort", "--folder", str(faces_folder), "--json")
        assert (status, json.loads(out)) == (0, {"source": "folder", "faces": 60, "references": 0})
