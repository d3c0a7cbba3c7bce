"""Take guards away, one by one, and see that the tests notice: `make guards`.

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
    Guard(
        "search quota",
        "app/services/search_quota.py",
        "    if first is not None and made >= limit:\n",
        "    if first is not None and made < 0:\n",
        ("tests/app/test_quotas.py::test_a_case_and_an_account_search_so_often_a_day",),
    ),
    Guard(
        "unusual volume",
        "indexer/volume.py",
        " if count > TIMES * most[user_id])",
        " if count < most[user_id])",
        ("tests/indexer/test_volume.py::test_three_times_the_most_of_four_weeks_is_unusual",),
    ),
    Guard(
        "what led somewhere stays",
        "indexer/retention.py",
        "~leads_somewhere, ",
        "",
        ("tests/indexer/test_retention.py::test_what_people_work_on_or_what_led_to_a_child_stays",),
    ),
    Guard(
        "notice before deletion",
        "indexer/retention.py",
        " or moment < state.destroys_at:",
        ":",
        ("tests/indexer/test_retention.py::test_it_is_announced_for_a_week_and_then_gone",),
    ),
    Guard(
        "clock that jumps",
        "indexer/retention_keeper.py",
        "    if clock is not Clock.RIGHT:\n",
        "    if clock is None:\n",
        ("tests/indexer/test_retention.py::test_a_clock_that_jumps_is_not_believed_until_an_admin_says_so",),
    ),
    Guard(
        "hold against retention",
        "indexer/retention.py",
        ", Photo.id.not_in(held_photos()))",
        ")",
        ("tests/indexer/test_retention.py::test_a_hold_on_a_photo_or_on_a_case_keeps_it",),
    ),
    Guard(
        "hold against erasure",
        "indexer/holds.py",
        "    if is_held(session, photo_id):\n",
        "    if photo_id is None:\n",
        ("tests/app/test_holds.py::test_a_held_photo_is_neither_erased_nor_blanked",),
    ),
    Guard(
        "person blanked",
        "indexer/redacting.py",
        "without_people(picture, [_box(face.crop_box) for face in gone], ",
        "without_people(picture, [], ",
        ("tests/app/test_person_erasures.py::test_the_person_is_grey_and_everything_left_is_sealed_anew",),
    ),
    Guard(
        "rotation rewraps all",
        "indexer/rotation.py",
        '    (Case, "case"),\n',
        "",
        ("tests/app/commands/test_rotation.py::test_everything_opens_under_the_new_key_alone",),
    ),
    Guard(
        "rotation alone",
        "indexer/rotation.py",
        "        if not database.is_alone():\n",
        "        if database is None:\n",
        ("tests/app/commands/test_rotation.py::test_while_something_runs_nothing_is_changed",),
    ),
    Guard(
        "connection limit",
        "app/patience.py",
        "        if len(self._connections) > self._most and",
        "        if len(self._connections) < 0 and",
        ("tests/attacks/test_overload.py::test_connections_beyond_the_limit_are_turned_away_and_soon_all_is_well",),
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
