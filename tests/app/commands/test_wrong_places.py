"""Settings and places that cannot be right: one line that says what to do, status 1 or 2, and nothing made."""

import socket
from pathlib import Path

import pytest

from indexer.keyring import KeyRing
from tests.app.commands.conftest import Homeward, Place

QUICK = ("init", "--retention", "12", "--key-copied")
pytestmark = pytest.mark.parametrize("place", ["sqlite"], indirect=True)


def refused(homeward: Homeward, *arguments: str) -> tuple[int, str]:
    """Status and the one line on standard error."""
    ran = homeward(*arguments)
    assert (ran.out, ran.err.count("\n"), ran.err[:10]) == ("", 1, "homeward: ")
    return ran.status, ran.err[10:]


def test_settings_that_are_not_text(homeward: Homeward, place: Place):
    place.data.mkdir(mode=0o700)
    (place.data / "homeward.toml").write_bytes(b'pack = "\xff\xfe"')
    status, said = refused(homeward, "doctor")
    assert (status, said.startswith("homeward.toml cannot be read")) == (2, True)


@pytest.mark.parametrize("url", ["mysql://x", "postgresql://x", "x", "postgresql+psycopg://h:port/x"])
def test_a_database_that_is_not_ours(homeward: Homeward, monkeypatch: pytest.MonkeyPatch, url: str):
    monkeypatch.setenv("HOMEWARD_DATABASE_URL", url)
    status, said = refused(homeward, "doctor")
    assert (status, "database_url" in said, "postgresql+psycopg://NAME:PASSWORD@HOST" in said) == (2, True, True)


def test_a_data_directory_that_cannot_be_made(homeward: Homeward, place: Place, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOMEWARD_DATA_DIR", "/proc/nowhere")
    status, said = refused(homeward, *QUICK)
    assert (status, said.startswith("The data directory /proc/nowhere cannot be used: ")) == (1, True)
    place.data.touch()
    monkeypatch.setenv("HOMEWARD_DATA_DIR", str(place.data))
    assert refused(homeward, *QUICK)[1].startswith(f"The data directory {place.data} cannot be used: it is a file")
    assert not place.key.exists()


@pytest.mark.parametrize("command", [("doctor",), ("serve",), ("work", "--once"), ("users", "list")])
def test_no_installation(homeward: Homeward, place: Place, command: tuple[str, ...]):
    status, said = refused(homeward, *command)
    assert (status, said) == (
        1,
        f"There is no installation in {place.data}: run `homeward init`, or set HOMEWARD_DATA_DIR to where it is.\n",
    )
    assert not place.data.exists()


@pytest.mark.parametrize("name", ["homeward.db", "homeward.db-wal", "blobs", "gallery", "homeward.toml"])
@pytest.mark.parametrize("command", [("users", "list"), ("work", "--once"), ("serve",)])
def test_what_others_can_read(homeward: Homeward, place: Place, command: tuple[str, ...], name: str):
    homeward(*QUICK)
    path = place.data / name
    if not path.exists():
        path.touch() if path.suffix else path.mkdir()
    path.chmod(0o640)
    status, said = refused(homeward, *command)
    assert (status, said) == (
        1,
        f"{path} can be read by others (mode 0640); run `chmod go-rwx {path}`.\n",
    )
    path.chmod(0o700)
    assert homeward("users", "list").status == 0


def test_a_data_directory_that_others_can_enter_stops_the_worker_too(homeward: Homeward, place: Place):
    homeward(*QUICK)
    place.data.chmod(0o710)
    status, said = refused(homeward, "work", "--once")
    assert (status, said) == (
        1,
        f"The data directory {place.data} can be entered by others (mode 0710); run `chmod 700 {place.data}`.\n",
    )


def test_a_key_that_is_no_random_one(homeward: Homeward, place: Place):
    homeward(*QUICK)
    place.key.write_text(KeyRing(bytes(range(15)) + bytes(17)).copy_text)
    for command in (("serve",), ("work", "--once")):
        status, said = refused(homeward, *command)
        assert (status, said.startswith(f"The key file {place.key} is not the right one: it is not random")) == (
            1,
            True,
        )


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({"PUBLIC_ORIGIN": "http://homeward.example"}, "public_origin must be like https://"),
        ({"PUBLIC_ORIGIN": "https://homeward.example/pages"}, "public_origin must be like https://"),
        ({"PUBLIC_ORIGIN": "https://192.168.1.5"}, "browsers make no passkey for an IP address"),
        ({"PUBLIC_ORIGIN": "https://hëimweg.example"}, "in the letters that browsers send"),
        ({"REQUIRE_PASSKEYS": "true"}, "require_passkeys needs public_origin"),
    ],
)
def test_an_address_that_no_passkey_is_made_for(
    homeward: Homeward, monkeypatch: pytest.MonkeyPatch, names: dict[str, str], said: str
):
    for name, value in names.items():
        monkeypatch.setenv(f"HOMEWARD_{name}", value)
    status, line = refused(homeward, "serve")
    assert (status, said in line) == (2, True)


def test_a_pack_that_is_not_here(homeward: Homeward, monkeypatch: pytest.MonkeyPatch):
    homeward(*QUICK)
    monkeypatch.setenv("HOMEWARD_PACK", "nosuch")
    assert refused(homeward, "serve")[1].startswith("There is no pack called nosuch")
    monkeypatch.setenv("HOMEWARD_PACK", "buffalo_l")
    assert "run `homeward packs install buffalo_l --accept-license`" in refused(homeward, "serve")[1]
    assert "name its folder or ZIP with --from" in homeward("packs", "install", "own", "--accept-license").err


def test_a_port_in_use_and_a_host_that_is_none(homeward: Homeward, monkeypatch: pytest.MonkeyPatch):
    homeward(*QUICK)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("HOMEWARD_PORT", str(port))
        status, said = refused(homeward, "serve")
    assert (status, said.startswith(f"127.0.0.1 port {port} cannot be listened on: Address already in use")) == (
        1,
        True,
    )
    monkeypatch.setenv("HOMEWARD_HOST", "no.such.host.invalid")
    monkeypatch.setenv("HOMEWARD_BEHIND_PROXY", "true")
    assert refused(homeward, "serve")[1].startswith("no.such.host.invalid port")


def test_certificates_that_are_none(homeward: Homeward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    homeward(*QUICK)
    monkeypatch.setenv("HOMEWARD_PORT", "0")
    for file in ("TLS_CERTIFICATE", "TLS_KEY"):
        monkeypatch.setenv(f"HOMEWARD_{file}", str(tmp_path / file))
    assert refused(homeward, "serve")[1].startswith("HOMEWARD_TLS_CERTIFICATE and HOMEWARD_TLS_KEY cannot be used: ")
    (tmp_path / "TLS_CERTIFICATE").write_text("no certificate")
    (tmp_path / "TLS_KEY").write_text("no key")
    assert refused(homeward, "serve")[1].startswith("HOMEWARD_TLS_CERTIFICATE and HOMEWARD_TLS_KEY cannot be used: ")


def test_a_folder_without_a_photo(homeward: Homeward, tmp_path: Path):
    homeward(*QUICK)
    (tmp_path / "empty").mkdir()
    status, said = refused(homeward, "ingest", str(tmp_path / "empty"), "--as", "vera")
    assert (status, said.startswith(f"there is no file in {tmp_path / 'empty'}")) == (1, True)
