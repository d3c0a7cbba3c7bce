import io

import pytest
from PIL import Image, ImageEnhance

from indexer.keyring import KeyRing
from indexer.near_repeats import BANDS, NEAR_REPEAT_BANDS, hash_bands, is_near_repeat, perceptual_hash
from tests.drawn import drawn_photo, encoded

RING = KeyRing(bytes(32))


def bands(picture):
    return hash_bands(perceptual_hash(picture), RING)


def again(picture, **options):
    return Image.open(io.BytesIO(encoded(picture, **options)))


@pytest.mark.parametrize(
    "repeat",
    [
        lambda p: again(p, quality=30),
        lambda p: p.resize((p.width // 2, p.height // 2)),
        lambda p: again(p.resize((320, 240)), quality=50),
        lambda p: ImageEnhance.Brightness(p).enhance(1.15),
        lambda p: ImageEnhance.Brightness(p).enhance(0.85),
        lambda p: p.crop((4, 3, p.width - 4, p.height - 3)),
    ],
    ids=["re-encoded", "halved", "small and re-encoded", "brighter", "darker", "1 % cut"],
)
def test_changed_copies_are_near_repeats(repeat):
    for seed in range(12):
        picture = drawn_photo(640, 480, seed)
        assert is_near_repeat(bands(picture), bands(repeat(picture)))


def test_different_pictures_are_not():
    everything = [bands(drawn_photo(320, 240, seed)) for seed in range(40)]
    assert not any(is_near_repeat(a, b) for n, a in enumerate(everything) for b in everything[:n])


def test_only_keyed_digests_leave():
    found = perceptual_hash(drawn_photo())
    mine, theirs = hash_bands(found, RING), hash_bands(found, KeyRing(bytes(31) + b"\1"))
    assert [len(band) for band in mine] == [32] * BANDS
    assert not set(mine) & set(theirs)


def test_an_equal_pattern_in_another_band_is_no_evidence():
    assert len(set(hash_bands(bytes(32), RING))) == BANDS


def test_the_number_of_equal_bands_decides():
    one, other = hash_bands(bytes(32), RING), hash_bands(b"\xff" * 32, RING)
    just = one[:NEAR_REPEAT_BANDS] + other[NEAR_REPEAT_BANDS:]
    assert is_near_repeat(one, just)
    assert not is_near_repeat(one, [other[0], *just[1:]])


def test_a_hash_of_another_length_is_refused():
    with pytest.raises(ValueError, match="32 bytes, not 8"):
        hash_bands(bytes(8), RING)


def test_the_hash_of_a_picture_never_changes_between_versions():
    # Another value here and no repeat of an older photo is noticed any more.
    ramp = Image.linear_gradient("L").rotate(30)
    assert perceptual_hash(ramp).hex() == "01d0fa8977a50057aa04afd941b57c53c79a18a7fd5015fea02bf2cf05fc2eb4"
