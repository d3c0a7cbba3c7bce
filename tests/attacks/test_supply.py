"""S20: what comes from elsewhere is what was locked."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PINNED = re.compile(r"^[a-z0-9._-]+(\[[a-z0-9,_-]+\])?==[^ ]+( ; [^\\]+)? \\$", re.IGNORECASE)
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_locked_package_has_one_version_and_hashes_and_no_address(lock: Path):
    lines = [line for line in lock.read_text().splitlines() if line.strip() and not line.strip().startswith("#")]
    assert len(lines) > 1
    for number, line in enumerate(lines):
        assert PINNED.match(line) or HASH.match(line), line
        if PINNED.match(line):
            assert HASH.match(lines[number + 1]), line
    assert "://" not in lock.read_text()


def test_nothing_is_installed_without_its_hash():
    makefile = (ROOT / "Makefile").read_text()
    for line in makefile.splitlines():
        if "pip install" in line and "--editable ." not in line:
            assert "--require-hashes" in line, line
    for recipe in (ROOT / "Dockerfile",):
        for line in recipe.read_text().splitlines():
            if "pip install" in line:
                assert "--require-hashes" in line or "--no-deps" in line, line
