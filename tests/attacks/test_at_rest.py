"""The scanner finds what it looks for. What it looks through is in tests/journeys/test_whole_journey.py."""

from pathlib import Path

import numpy as np
import pytest

from tests.attacks.at_rest import PICTURES, found_under, of_numbers, of_templates, of_words

TEMPLATE = np.random.default_rng(1).normal(size=128).astype(np.float32)
SECRETS = {
    **of_words("Planted Gate"),
    **of_numbers(28.613939),
    **of_templates([TEMPLATE]),
    **{name: [magic] for name, magic in PICTURES.items()},
}


@pytest.mark.parametrize(
    ("name", "planted"),
    [
        ("Planted Gate", b"Planted Gate"),
        ("Planted Gate", "Planted Gate".encode("utf-16-le")),
        ("28.613939", np.float64(28.613939).tobytes()),
        ("template 0", TEMPLATE.tobytes()),
        ("template 0", TEMPLATE.astype(np.float16).tobytes()),
        ("template 0", TEMPLATE.tobytes()[100:300]),  # a page of it
        ("Exif", b"\xff\xe1\x00\x10Exif\0\0MM"),
    ],
)
def test_what_lies_open_is_found(tmp_path: Path, name: str, planted: bytes):
    noise = np.random.default_rng(2).bytes(200_001)
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "page").write_bytes(noise + planted + noise)
    assert found_under(tmp_path, SECRETS) == [f"a/b/page: {name}"]


def test_names_of_files_are_looked_at_and_noise_is_nothing(tmp_path: Path):
    (tmp_path / "noise").write_bytes(np.random.default_rng(3).bytes(2_000_000))
    assert found_under(tmp_path, SECRETS) == []
    (tmp_path / "Planted Gate.jpg").touch()
    assert found_under(tmp_path, SECRETS) == ["Planted Gate.jpg: Planted Gate"]
