"""Take ten guards away, one by one, and see that the tests notice: `make guards`.

The product has no switch for it. A copy of the source in a temporary folder is changed by one piece of text, which must
be there exactly once, and the tests that should notice run on that copy (within its process: the decode child, which
takes no path from outside, would run the installed source). Untouched, the copy passes all of them.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPIED = ("app", "indexer", "models", "tests", "client", "docs")


@dataclass(frozen=True)
class Guard:
    """``old`` in ``file`` is the guard; with ``new`` in its place it is gone. ``tests`` notice."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def take_away(self, root: Path) -> None:
        """ValueError where the text is not there exactly once: the guard has moved, and this list has to follow."""
        file = root / self.file
        text = file.read_text("utf-8")
        if text.count(self.old) != 1:
            msg = f"{self.name}: found {text.count(self.old)} times in {self.file}, not once: {self.old!r}"
            raise ValueError(msg)
        file.write_text(text.replace(self.old, self.new), "utf-8")


GUARDS = (
    Guard(
        "formats list",
        "indexer/decoding.py",
        "    raise ImageTypeUnsupported\n\n\n"
        "def _upright(data: bytes, source_format: str, most_pixels: int) -> tuple[RawPixels, PhotoDetails]:\n"
        "    with _strictly(most_pixels):\n"
        "        picture = _READERS[source_format](io.BytesIO(data))\n",
        '    return "ANY"\n\n\n'
        "def _upright(data: bytes, source_format: str, most_pixels: int) -> tuple[RawPixels, PhotoDetails]:\n"
        "    with _strictly(most_pixels):\n"
        "        picture = Image.open(io.BytesIO(data))\n",
        ("tests/indexer/test_decoding.py::test_the_content_alone_decides_the_type",),
    ),
    Guard(
        "body counter",
        "app/body_limit.py",
        "        if self._seen > self._limit:\n",
        "        if self._seen < 0:\n",
        ("tests/app/test_body_limit.py::test_a_body_over_the_limit_is_refused_declared_or_not",),
    ),
    Guard(
        "CSRF check",
        "app/pages/cookie.py",
        "    if not ours:\n        raise FormForeign\n",
        "",
        ("tests/app/pages/test_forms.py::test_signing_in_from_elsewhere_signs_nobody_in",),
    ),
    Guard(
        "visibility query",
        "app/queries.py",
        "    return select(Case).where(Case.worker_id == worker)\n",
        "    return select(Case)\n",
        ("tests/app/test_cases.py", "tests/app/test_routes.py"),
    ),
    Guard(
        "chain hash",
        "models/audit.py",
        "            self.object_id,\n            self.why or",
        "            self.why or",
        ("tests/models/test_audit.py::test_the_hash_covers_every_column",),
    ),
    Guard(
        "quota",
        "indexer/allowance.py",
        "count.photos >= settings.photos_per_volunteer_a_day:",
        "count.photos < 0:",
        ("tests/app/test_quotas.py::test_a_volunteer_sends_so_many_files_a_day_and_refused_ones_count",),
    ),
    Guard(
        "metadata strip",
        "indexer/decoding.py",
        '    clean.save(jpeg, "JPEG", quality=JPEG_QUALITY, subsampling=0)\n',
        '    with _READERS[source_format](io.BytesIO(data)) as kept:\n'
        '        exif = kept.info.get("exif", b"")\n'
        '    clean.save(jpeg, "JPEG", quality=JPEG_QUALITY, subsampling=0, exif=exif)\n',
        ("tests/indexer/test_decoding.py::test_nothing_but_the_pixels_is_kept",),
    ),
    Guard(
        "ledger",
        "indexer/intake.py",
        "    if known is not None or _was_erased(session, arrival):\n        return known\n",
        "    if known is not None:\n        return known\n",
        ("tests/indexer/test_intake.py::test_an_erased_photo_that_comes_again_gets_a_receipt_and_is_not_stored",),
    ),
    Guard(
        "key permission check",
        "indexer/keyring.py",
        "    if mode & (stat.S_IRWXG | stat.S_IRWXO):\n",
        "    if mode < 0:\n",
        ("tests/indexer/test_keyring.py::test_a_key_file_others_can_touch_is_refused",),
    ),
    Guard(
        "role re-read",
        "app/auth/tokens.py",
        "        user = session.get_one(User, proof.user_id)\n",
        "        seen = house.__dict__.setdefault(\"_seen\", {})\n"
        "        user = seen.setdefault(proof.user_id, session.get_one(User, proof.user_id))\n",
        ("tests/app/test_sessions.py::test_a_changed_role_counts_from_the_next_request",),
    ),
)  # fmt: skip


def main() -> int:
    """0 where every guard's absence was noticed, and the untouched copy passes."""
    with tempfile.TemporaryDirectory(prefix="homeward-guards-") as folder:
        whole = _copy(Path(folder) / "whole")
        every = sorted({test for guard in GUARDS for test in guard.tests})
        unnoticed = [] if _passes(whole, every) else ["the untouched copy fails"]
        for number, guard in enumerate(GUARDS):
            copy = _copy(Path(folder) / str(number))
            guard.take_away(copy)
            noticed = not _passes(copy, guard.tests)
            print(f"{guard.name}: {'noticed' if noticed else 'NOBODY NOTICED'}", flush=True)
            if not noticed:
                unnoticed.append(guard.name)
            shutil.rmtree(copy)
    print("; ".join(unnoticed) or f"{len(GUARDS)} guards, the absence of each was noticed")
    return 1 if unnoticed else 0


def _copy(to: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in COPIED:
        shutil.copytree(ROOT / name, to / name, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", to)
    return to


def _passes(root: Path, tests: list[str] | tuple[str, ...]) -> bool:
    """Whether pytest passes there. RuntimeError where it did not run those tests on that copy."""
    environment = os.environ | {"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    here = "import app, indexer, models; print(app.__path__[0], indexer.__path__[0], models.__path__[0])"
    used = _run(root, environment, "-c", here)
    if used.stdout.split() != [str(root / name) for name in ("app", "indexer", "models")]:
        raise RuntimeError(f"another source would be tested: {used.stdout}{used.stderr}")
    options = ("-q", "-x", "-p", "no:cacheprovider", "-k", "not postgresql", f"--basetemp={root}-pytest")
    ran = _run(root, environment, "-m", "pytest", *options, *tests)
    if ran.returncode not in (0, 1):  # 2 and more: it could not collect, or found no test
        raise RuntimeError(ran.stdout[-2000:] + ran.stderr[-2000:])
    return ran.returncode == 0


def _run(root: Path, environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *arguments], cwd=root, env=environment, capture_output=True, text=True, check=False
    )


if __name__ == "__main__":
    sys.exit(main())
