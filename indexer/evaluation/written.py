"""The files of a report: `report.json`, `report.html`, and what was fitted."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from indexer.calibration import Calibration
from indexer.errors import ReportNotWritten
from indexer.evaluation.evaluation import Evaluation
from indexer.evaluation.figures import Json
from indexer.linking.threshold import Linking

REPORT, PAGE, CALIBRATION, LINKING = "report.json", "report.html", "calibration.json", "linking.json"


def prepare(folder: Path) -> None:
    """Make the folder before hours of work, not after. `ReportNotWritten`."""
    with _plainly(folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / REPORT).touch()


def as_json(report: Json) -> str:
    """One text for one report."""
    return json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False)


def write_report(folder: Path, done: Evaluation) -> None:
    """`ReportNotWritten`."""
    from indexer.evaluation.page import page
    from indexer.evaluation.plots import plots_of

    with _plainly(folder):
        (folder / REPORT).write_text(as_json(done.report) + "\n", encoding="utf-8")
        (folder / PAGE).write_text(page(done.report, plots_of(done.study)), encoding="utf-8")


def write_calibration(folder: Path, calibration: Calibration) -> None:
    """`ReportNotWritten`."""
    with _plainly(folder):
        (folder / CALIBRATION).write_text(calibration.to_json() + "\n", encoding="utf-8")


def write_linking(folder: Path, linking: Linking) -> None:
    """`ReportNotWritten`."""
    with _plainly(folder):
        (folder / LINKING).write_text(linking.to_json() + "\n", encoding="utf-8")


@contextmanager
def _plainly(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ReportNotWritten(path=folder, reason=error.strerror) from None
