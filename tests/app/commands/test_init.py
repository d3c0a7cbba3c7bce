"""`homeward init`."""

import stat

import pytest

from indexer.keyring import KeyRing
from tests.app.commands.conftest import Homeward, Place

QUICK = ("init", "--retention", "12", "--key-copied", "--json")


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_makes_a_folder_and_a_key_for_the_owners_eyes_and_two_invitations(homeward: Homeward, place: Place):
    ran = homeward(*QUICK)
    assert ran.status == 0
    assert set(ran.json["invitations"]) == {"supervisor", "admin"}
    assert ran.json["retention_months"] == 12
    assert (mode(place.data), mode(place.key)) == (0o700, 0o600)
    assert {mode(file) for file in place.data.iterdir() if file.is_file()} <= {0o600}
    assert KeyRing.load(place.key).copy_text not in ran.out + ran.err


def test_a_second_run_overwrites_neither_key_nor_data(homeward: Homeward, place: Place):
    first, key = homeward(*QUICK), place.key.read_bytes()
    second = homeward("init", "--retention", "36", "--json")
    assert second.status == 0
    assert second.json["retention_months"] == 12
    assert place.key.read_bytes() == key
    assert second.json["invitations"].keys() == first.json["invitations"].keys()
    assert set(second.json["invitations"].values()).isdisjoint(first.json["invitations"].values())


def test_the_key_copy_is_shown_and_its_end_asked_back(homeward: Homeward, place: Place):
    refused = homeward("init", "--retention", "3", typed="wrong\nwrong\nwrong\n")
    assert refused.status == 1
    assert refused.err.endswith("run `homeward init` again when you can keep a copy.\n")
    ring = KeyRing.load(place.key)
    assert ring.copy_text in refused.err
    kept = homeward("init", "--retention", "3", typed=f"wrong\n{ring.last8.lower()}\n")
    assert kept.status == 0
    assert ring.copy_text in kept.err
    assert ring.copy_text not in homeward("init").err


def test_retention_is_asked_and_twelve_months_offered(homeward: Homeward):
    ran = homeward("init", "--key-copied", typed="5\n\n")
    assert ran.status == 0
    assert ran.err.count("(3, 12, 36)?") == 2
    assert "kept for 12 months" in ran.out


def test_another_retention_is_wrong_usage(homeward: Homeward):
    assert homeward("init", "--retention", "5", "--key-copied").status == 2


def test_a_key_inside_the_data_directory_is_refused(homeward: Homeward, place: Place, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOMEWARD_KEY_FILE", str(place.data / "x" / ".." / "master.key"))
    ran = homeward(*QUICK)
    assert ran.status == 1
    assert "lies inside the data directory" in ran.err
    assert not place.data.exists()


def test_data_without_their_key_never_get_a_new_one(homeward: Homeward, place: Place):
    homeward(*QUICK)
    place.key.unlink()
    ran = homeward(*QUICK)
    assert ran.status == 1
    assert ran.err.startswith("homeward: There is no key file at")
    assert not place.key.exists()


def test_another_key_is_noticed(homeward: Homeward, place: Place):
    homeward(*QUICK)
    place.key.unlink()
    KeyRing.create(place.key)
    for command in (QUICK, ("users", "list"), ("serve",)):
        ran = homeward(*command)
        assert ran.status == 1
        assert ran.err.startswith("homeward: The ")
        assert len(ran.err.splitlines()) == 1
