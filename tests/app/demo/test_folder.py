"""Where the demo lives: it empties its own folder, and never another's."""

from pathlib import Path

import pytest

from app.demo.command import OwnPictures, _own_pictures, demo_command
from app.demo.installation import MARKER, DemoFailed, DemoFolderForeign, fresh_installation


def test_a_folder_with_anything_of_anothers_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(DemoFolderForeign):
        fresh_installation(tmp_path)
    with pytest.raises(DemoFolderForeign):
        demo_command(no_serve=True, folder=tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.txt"]


def test_an_earlier_demo_makes_way_for_the_next(tmp_path: Path) -> None:
    for _ in range(2):
        installation = fresh_installation(tmp_path / "demo")
        (installation.folder / "data").mkdir()
    assert {file.name for file in (tmp_path / "demo").iterdir()} == {MARKER, "data"}
    fresh_installation(tmp_path / "demo")
    assert [file.name for file in (tmp_path / "demo").iterdir()] == [MARKER]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DemoFailed, match="cannot be used"):
        fresh_installation(tmp_path / "file")


def test_own_folders_are_looked_into_before_anything_is_made(tmp_path: Path) -> None:
    photos, references = tmp_path / "photos", tmp_path / "references"
    photos.mkdir()
    references.mkdir()
    (photos / "one.JPG").touch()
    (references / "note.txt").touch()
    with pytest.raises(DemoFailed, match=f"no JPEG, PNG or WebP photo in {references}"):
        _own_pictures(photos, references)
    (references / "two.png").touch()
    assert _own_pictures(photos, references) == OwnPictures(photos, references)
    assert _own_pictures(None, None) is None
