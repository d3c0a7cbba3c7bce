"""A calibration is installed, applied to what was entered, and removed again."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from indexer.calibration import Calibration
from indexer.calibrations import calibration_in_use, install_calibration, read_calibration, remove_calibration
from indexer.context import Context
from indexer.decode_pool import DecodePool
from indexer.errors import CalibrationWrong
from indexer.likelihood import KnownOfCase, covariates, figure_of
from indexer.linking.threshold import Linking
from indexer.packs.base import Pack
from indexer.plausibility import ChildEntries, PhotoEntries, ReferenceEntries
from models.calibration import CalibrationRecord
from models.records import SearchResult
from models.session import Database
from models.user import Role
from tests.indexer.gallery.synthetic import around, strangers
from tests.indexer.installation import installation
from tests.indexer.test_search import listed, searched
from tests.indexer.worlds import DIMENSION, PACK_ID, DrawnPack, World
from tests.models.factories import make_user

MADE = Calibration(
    pack_id=PACK_ID,
    kind="raw",
    coefficients={"intercept": -2.0, "score": 5.0, "gap_years": -0.1},
    ranges={"score": (-0.2, 1.0), "gap_years": (0.0, 10.0)},
    lowest=-2.0,
    highest=2.5,
    description={"name": "drawn"},
    made_at="2026-11-23T00:00:00+00:00",
)


def context_of(world: World) -> Context:
    made = Context(None, world.keyring, world.database, None, None)  # type: ignore[arg-type]
    made.__dict__["_pack"] = DrawnPack()
    return made


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return World.at(database, tmp_path)


def test_a_search_tells_the_ratio_where_all_it_needs_was_said(world: World):
    install_calibration(context_of(world), MADE)
    child = strangers(1, DIMENSION, 1)
    dated, undated = world.add_faces(around(np.repeat(child, 2, axis=0), 0.6, 2))
    with world.database.writing() as session:
        world.describe(session, dated, make_user(session, Role.VOLUNTEER), faces=1, taken_at="2024-06-01T00:00:00")
    details = {"birth_date": "2015-06-01"}
    search = searched(world, world.add_case(child, details=details, ages=[4.0]))
    results = {candidate.face_id: result for result, candidate in listed(world, search)}
    assert results[undated].llr is None
    score = results[dated].score
    assert results[dated].llr == pytest.approx(-2 + 5 * score - 0.1 * 5.0, abs=2e-3)


def test_without_a_calibration_of_this_kind_of_score_nothing_is_told(world: World):
    install_calibration(context_of(world), replace(MADE, kind="as"))
    child = strangers(1, DIMENSION, 1)
    world.add_faces(around(child, 0.6, 2))
    rows: list[tuple[SearchResult, object]] = listed(world, searched(world, world.add_case(child, ages=[4.0])))
    assert [result.llr for result, _ in rows] == [None]


def test_a_calibration_replaces_the_one_before_and_can_be_removed(world: World):
    context = context_of(world)
    install_calibration(context, MADE)
    install_calibration(context, replace(MADE, highest=1.0))
    with world.database.reading() as session:
        found = calibration_in_use(session, PACK_ID, "raw")
        assert found == replace(MADE, highest=1.0)
        assert calibration_in_use(session, "another", "raw") is None
        assert calibration_in_use(session, PACK_ID, "as") is None
    remove_calibration(context)
    remove_calibration(context)
    with world.database.reading() as session:
        assert calibration_in_use(session, PACK_ID, "raw") is None


def test_one_of_another_pack_or_damaged_is_no_calibration(world: World, tmp_path: Path):
    with pytest.raises(CalibrationWrong, match="another"):
        install_calibration(context_of(world), replace(MADE, pack_id="another"))
    for text in ("", "[]", "{}", '{"format": 2}', MADE.to_json().replace("-2.0", "NaN")):
        (tmp_path / "made.json").write_text(text)
        with pytest.raises(CalibrationWrong):
            read_calibration(tmp_path / "made.json")
    (tmp_path / "made.json").write_bytes(b"\xff\xfe")
    with pytest.raises(CalibrationWrong):
        read_calibration(tmp_path / "made.json")
    with world.database.writing() as session:
        session.add(CalibrationRecord(pack_id=PACK_ID, content={"format": 1}))
    with world.database.reading() as session:
        assert calibration_in_use(session, PACK_ID, "raw") is None


def test_one_whose_content_is_of_another_pack_is_not_used(world: World):
    with world.database.writing() as session:
        session.add(CalibrationRecord(pack_id=PACK_ID, content=replace(MADE, pack_id="another").content))
    with world.database.reading() as session:
        assert calibration_in_use(session, PACK_ID, "raw") is None


def test_what_is_known_of_both_sides_is_worked_out_from_entries():
    child = ChildEntries(born=date(2015, 6, 1))
    references = [ReferenceEntries(age_years=2.0), ReferenceEntries(taken_on=date(2019, 6, 1)), ReferenceEntries()]
    photo = PhotoEntries(sent_on=date(2024, 7, 1), taken_on=(date(2024, 6, 1), date(2030, 1, 1)))
    known = covariates(KnownOfCase(child, references, 0.8), photo, 0.6)
    assert known == {
        "gap_years": pytest.approx(5.0, abs=0.01),
        "youngest_age": pytest.approx(4.0, abs=0.01),
        "quality": 0.6,
        "references": 3.0,
    }
    nobody = covariates(KnownOfCase(ChildEntries(), [ReferenceEntries()], None), PhotoEntries(date(2024, 7, 1)), 0.6)
    assert nobody == {"gap_years": None, "youngest_age": None, "quality": None, "references": 1.0}


def test_a_face_that_was_never_measured_has_no_figure():
    assert figure_of({"reasons": []}, DrawnPack.info.quality) is None


def test_the_command_installs_shows_and_removes(
    tmp_path: Path, pack: Pack, packs_folder: Path, decode_pool: DecodePool
):
    file = tmp_path / "calibration.json"
    file.write_text(replace(MADE, pack_id=pack.info.id).to_json())
    with installation(tmp_path, pack, packs_folder, decode_pool) as installed:
        status, out, _ = installed.run("scores", "calibration")
        assert (status, out) == (1, "No calibration: `llr` is null in every answer\n")
        status, out, _ = installed.run("scores", "calibration", "--install", str(file))
        assert status == 0
        assert out.startswith("Calibration of pack open: raw scores, made 2026-11-23")
        status, out, _ = installed.run("scores", "calibration", "--json")
        assert json.loads(out)["calibration"]["coefficients"]["score"] == 5.0
        file.write_text(MADE.to_json())
        status, _, err = installed.run("scores", "calibration", "--install", str(file))
        assert status == 1
        assert "Traceback" not in err
        assert "was fitted for pack synthetic" in err
        assert installed.run("scores", "calibration", "--remove")[0] == 0
        assert installed.run("scores", "calibration")[0] == 1


def test_the_command_installs_a_threshold_for_links(
    tmp_path: Path, pack: Pack, packs_folder: Path, decode_pool: DecodePool
):
    file = tmp_path / "linking.json"
    file.write_text(Linking(pack.info.id, 0.72, 0.9931, 5000, {}, MADE.made_at).to_json())
    with installation(tmp_path, pack, packs_folder, decode_pool) as installed:
        assert installed.run("scores", "linking")[:2] == (1, "No threshold: only copies of one photo are linked\n")
        status, out, _ = installed.run("scores", "linking", "--install", str(file))
        assert status == 0
        assert out.startswith("Faces are linked from a raw score of 0.72 on: at least 99.3 %")
        assert json.loads(installed.run("scores", "linking", "--json")[1])["linking"]["score"] == 0.72
