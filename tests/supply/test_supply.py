"""What Homeward is built of: known, allowed, listed, and never called audited when it was not."""

import json
import subprocess
from importlib.resources import files
from pathlib import Path

import jsonschema_rs
import pytest

from supply.audit import Audit, audited
from supply.licences import Rules, faults
from supply.locked import BASE, Locked, NotAsLocked, locked_in
from supply.sbom import bill

LOCKED = locked_in()
TWO = [Locked("jinja2", "3.1.0"), Locked("requests", "2.5.0")]


def test_every_dependency_has_a_licence_that_is_allowed_or_a_reason():
    assert faults(LOCKED, Rules.load()) == []
    assert len(LOCKED) > 50
    assert all(len(reason) > 20 for reason in Rules.load().exceptions.values())


def test_an_unknown_licence_a_missing_package_and_a_stale_exception_are_told():
    rules = Rules(Rules.load().allow - {"BSD-2-Clause"}, {"gone": "a reason"})
    told = faults([*LOCKED, Locked("no-such-package", "1"), Locked("fastapi", "0.0.1")], rules)
    for beginning in ("pygments ", "insightface ", "psycopg ", "no-such-package 1 is locked and not", "gone is an"):
        assert [each for each in told if each.startswith(beginning)], beginning
    assert any(each.startswith("fastapi 0.0.1 is locked, ") for each in told)


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("MIT AND ISC", True),
        ("GPL-3.0-only OR MIT", True),
        ("GPL-3.0-only", False),
        ("MIT AND GPL-3.0-only", False),
        ("MIT AND (GPL-3.0-only OR ISC)", False),
        ("mit", False),
        ("unknown", False),
    ],
)
def test_of_alternatives_one_is_enough_and_of_a_whole_all_are_needed(expression: str, allowed: bool):
    assert Rules(frozenset({"MIT", "ISC"}), {}).allows(expression) is allowed


def test_what_is_for_another_system_is_not_looked_for(tmp_path: Path):
    (tmp_path / "lock.txt").write_text(
        "never==1 ; sys_platform == 'nowhere' \\\n    --hash=x\nJinja2==3 \\\n    --hash=y\n"
    )
    assert locked_in(tmp_path / "lock.txt") == [Locked("jinja2", "3")]
    for wrong in ("", "jinja2>=3\n"):
        (tmp_path / "lock.txt").write_text(wrong)
        with pytest.raises(ValueError, match="lock"):
            locked_in(tmp_path / "lock.txt")


def test_the_bill_names_every_locked_package_and_what_lies_in_it_and_is_the_same_each_time():
    told = bill(LOCKED)
    assert told == bill(LOCKED)
    content = json.loads(told)
    assert (content["bomFormat"], content["specVersion"]) == ("CycloneDX", "1.6")
    assert [each["name"] for each in content["components"]] == [each.name for each in LOCKED]
    assert all(each["purl"] == f"pkg:pypi/{each['name']}@{each['version']}" for each in content["components"])
    untold = {each["name"] for each in content["components"] if "licenses" not in each}
    assert untold == {"insightface", "sqlcipher3"}
    [inside] = [each["components"] for each in content["components"] if each["name"] == "psycopg-binary"]
    assert any(each["name"].startswith("libpq") for each in inside)
    needs = {each["ref"].partition("@")[0]: each["dependsOn"] for each in content["dependencies"]}
    assert [each for each in needs["pkg:pypi/fastapi"] if each.startswith("pkg:pypi/starlette@")]
    assert [each for each in needs["homeward"] if each.startswith("pkg:pypi/fastapi@")]
    with pytest.raises(NotAsLocked):
        bill([Locked("no-such-package", "1")])


def test_the_bill_holds_to_cyclonedx():
    """Its schema comes with pip-audit, which reads such bills."""
    told = files("cyclonedx.schema") / "_res"
    names = ("spdx", "jsf-0.82", "bom-1.6")
    spdx, signatures, own = (json.loads((told / f"{name}.SNAPSHOT.schema.json").read_text()) for name in names)
    base = "http://cyclonedx.org/schema/"
    beside = [
        (f"{base}{name}.SNAPSHOT.schema.json", each) for name, each in zip(names, (spdx, signatures), strict=False)
    ]
    validator = jsonschema_rs.validator_for(own, registry=jsonschema_rs.Registry(beside))
    assert [each.message for each in validator.iter_errors(json.loads(bill(LOCKED)))] == []
    assert not validator.is_valid({"bomFormat": "another"})


def answer(*dependencies: dict) -> tuple[str, str]:
    return json.dumps({"dependencies": list(dependencies), "fixes": []}), ""


CLEAN = {"name": "jinja2", "version": "3.1.0", "vulns": []}
BAD = {"name": "requests", "version": "2.5.0", "vulns": [{"id": "PYSEC-1", "fix_versions": [], "description": ""}]}
SKIPPED = {"name": "requests", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("said", "sentence", "in_ci", "for_release"),
    [
        (answer(CLEAN, {**BAD, "vulns": []}), "2 looked up, none with a known vulnerability", 0, 0),
        (answer(CLEAN, BAD), "VULNERABLE\n  requests: PYSEC-1", 1, 1),
        (answer(CLEAN, SKIPPED), "NOT AUDITED (1 of 2 could not be looked up, requests first)", 0, 1),
        (answer(CLEAN), "NOT AUDITED (1 of 2 could not be looked up, requests first)", 0, 1),
        (("", "ERROR: no network\n"), "NOT AUDITED (ERROR: no network)", 0, 1),
        (("", ""), "NOT AUDITED (pip-audit gave no answer)", 0, 1),
        (("[]", ""), "NOT AUDITED (pip-audit gave no answer)", 0, 1),
    ],
)
def test_what_was_not_looked_up_is_never_called_clean(
    said: tuple[str, str], sentence: str, in_ci: int, for_release: int
):
    found = audited(BASE, TWO, lambda _: said)
    assert found.sentence == f"dependencies: {sentence}"
    assert (found.status(release=False), found.status(release=True)) == (in_ci, for_release)


def test_an_audit_that_hangs_or_cannot_start_is_none():
    def hangs(_file: Path) -> tuple[str, str]:
        raise subprocess.TimeoutExpired("pip-audit", 1)

    assert audited(BASE, TWO, hangs) == Audit(0, [], "pip-audit did not run: TimeoutExpired")
