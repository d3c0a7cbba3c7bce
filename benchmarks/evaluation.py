"""`homeward evaluate` on adults of LFW composed to scenes (HOMEWARD_SHARED): a check of the machinery and its speed.

The persons are adults without ages. Nothing here says anything about children.
"""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from indexer.evaluation.run import Options, run
from indexer.packs import manifest
from indexer.settings import IndexerSettings
from tests.indexer.evaluation.scenes import compose
from tests.shared import SHARED

PACKS = ("mbf-int8", "open")


def measure() -> None:
    if not SHARED.is_dir():
        print("not measured: set HOMEWARD_SHARED to the folder that holds data/ and packs/")
        return
    with TemporaryDirectory() as made:
        folder = Path(made)
        scenes = compose(SHARED / "data" / "lfw-aligned", folder / "lfw scenes")
        place = folder / "packs" / "mbf-int8"
        shutil.copytree(SHARED / "packs" / "mbf-int8", place)
        manifest.record(place, place.name, "for measurements only", place.name)
        for pack in PACKS:
            settings = IndexerSettings(data_dir=folder, pack_dir=folder / "packs", pack=pack)
            options = Options(settings, folder / "lfw scenes", None, folder / pack, folder / "cache", 0, fit=True)
            first, again = (run(options, lambda _what, _total: lambda: None).report for _ in range(2))
            _print(pack, first)
            for words, report in (("with embedding", first), ("from the cache", again)):
                seconds = report["times"]["seconds"]  # type: ignore[index]
                print(f"  {words}: {seconds:.0f} s, {len(scenes) * 3600 / seconds:,.0f} photos an hour")


def _print(pack: str, report: Any) -> None:
    enrolled, everything = report["failures_to_enrol"], report["case_search"]["all"]
    people = report["dataset"]["people"]
    print(f"{pack}: {people} people, {enrolled['pictures']} scenes, {enrolled['failed']} not enrolled")
    for name in ("hit_1", "hit_20"):
        _print_row(name.replace("hit_", "hits in the first "), {kind: everything[kind][name] for kind in _KINDS})
    for name, rate in report["alert"].items():
        if name.startswith("fnir"):
            _print_row(name.replace("_", " "), rate["all"])
    print(f"  calibration on people it was not fitted on: {report['calibration']['test']}")


_KINDS = ("raw", "as", "as_minus_raw")


def _print_row(words: str, figures: Any) -> None:
    told = [f"{kind} {_told(figures[kind])}" for kind in _KINDS]
    print(f"  {words}: {'; '.join(told)}")


def _told(figure: Any) -> str:
    if figure["value"] is None:
        return f"not measured ({figure['not_measured']})"
    low, high = figure["by_identity"]
    return f"{100 * figure['value']:.1f} % [{100 * low:.1f} to {100 * high:.1f}]"
