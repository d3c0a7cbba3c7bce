"""`homeward packs` through its command line: exit status, output for people and for programs, one-line errors."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from app.cli import cli
from indexer.packs.commands import pack_commands
from indexer.settings import IndexerSettings
from tests.shared import shared_path

SMALL = "mbf-int8"


@pytest.fixture
def run(tmp_path, monkeypatch, packs_folder, small_packs_folder):
    """Runs `packs` in a data directory that has both packs."""
    monkeypatch.setenv("HOMEWARD_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("HOMEWARD_PACK", raising=False)
    place = tmp_path / "data" / "packs"
    shutil.copytree(packs_folder, place)
    shutil.copytree(small_packs_folder / SMALL, place / SMALL)
    return lambda *arguments: CliRunner().invoke(pack_commands(IndexerSettings), arguments)


@pytest.fixture
def detector(run, tmp_path):
    return tmp_path / "data" / "packs" / SMALL / "det_500m.onnx"


def test_list_shows_what_is_known_what_is_here_and_what_is_in_use(run):
    said = run("list")
    assert said.exit_code == 0
    assert f"{SMALL} (installed)" in said.stdout
    assert "open (in use)" in said.stdout
    assert "buffalo_l (not installed)" in said.stdout
    assert "non-commercial" in said.stdout


def test_list_for_programs_is_json(run):
    rows = {row["name"]: row for row in json.loads(run("list", "--json").stdout)}
    assert rows.keys() == {"open", "buffalo_l", SMALL}
    assert (rows["open"]["installed"], rows["open"]["in_use"]) == (True, True)
    assert (rows["buffalo_l"]["installed"], rows["buffalo_l"]["in_use"]) == (False, False)


def test_list_does_not_stumble_over_a_folder_with_an_odd_name(run, detector):
    shutil.copytree(detector.parent, detector.parent.with_name("my pack.old"))
    assert run("list").exit_code == 0


def test_verify_checks_every_installed_pack(run):
    said = run("verify")
    assert (said.exit_code, said.stdout) == (0, f"{SMALL}: as installed\nopen: as installed\n")


def test_verify_for_programs_is_json_and_nothing_else(run):
    said = run("verify", "--json")
    assert said.exit_code == 0
    assert json.loads(said.stdout) == {SMALL: None, "open": None}


def test_verify_fails_for_one_damaged_pack_and_checks_the_others(run, detector):
    detector.write_bytes(detector.read_bytes()[:-1])
    said = run("verify", "--json")
    problems = json.loads(said.stdout)
    assert said.exit_code == 1
    assert problems["open"] is None
    assert "det_500m.onnx" in problems[SMALL]
    assert run("verify", "open").exit_code == 0
    assert run("verify", SMALL).exit_code == 1


def test_verify_of_an_unknown_pack_fails_in_one_line(run):
    said = run("verify", "nowhere")
    assert (said.exit_code, said.stdout) == (1, "")
    assert said.stderr.startswith("nowhere: There is no pack called nowhere")
    assert said.stderr.count("\n") == 1


def test_install_shows_the_licence_and_refuses_until_it_is_accepted(run):
    said = run("install", "buffalo_l")
    assert said.exit_code == 1
    assert "non-commercial" in said.stdout
    assert said.stderr.strip().endswith("read and accepted first: add --accept-license.")


def test_install_records_the_pack_and_says_how_to_use_it(run, tmp_path):
    said = run("install", "mine", "--accept-license", "--from", str(shared_path(f"packs/{SMALL}")))
    assert said.exit_code == 0
    assert "HOMEWARD_PACK=mine" in said.stdout
    record = json.loads((tmp_path / "data" / "packs" / "mine" / "pack.json").read_text())
    assert record["name"] == "mine"
    assert record["accepted_at"].endswith("+00:00")
    assert record["licence"].startswith("As stated by whoever gave you")
    assert len(record["files"]) == 2


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("mine", "--accept-license", "--from", "/nowhere/pack.zip"), "give --from an existing folder or ZIP"),
        (("mine", "--accept-license"), "name its folder or ZIP with --from"),
        (("../mine", "--accept-license"), "There is no pack called ../mine"),
    ],
)
def test_install_says_in_one_line_what_was_wrong(run, arguments, reason):
    said = run("install", *arguments)
    assert said.exit_code == 1
    assert reason in said.stderr
    assert said.stderr.strip().count("\n") == 0


def test_install_open_repairs_a_damaged_conversion(run, tmp_path):
    damaged = next((tmp_path / "data" / "packs" / "open").glob("*detector.onnx"))
    damaged.write_bytes(damaged.read_bytes()[:-1])
    assert run("verify", "open").exit_code == 1
    assert run("install", "open", "--accept-license").exit_code == 0
    assert run("verify", "open").exit_code == 0


def test_a_setting_of_the_service_does_not_disturb_the_packs(run, tmp_path):
    (tmp_path / "data" / "homeward.toml").write_text("port = 8123\n")
    assert CliRunner().invoke(cli, ["packs", "list"]).exit_code == 0


def test_a_wrong_setting_ends_with_two_and_one_line(run, monkeypatch):
    monkeypatch.setenv("HOMEWARD_INFERENCE_THREADS", "many")
    said = CliRunner().invoke(cli, ["packs", "verify"])
    assert (said.exit_code, said.stdout) == (2, "")
    assert said.stderr.startswith("homeward: setting inference_threads:")
    assert said.stderr.count("\n") == 1
