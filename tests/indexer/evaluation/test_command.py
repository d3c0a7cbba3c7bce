"""`homeward evaluate` from a folder of pictures to its report, on a small artificial set."""

import hashlib
import json
import re
import stat
from html.parser import HTMLParser

import pytest
from typer.testing import CliRunner

from indexer.cli import indexer_commands
from indexer.evaluation import commands
from indexer.settings import IndexerSettings
from tests.indexer.evaluation.family import write_family
from tests.indexer.pictures import drawn_photo


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("evaluation")


@pytest.fixture(scope="module")
def run(place, packs_folder):
    """Runs the command on the `open` pack, at a size of detection that is fast."""

    def evaluate(*arguments, dataset=None, report="out"):
        environment = {
            "HOMEWARD_DATA_DIR": str(place / "data"),
            "HOMEWARD_PACK_DIR": str(packs_folder),
            "HOMEWARD_DETECTION_SIDE_PX": "480",
        }
        given = ["evaluate", "--dataset", str(dataset or place / "family"), "--report", str(place / report)]
        result = CliRunner(env=environment).invoke(indexer_commands(IndexerSettings), [*given, *arguments])
        return result.exit_code, result.stdout, result.stderr

    return evaluate


@pytest.fixture(scope="module")
def done(run, place, pack):
    """One run, with two pictures without a face and a distractor."""
    assert write_family(pack, place / "family") == 12
    (place / "family" / "001A10.jpg").write_bytes(drawn_photo(1))
    (place / "family" / "002A10.jpg").write_bytes(b"")
    (place / "family" / "dataset.json").write_text('{"name": "Twelve <adults>", "licence": "of the sample picture"}')
    (place / "strangers").mkdir()
    (place / "strangers" / "none.jpg").write_bytes(drawn_photo(2))
    (place / "strangers" / "again.jpg").write_bytes((place / "family" / "003A02.jpg").read_bytes())
    return run("--distractors", str(place / "strangers"), "--json", "--seed", "7")


def without_times(text):
    return re.sub(r'"times": \{[^}]*\}', "", text)


def test_it_reports_as_json(done, place):
    status, out, err = done
    assert (status, err) == (0, "")
    report = json.loads(out)
    assert out == (place / "out" / "report.json").read_text()
    assert report["dataset"] | {"counted": 0} == {
        "name": "Twelve <adults>",
        "licence": "of the sample picture",
        "layout": "subject and age in file names",
        "people": 12,
        "pictures": 50,
        "exact_repeats_left_out": 0,
        "pictures_with_age": 50,
        "counted": 0,
        "counted_are": "under 19 years",
    }
    assert report["seed"] == 7
    assert report["pack"]["name"] == "open"
    assert report["distractors"]["pictures_of_the_dataset_left_out"] == 1
    assert report["distractors"]["faces_in_gallery"] == 0


def test_pictures_that_cannot_be_enrolled_are_counted_and_missed(done):
    report = json.loads(done[1])
    reasons = report["failures_to_enrol"]["by_reason"]
    assert reasons["no_face"] >= 1
    assert reasons["image_empty"] == 1
    # 12 people at 2, 5, 8, 11, and two of them at 10: without a face, but a parent's picture and a face on the street.
    bands = report["case_search"]["bands"]
    assert {name: band["searches"] for name, band in bands.items()} == {"1-3": 4, "3-6": 38, "6-10": 26, "10-17": 0}


def test_the_figures_are_of_real_templates(done):
    """Copies of one photograph: easy, and never a claim."""
    bands = json.loads(done[1])["case_search"]["bands"]
    assert bands["3-6"]["searches"] == 36 + 2
    assert bands["3-6"]["raw"]["hit_20"]["value"] > 0.85
    assert "300 faces" in bands["3-6"]["as"]["hit_20"]["not_measured"]
    assert bands["10-17"]["raw"]["hit_20"]["not_measured"] == "0 of at least 30 searches or pairs"


def test_the_same_input_makes_the_same_report_from_the_cache(done, run, place):
    cached = place / "data" / "evaluation" / "templates.db"
    assert stat.S_IMODE(cached.stat().st_mode) == 0o600
    before = hashlib.sha256(cached.read_bytes()).hexdigest()
    status, out, _ = run("--distractors", str(place / "strangers"), "--json", "--seed", "7", report="again")
    assert status == 0
    assert without_times(out) == without_times(done[1])
    assert hashlib.sha256(cached.read_bytes()).hexdigest() == before


class Page(HTMLParser):
    """Counts tags and keeps the values that could lead somewhere."""

    def __init__(self):
        super().__init__()
        self.tags, self.leads, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.leads += [
            value for name, value in attrs if name in {"src", "href", "srcset", "action", "data", "xlink:href"}
        ]

    def handle_data(self, data):
        self.text.append(data)


def test_the_page_is_one_file_that_fetches_nothing_and_runs_nothing(done, place):
    text = (place / "out" / "report.html").read_text()
    page = Page()
    page.feed(text)
    assert not {"script", "link", "iframe", "object", "embed", "form"} & set(page.tags)
    assert all(value.startswith("data:image/png;base64,") for value in page.leads)
    assert page.tags.count("img") >= 4
    assert not re.search(r"https?://|url\(|@import", text)
    assert "Homeward: open on Twelve <adults>" in "".join(page.text)  # escaped in the file
    assert "of the sample picture" in text
    assert "not measured" in text


def test_figures_are_told_on_screen_too(done, run, place):
    status, out, _ = run()
    assert status == 0
    assert "12 people" in out
    assert "3-6 (38 searches): raw" in out
    assert str(place / "out" / "report.html") in out


def test_twelve_people_are_too_few_to_fit_anything_and_the_report_says_so(done, run, place):
    status, out, err = run("--fit", "--json")
    assert status == 1
    assert err.startswith("homeward: Nothing was fitted: a half of the people makes")
    assert "not_fitted" in json.loads(out)["calibration"]
    assert not (place / "out" / "calibration.json").exists()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda _: None, "holds no picture"),
        (lambda folder: (folder / "001A02.jpg").touch(), "shows 1 person"),
        (lambda folder: (folder / "x.csv").write_text("file,subject\nno.jpg,1\n"), "Line 2 of x.csv cannot be used"),
    ],
)
def test_a_dataset_that_cannot_be_used_is_told_in_one_line(run, tmp_path, make, words):
    (tmp_path / "bad").mkdir()
    make(tmp_path / "bad")
    status, out, err = run(dataset=tmp_path / "bad")
    assert (status, out) == (1, "")
    assert words in err
    assert len(err.splitlines()) == 1


def test_a_report_that_cannot_be_written_is_told_before_the_work(run, done, place):
    (place / "a file").touch()
    status, _, err = run(report="a file")
    assert status == 1
    assert "cannot be written" in err


@pytest.mark.parametrize("arguments", [["--seed", "-1"], ["--distractors", "nowhere"], ["--unknown"]])
def test_wrong_usage_is_told_by_status_two(run, place, arguments):
    assert run(*arguments, dataset=place)[0] == 2


def test_an_unknown_pack_is_told(run, done):
    status, _, err = run("--pack", "nonesuch")
    assert status == 1
    assert "no pack called nonesuch" in err


def test_without_the_extra_one_line_says_how_to_install_it(run, place, monkeypatch):
    monkeypatch.setattr(commands, "find_spec", lambda _: None)
    status, out, err = run(dataset=place)
    assert (status, out) == (1, "")
    assert "needs matplotlib and scikit-learn: run `make evaluation`, or `uv pip install 'homeward[evaluate]'`" in err
    assert len(err.splitlines()) == 1
