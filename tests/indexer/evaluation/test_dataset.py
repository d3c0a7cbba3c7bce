"""The three layouts, what a dataset says of itself, and bad input."""

import json
import re

import pytest

from indexer.errors import (
    DatasetEmpty,
    DatasetLineWrong,
    DatasetTooFewPeople,
    DatasetUnclear,
    DatasetUnreadable,
)
from indexer.evaluation.dataset import NOT_STATED, Layout, read_dataset, read_distractors


@pytest.fixture
def place(tmp_path):
    """Makes a folder of empty files, which nothing here opens."""

    def make(*names):
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
        return tmp_path

    return make


def test_a_folder_for_each_person_tells_who_it_is_and_no_age(place):
    dataset = read_dataset(place("anna/1.jpg", "anna/deeper/2.PNG", "ben/1.jpg", "ben/notes.txt", "ben/.hidden.jpg"))
    assert dataset.layout is Layout.FOLDERS
    assert [(picture.subject, picture.file.name, picture.age) for picture in dataset.pictures] == [
        ("anna", "1.jpg", None),
        ("anna", "2.PNG", None),
        ("ben", "1.jpg", None),
    ]


def test_names_tell_subject_and_age_and_letters_after_the_age_do_not_count(place):
    dataset = read_dataset(place("images/001A02.jpg", "images/001A43b.JPG", "images/002a18.jpg", "points/001a02.pts"))
    assert dataset.layout is Layout.NAMES
    assert [(picture.subject, picture.age) for picture in dataset.pictures] == [("001", 2), ("001", 43), ("002", 18)]


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["001A02.jpg", "002A03.jpg", "holiday.jpg"], "holiday.jpg does not fit"),
        (["001A02.jpg", "002A121.jpg"], "nobody is 121 years old"),
        (["anna/1.jpg", "ben/1.jpg", "lost.jpg"], "lost.jpg does not fit.*in no person's folder"),
    ],
)
def test_a_file_that_fits_no_layout_is_named(place, names, reason):
    with pytest.raises(DatasetUnclear, match=reason):
        read_dataset(place(*names))


def test_a_folder_without_a_picture_is_refused(place):
    with pytest.raises(DatasetEmpty, match="holds no picture"):
        read_dataset(place("readme.txt"))
    with pytest.raises(DatasetEmpty):
        read_distractors(place("readme.txt"))


def test_one_person_alone_is_refused(place):
    with pytest.raises(DatasetTooFewPeople, match="1 person"):
        read_dataset(place("001A02.jpg", "001A05.jpg"))


def test_a_dataset_says_its_name_and_licence(place):
    folder = place("anna/1.jpg", "ben/1.jpg")
    assert (read_dataset(folder).name, read_dataset(folder).licence) == (folder.name, NOT_STATED)
    (folder / "LICENSE").write_text("\n  For research only \nmore\n")
    assert read_dataset(folder).licence == "For research only"
    (folder / "dataset.json").write_text(json.dumps({"name": "Two people", "licence": "with their consent"}))
    assert (read_dataset(folder).name, read_dataset(folder).licence) == ("Two people", "with their consent")


@pytest.mark.parametrize("content", ["{", "[]"])
def test_a_description_that_cannot_be_read_is_told(place, content):
    folder = place("anna/1.jpg", "ben/1.jpg")
    (folder / "dataset.json").write_text(content)
    with pytest.raises(DatasetUnreadable, match=re.escape("dataset.json")):
        read_dataset(folder)


@pytest.fixture
def table(place):
    folder = place("a.jpg", "b.jpg", "c.jpg")

    def write(*lines, name="people.csv"):
        (folder / name).write_text("\n".join(lines), encoding="utf-8-sig")
        return folder

    return write


def test_a_table_tells_ages_or_dates_sex_and_group(table):
    folder = table(
        "File,Subject,Age,Date,Birth_date,Sex,Group,camera",
        "a.jpg,anna,4.5,,,f,north,x",
        "b.jpg,ben,,2020-07-01,2012-01-01,m,,x",
        "",
        "c.jpg,cleo,,2020-07-01,,,,x",
    )
    dataset = read_dataset(folder)
    assert dataset.layout is Layout.TABLE
    assert [(one.subject, one.sex, one.group) for one in dataset.pictures] == [
        ("anna", "f", "north"),
        ("ben", "m", None),
        ("cleo", None, None),
    ]
    assert [one.age for one in dataset.pictures] == [4.5, pytest.approx(8.5, abs=0.01), None]
    assert read_dataset(folder / "people.csv") == dataset


def test_a_table_may_be_parted_by_semicolons(table):
    assert [one.age for one in read_dataset(table("file;subject;age", "a.jpg;1;3", "b.jpg;2;4")).pictures] == [3, 4]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("b.jpg,ben", "Line 3 of people.csv.*2 cells"),
        ("b.jpg,,3", "Line 3.*subject must be given"),
        ("nowhere.jpg,ben,3", "Line 3.*no file nowhere.jpg"),
        ("b.jpg,ben,three", "Line 3.*'three' is no number"),
        ("b.jpg,ben,nan", "Line 3.*cannot be"),
        ("b.jpg,ben,-1", "Line 3.*cannot be"),
        ("a.jpg,ben,3", "Line 3.*line 2 already"),
        ('"b.jpg,ben,3', "Line 3"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_by_its_number(table, line, reason):
    with pytest.raises(DatasetLineWrong, match=reason):
        read_dataset(table("file,subject,age", "a.jpg,anna,2", line))


def test_a_date_is_written_one_way(table):
    with pytest.raises(DatasetLineWrong, match=r"Line 2.*'1\.7\.2020' is no day written as YYYY-MM-DD"):
        read_dataset(table("file,subject,date,birth_date", "a.jpg,anna,1.7.2020,2012-01-01"))


def test_a_table_names_its_columns(table):
    with pytest.raises(DatasetLineWrong, match=r"Line 1.*no column `subject`"):
        read_dataset(table("file,person", "a.jpg,anna"))


def test_a_table_of_no_line_is_empty(table):
    with pytest.raises(DatasetEmpty):
        read_dataset(table("file,subject"))


def test_a_table_in_another_encoding_is_told(place):
    folder = place("a.jpg")
    (folder / "people.csv").write_bytes(b"file,subject\na.jpg,J\xf6rg\n")
    with pytest.raises(DatasetUnreadable, match=r"people\.csv cannot be read"):
        read_dataset(folder)


def test_of_two_tables_one_must_be_chosen(table):
    table("file,subject", "a.jpg,1", "b.jpg,2", name="one.csv")
    folder = table("file,subject", "a.jpg,1", "c.jpg,2", name="two.csv")
    with pytest.raises(DatasetUnclear, match=r"two\.csv.*one\.csv is there too"):
        read_dataset(folder)
    assert len(read_dataset(folder / "two.csv").pictures) == 2


def test_links_are_followed_and_a_folder_counts_once(place, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "1.jpg").touch()
    folder = place("ben/1.jpg")
    (folder / "anna").symlink_to(elsewhere)
    (folder / "ben" / "2.jpg").symlink_to(elsewhere / "1.jpg")
    (folder / "ben" / "round").symlink_to(folder)
    (folder / "ben" / "gone.jpg").symlink_to(elsewhere / "gone.jpg")
    assert [(one.subject, one.file.name) for one in read_dataset(folder).pictures] == [
        ("anna", "1.jpg"),
        ("ben", "1.jpg"),
        ("ben", "2.jpg"),
    ]
