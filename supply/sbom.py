"""A bill of materials, CycloneDX 1.6 in JSON: what is locked, under which licence, with which libraries inside.

The same environment gives the same bytes: nothing in it is the time or by chance.
"""

import hashlib
import json
import tomllib
from collections.abc import Sequence
from importlib.metadata import Distribution
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from supply.licences import EXPRESSION, UNKNOWN, licence_of
from supply.locked import ROOT, Locked

SPEC = "1.6"
_LIBRARY = (".so", ".dll", ".dylib")


def bill(locked: Sequence[Locked]) -> str:
    """`NotAsLocked`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    components = [_component(each) for each in locked]
    main = {
        "type": "application",
        "bom-ref": "homeward",
        "name": project["name"],
        "version": project["version"],
        "description": project["description"],
        "licenses": [{"license": {"id": project["license"]}}],
    }
    content: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": SPEC,
        "version": 1,
        "metadata": {"component": main},
        "components": components,
        "dependencies": _dependencies(locked, project["dependencies"]),
    }
    serial = uuid5(NAMESPACE_URL, json.dumps(content, sort_keys=True))
    return json.dumps({"serialNumber": f"urn:uuid:{serial}", **content}, indent=2, sort_keys=True) + "\n"


def _component(locked: Locked) -> dict[str, Any]:
    found = locked.installed()
    licence = licence_of(found)
    told: dict[str, Any] = {
        "type": "library",
        "bom-ref": _ref(locked),
        "name": locked.name,
        "version": locked.version,
        "purl": _ref(locked),
    }
    if licence != UNKNOWN:
        told["licenses"] = [{"expression": licence} if _is_expression(found) else {"license": {"name": licence}}]
    inside = _libraries(found)
    return told | ({"components": inside} if inside else {})


def _is_expression(found: Distribution) -> bool:
    return EXPRESSION in found.metadata


def _ref(locked: Locked) -> str:
    return f"pkg:pypi/{locked.name}@{locked.version}"


def _libraries(found: Distribution) -> list[dict[str, Any]]:
    """Binaries of others that a wheel brings along (`NAME.libs/`): no package index knows of them."""
    brought = [file for file in found.files or [] if file.parent.name.endswith((".libs", ".dylibs"))]
    return [
        {
            "type": "file",
            "name": file.name,
            "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(file.read_binary()).hexdigest()}],
        }
        for file in sorted(brought, key=lambda file: file.name)
        if any(part in file.name for part in _LIBRARY)
    ]


def _dependencies(locked: Sequence[Locked], direct: Sequence[str]) -> list[dict[str, Any]]:
    refs = {each.name: _ref(each) for each in locked}
    own = [{"ref": "homeward", "dependsOn": _needed(direct, refs)}]
    return own + [{"ref": _ref(each), "dependsOn": _needed(each.installed().requires or [], refs)} for each in locked]


def _needed(requirements: Sequence[str], refs: dict[str, str]) -> list[str]:
    """Those that are locked: an extra that is not asked for brings nothing."""
    named = {canonicalize_name(each.name) for each in map(Requirement, requirements) if _holds(each)}
    return sorted(refs[name] for name in named if name in refs)


def _holds(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})
