"""The kept token is its owner's alone."""

import stat
from pathlib import Path

import pytest

from homeward_client.credentials import Credentials, load, save
from homeward_client.errors import NotLoggedIn


def test_what_is_kept_is_read_again_and_only_its_owner_can(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "credentials.json"
    save(Credentials("https://a.example", "first"), file)
    save(Credentials("https://b.example", "second"), file)
    assert load(file) == Credentials("https://b.example", "second")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [path.name for path in file.parent.iterdir()] == ["credentials.json"]


@pytest.mark.parametrize("content", [None, "", "{", "[]", "{}", '{"url": "https://a.example"}', "\x00"])
def test_a_missing_or_damaged_file_asks_to_log_in(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "credentials.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(NotLoggedIn, match="homeward-client login"):
        load(file)
