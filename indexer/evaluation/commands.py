"""`homeward evaluate`. Exit status 0, 1 (did not hold; one line says why) or 2 (usage)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from indexer.errors import EvaluationExtraMissing
from indexer.settings import IndexerSettings

EXTRA = {"matplotlib": "matplotlib", "sklearn": "scikit-learn"}
"""What the `evaluate` extra brings: modules and packages."""

DatasetPlace = Annotated[
    Path,
    typer.Option(exists=True, readable=True, help="Pictures of known people: a folder each, 001A02.jpg, or a CSV."),
]
Distractors = Annotated[
    Path | None,
    typer.Option(exists=True, file_okay=False, readable=True, help="Pictures of other people, for the gallery alone."),
]
PackName = Annotated[str | None, typer.Option("--pack", help="An installed pack; without it, the one in use.")]
Report = Annotated[Path, typer.Option(help="The folder that report.json and report.html are written to.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]
Seed = Annotated[int, typer.Option(min=0, help="Of everything drawn: the same seed makes the same report.")]
Fit = Annotated[bool, typer.Option("--fit", help="Fit as well: calibration.json, linking.json.")]
Cache = Annotated[
    Path | None,
    typer.Option(file_okay=False, help="Where templates are kept for the next run; without it, in the data directory."),
]


def evaluate_command(read_settings: Callable[[], AbstractContextManager[IndexerSettings]]) -> Callable[..., None]:
    """``read_settings`` says plainly what is wrong, with the settings or within its block, and ends the program."""

    def evaluate(
        dataset: DatasetPlace,
        report: Report,
        distractors: Distractors = None,
        pack: PackName = None,
        as_json: AsJson = False,
        seed: Seed = 0,
        fit: Fit = False,
        cache: Cache = None,
    ) -> None:
        """Measure a pack on your own pictures of people whose names are known: hits, misses, false alarms."""
        with read_settings() as settings:
            require_extra()
            from indexer.evaluation.run import Options, run
            from indexer.evaluation.written import as_json as as_text

            chosen = settings.model_copy(update={"pack": pack or settings.pack})
            place = cache or settings.data_dir / "evaluation"
            with _progress() as tell:
                ran = run(Options(chosen, dataset, distractors, report, place, seed, fit), tell)
            typer.echo(as_text(ran.report) if as_json else _summary(ran.report, report))
            if ran.nothing_fitted:
                raise ran.nothing_fitted

    return evaluate


def require_extra() -> None:
    """`EvaluationExtraMissing`."""
    missing = [package for module, package in EXTRA.items() if find_spec(module) is None]
    if missing:
        raise EvaluationExtraMissing(package=" and ".join(missing))


@contextmanager
def _progress() -> Iterator[Callable[[str, int], Callable[[], None]]]:
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:

        def tell(what: str, total: int) -> Callable[[], None]:
            bar = progress.add_task(what, total=total)
            return lambda: progress.advance(bar)

        yield tell


def _summary(report: dict[str, Any], folder: Path) -> str:
    lines = [f"{report['dataset']['people']} people, {report['method']['gallery_faces']} faces in the gallery"]
    lines += [f"{report['failures_to_enrol']['failed']} of {report['failures_to_enrol']['pictures']} not enrolled"]
    lines.append("hits in the first 20, by years since the latest reference:")
    for name, band in report["case_search"]["bands"].items():
        raw, normalised, gain = (_told(band[kind]["hit_20"]) for kind in ("raw", "as", "as_minus_raw"))
        lines.append(f"  {name} ({band['searches']} searches): raw {raw}, AS {normalised}, AS - raw {gain}")
    return "\n".join([*lines, f"More, with intervals: {folder / 'report.html'}"])


def _told(figure: dict[str, Any]) -> str:
    return f"not measured ({figure['not_measured']})" if figure["value"] is None else f"{100 * figure['value']:.1f} %"
