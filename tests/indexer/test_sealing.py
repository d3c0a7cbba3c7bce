import pytest

from indexer.errors import SealBroken
from indexer.sealing import OVERHEAD_BYTES, new_data_key, seal, unseal

KEY = bytes(range(32))


def test_what_was_sealed_opens_again():
    for plaintext in (b"", b"x", bytes(100_000)):
        sealed = seal(KEY, plaintext, "photo 7")
        assert len(sealed) == len(plaintext) + OVERHEAD_BYTES
        assert unseal(KEY, sealed, "photo 7") == plaintext


def test_the_same_plaintext_never_looks_the_same_twice():
    assert len({seal(KEY, b"face", "face 1") for _ in range(100)}) == 100


def test_two_data_keys_differ():
    assert len(new_data_key()) == 32
    assert new_data_key() != new_data_key()


@pytest.mark.parametrize("position", range(OVERHEAD_BYTES + 4))
def test_any_flipped_bit_is_noticed(position):
    sealed = bytearray(seal(KEY, b"face", "face 1"))
    sealed[position] ^= 0x10
    with pytest.raises(SealBroken):
        unseal(KEY, bytes(sealed), "face 1")


def test_sealed_bytes_do_not_open_elsewhere():
    sealed = seal(KEY, b"face", "face 1")
    with pytest.raises(SealBroken):
        unseal(KEY, sealed, "face 2")
    with pytest.raises(SealBroken):
        unseal(bytes(32), sealed, "face 1")


@pytest.mark.parametrize("length", [0, 1, 12, OVERHEAD_BYTES - 1, OVERHEAD_BYTES + 3])
def test_cut_bytes_are_noticed(length):
    with pytest.raises(SealBroken) as caught:
        unseal(KEY, seal(KEY, b"face", "face 1")[:length], "face 1")
    assert caught.value.code == "seal_broken"
