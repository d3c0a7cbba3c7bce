"""Which files of a folder are sent, and that addresses in the clear are refused."""

from pathlib import Path

import pytest
import typer

from homeward_client.cli import _refuse_plain_http
from homeward_client.uploads import photos_in


def test_photos_of_a_folder_are_found_at_any_depth_and_links_are_not_followed(tmp_path: Path) -> None:
    for name in ("b.JPG", "a.png", "deep/er/c.webp", "notes.txt", "d.gif"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    (tmp_path / "link.jpg").symlink_to(tmp_path / "notes.txt")
    found = [str(file.relative_to(tmp_path)) for file in photos_in(tmp_path)]
    assert found == ["a.png", "b.JPG", "deep/er/c.webp"]
    assert photos_in(tmp_path / "notes.txt") == [tmp_path / "notes.txt"]


@pytest.mark.parametrize(
    "url", ["http://homeward.example", "http://localhost.evil.example", "ftp://localhost", "homeward", "https://", ""]
)
def test_an_address_in_the_clear_is_refused(url: str) -> None:
    with pytest.raises(typer.BadParameter):
        _refuse_plain_http(url)


@pytest.mark.parametrize("url", ["https://homeward.example", "http://127.0.0.1:8000", "http://localhost:8000"])
def test_tls_and_this_machine_are_taken(url: str) -> None:
    _refuse_plain_http(url)
