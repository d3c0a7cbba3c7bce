"""README.md has a row for every attack, and every test it names is there."""

import ast
import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
ATTACKS = [f"F{number}" for number in range(1, 11)] + [f"S{number}" for number in range(1, 21)]
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")


def rows() -> dict[str, list[tuple[Path, str]]]:
    """Attack -> file and name of each test."""
    lines = [line for line in (FOLDER / "README.md").read_text().splitlines() if re.match(r"\| [FS]\d+ \|", line)]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: [(place(file), name) for file, name in NAMED.findall(row[-1])] for row in cells}


def place(file: str) -> Path:
    return ROOT / file if "/" in file else FOLDER / file


@cache
def names_in(file: Path) -> set[str]:
    found = (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef))
    return {node.name for node in found if node.name.startswith("test_")}


def test_every_attack_has_a_row_with_tests_or_says_why_it_does_not_apply():
    table = rows()
    assert list(table) == ATTACKS
    text = (FOLDER / "README.md").read_text()
    for attack, named in table.items():
        assert named or re.search(rf"\| {attack} \|.*does not apply, because", text), attack


def test_every_named_test_exists():
    missing = [
        f"{attack}: {file.relative_to(ROOT)}::{name}"
        for attack, named in rows().items()
        for file, name in named
        if not file.exists() or name not in names_in(file)
    ]
    assert missing == []


def test_every_module_here_is_named():
    named = {file for those in rows().values() for file, _ in those}
    others = {"test_readme.py", "test_guards.py", "test_at_rest.py"}  # about the tests themselves, and what is stored
    assert {file for file in FOLDER.glob("test_*.py") if file.name not in others} <= named
