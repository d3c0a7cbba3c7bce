"""`python -m supply licences | sbom FILE | audit [--tell]`; exit status 1 where something is not as it should be."""

import sys
from pathlib import Path

from supply.audit import audited
from supply.licences import Rules, faults
from supply.locked import BASE, NotAsLocked, locked_in
from supply.sbom import bill


def main(arguments: list[str]) -> int:
    match arguments:
        case ["licences"]:
            return _licences()
        case ["sbom", file]:
            return _sbom(Path(file))
        case ["audit"]:
            return _audit(release=True)
        case ["audit", "--tell"]:
            return _audit(release=False)
    sys.stderr.write(f"{__doc__}\n")
    return 2


def _licences() -> int:
    locked, rules = locked_in(), Rules.load()
    found = faults(locked, rules)
    sys.stderr.writelines(f"licences: {fault}\n" for fault in found)
    if not found:
        sys.stdout.write(f"licences: {len(locked)} dependencies, {len(rules.exceptions)} of them by exception\n")
    return 1 if found else 0


def _sbom(file: Path) -> int:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(bill(locked_in()))
    except NotAsLocked as error:
        sys.stderr.write(f"sbom: {error}; run `make .venv/.base`\n")
        return 1
    sys.stdout.write(f"sbom: {file}\n")
    return 0


def _audit(*, release: bool) -> int:
    found = audited(BASE, locked_in())
    sys.stdout.write(f"{found.sentence}\n")
    return found.status(release)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
