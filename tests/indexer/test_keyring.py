import stat

import pytest

from indexer.errors import KeyFileExists, KeyFileExposed, KeyFileMissing, KeyFileWrong, SealBroken
from indexer.keyring import KeyRing
from indexer.sealing import new_data_key

MASTER = bytes(range(32))


@pytest.fixture
def ring():
    return KeyRing(MASTER)


def test_a_created_key_file_is_private_and_loads_again(tmp_path):
    path = tmp_path / "new folder" / "master.key"
    created = KeyRing.create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.read_text() == created.copy_text
    assert KeyRing.load(path).database_key == created.database_key
    assert [entry.name for entry in path.parent.iterdir()] == ["master.key"]


def test_a_key_file_is_never_overwritten(tmp_path):
    path = tmp_path / "master.key"
    KeyRing.create(path)
    before = path.read_bytes()
    with pytest.raises(KeyFileExists):
        KeyRing.create(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["master.key"]


def test_the_copy_a_person_keeps_is_text_of_14_groups(ring):
    title, first, second = ring.copy_text.splitlines()
    assert title == "HOMEWARD-KEY-1"
    assert [len(group) for group in f"{first} {second}".split()] == [4] * 14
    assert second.replace(" ", "").endswith(ring.last8)


@pytest.mark.parametrize(
    "retyped",
    [
        lambda text: text.lower(),
        lambda text: text.replace(" ", "-"),
        lambda text: text.replace("\n", "\r\n") + "\n\n",
        lambda text: text.removeprefix("HOMEWARD-KEY-1\n"),
        lambda text: text.replace("O", "0").replace("I", "1").replace("B", "8"),
    ],
)
def test_a_copy_typed_in_another_way_is_the_same_key(ring, tmp_path, retyped):
    assert KeyRing.load(written(tmp_path, retyped(ring.copy_text))).database_key == ring.database_key


def test_every_single_mistyped_character_is_noticed(ring, tmp_path):
    body = "".join(ring.copy_text.split("\n", 1)[1].split())
    for position, character in enumerate(body):
        wrong = body[:position] + ("A" if character != "A" else "C") + body[position + 1 :]
        with pytest.raises(KeyFileWrong, match="checksum does not fit"):
            KeyRing.load(written(tmp_path, wrong))


@pytest.mark.parametrize("text", ["", "HOMEWARD-KEY-1", "A" * 55, "A" * 57, "9" * 56, "é" * 28, "A" * 10_000])
def test_what_is_no_key_is_refused(tmp_path, text):
    with pytest.raises(KeyFileWrong) as caught:
        KeyRing.load(written(tmp_path, text))
    assert caught.value.code == "key_file_wrong"


def test_a_missing_key_file_says_what_to_do(tmp_path):
    with pytest.raises(KeyFileMissing, match="homeward init"):
        KeyRing.load(tmp_path / "master.key")


def test_a_folder_is_no_key_file(tmp_path):
    with pytest.raises(KeyFileWrong):
        KeyRing.load(tmp_path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o777])
def test_a_key_file_others_can_touch_is_refused(tmp_path, mode):
    path = tmp_path / "master.key"
    KeyRing.create(path)
    path.chmod(mode)
    with pytest.raises(KeyFileExposed, match=f"mode {mode:04o}"):
        KeyRing.load(path)


def test_the_last_8_characters_confirm_that_the_copy_was_kept(ring):
    assert len(ring.last8) == 8
    assert ring.copy_was_kept(ring.last8)
    assert ring.copy_was_kept(f" {ring.last8[:4].lower()} {ring.last8[4:]}\n")
    assert not ring.copy_was_kept(ring.last8[:-1])
    assert not ring.copy_was_kept("")
    assert not ring.copy_was_kept("ähm")


def test_every_purpose_has_a_key_of_its_own(ring):
    assert len(ring.database_key) == 64
    data = b"one photo"
    parts = [
        ring.digest(data),
        ring.digest_of("note", data),
        ring.token_hash("one photo"),
        ring.snapshot_key,
        bytes.fromhex(ring.database_key),
        MASTER,
    ]
    assert len(set(parts)) == len(parts)
    assert {len(part) for part in parts} == {32}


def test_derived_keys_never_change_between_versions(ring):
    # From the first release on, another value here means that nobody's data opens any more.
    assert ring.database_key == "5228a6b83035cb268770ea666ddab3f80f408e6200a2e71d31fd808eb2f7c529"
    assert ring.digest(b"one photo").hex() == "12b892deaf86a44772032717cd27a5166d479ed45e3f5884e6fec4425ad81a98"


def test_another_installation_gives_other_digests(ring):
    assert KeyRing(bytes(32)).digest(b"one photo") != ring.digest(b"one photo")


def test_a_wrapped_data_key_opens_for_its_owner_only(ring):
    data_key = new_data_key()
    wrapped = ring.wrap(data_key, "photo/1")
    assert data_key not in wrapped
    assert ring.unwrap(wrapped, "photo/1") == data_key
    with pytest.raises(SealBroken):
        ring.unwrap(wrapped, "photo/2")
    with pytest.raises(SealBroken):
        KeyRing(bytes(32)).unwrap(wrapped, "photo/1")


def test_a_key_ring_does_not_print_its_key(ring):
    assert MASTER.hex() not in repr(ring)
    assert str(list(MASTER))[1:-1] not in repr(ring)
    assert ring.last8 not in repr(ring)


def test_a_master_key_has_32_bytes():
    with pytest.raises(ValueError, match="32 bytes, not 31"):
        KeyRing(bytes(31))


def written(folder, text):
    path = folder / "typed.key"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path
