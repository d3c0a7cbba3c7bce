"""Known vulnerabilities of what is locked, as pip-audit finds them. What could not be looked up was not audited.

pip-audit alone exits 0 where it could not look a package up. Here every locked package has to be among those that were
looked up; otherwise the answer is "NOT AUDITED", which a release takes for a refusal.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from supply.locked import Locked

SECONDS = 600
Asked = Callable[[Path], tuple[str, str]]
"""A lock; what pip-audit printed as JSON, and what it complained of."""


@dataclass(frozen=True)
class Audit:
    """``not_audited``: why what is not known stays so, None where everything was looked up."""

    looked_up: int
    vulnerable: Sequence[str]
    not_audited: str | None

    @property
    def sentence(self) -> str:
        if self.vulnerable:
            return "dependencies: VULNERABLE\n" + "\n".join(f"  {each}" for each in self.vulnerable)
        if self.not_audited is not None:
            return f"dependencies: NOT AUDITED ({self.not_audited})"
        return f"dependencies: {self.looked_up} looked up, none with a known vulnerability"

    def status(self, release: bool) -> int:
        """A finding always fails; not knowing fails a release."""
        return 1 if self.vulnerable or (release and self.not_audited is not None) else 0


def audited(file: Path, locked: Sequence[Locked], ask: Asked | None = None) -> Audit:
    try:
        printed, complained = (ask or ask_pip_audit)(file)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Audit(0, [], f"pip-audit did not run: {type(error).__name__}")
    try:
        dependencies = json.loads(printed)["dependencies"]
        known = {each["name"]: each["vulns"] for each in dependencies if "skip_reason" not in each}
    except (ValueError, KeyError, TypeError):
        return Audit(0, [], _last_line(complained) or "pip-audit gave no answer")
    vulnerable = [f"{name}: {vuln['id']}" for name, vulns in sorted(known.items()) for vuln in vulns]
    missing = sorted({each.name for each in locked} - known.keys())
    why = f"{len(missing)} of {len(locked)} could not be looked up, {missing[0]} first" if missing else None
    return Audit(len(known), vulnerable, why)


def ask_pip_audit(file: Path) -> tuple[str, str]:
    command = [sys.executable, "-m", "pip_audit", "--strict", "--require-hashes", "--disable-pip", "--no-deps"]
    asked = [*command, "--format", "json", "--progress-spinner", "off", "--requirement", str(file)]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603
    return done.stdout, done.stderr


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1][:200] if text.strip() else ""
