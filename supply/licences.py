"""Every locked dependency has a licence that is allowed, or stands among the exceptions with its reason.

Both lists are in pyproject.toml, `[tool.homeward.licences]`.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution
from typing import Self

from supply.locked import ROOT, Locked, NotAsLocked

# As packages wrote before there were licence expressions.
_MEANT = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "ISC License": "ISC",
    "MIT License": "MIT",
    "MIT license": "MIT",
}
EXPRESSION = "License-Expression"
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Rules:
    """``allow``: SPDX identifiers. ``exceptions``: a reason by name of package."""

    allow: frozenset[str]
    exceptions: Mapping[str, str]

    @classmethod
    def load(cls) -> Self:
        table = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["homeward"]["licences"]
        return cls(frozenset(table["allow"]), table["exceptions"])

    def allows(self, expression: str) -> bool:
        """Of alternatives one is enough; of what holds together all are needed. Parentheses are not read: refused."""
        if "(" in expression:
            return False
        return any(
            all(part.strip() in self.allow for part in choice.split(" AND ")) for choice in expression.split(" OR ")
        )


def licence_of(found: Distribution) -> str:
    """An SPDX expression as far as the package tells one, else `UNKNOWN`."""
    about = found.metadata
    single = [about[name] for name in (EXPRESSION, "License") if name in about]
    told = [*single, *_classified(about.get_all("Classifier") or [])]
    usable = [each.strip() for each in told if each and "\n" not in each and len(each) <= 80]
    return _MEANT.get(usable[0], usable[0]) if usable else UNKNOWN


def _classified(classifiers: Sequence[str]) -> list[str]:
    return [each.rpartition("::")[2].strip() for each in classifiers if each.startswith("License :: OSI Approved ::")]


def faults(locked: Sequence[Locked], rules: Rules) -> list[str]:
    """One line for each that may not be used as it is, and for each exception that nothing needs."""
    found = []
    for each in locked:
        try:
            licence = licence_of(each.installed())
        except NotAsLocked as error:
            found.append(str(error))
            continue
        if each.name not in rules.exceptions and not rules.allows(licence):
            found.append(f"{each.name} {each.version}: its licence ({licence}) is not on the list; see pyproject.toml")
    names = {each.name for each in locked}
    found += [f"{name} is an exception of a dependency that is not locked" for name in rules.exceptions.keys() - names]
    return sorted(found)
