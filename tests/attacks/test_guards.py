"""The list of `make guards` keeps up with the source."""

import shutil
from pathlib import Path

import pytest

from tests.attacks.guards import GUARDS, ROOT, Guard


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_a_guard_is_where_the_list_says_and_can_be_taken_away(guard: Guard, tmp_path: Path):
    file = tmp_path / guard.file
    file.parent.mkdir(parents=True)
    shutil.copy(ROOT / guard.file, file)
    guard.take_away(tmp_path)
    compile(file.read_text("utf-8"), guard.file, "exec")
    with pytest.raises(ValueError, match="not once"):
        guard.take_away(tmp_path)


def test_every_guard_has_a_name_and_a_change_of_its_own():
    assert len({guard.name for guard in GUARDS}) == len({(guard.file, guard.old) for guard in GUARDS}) == len(GUARDS)
