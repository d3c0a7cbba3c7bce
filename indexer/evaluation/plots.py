"""The report's plots, drawn by matplotlib without a display: PNG bytes, the same for the same study."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indexer.evaluation.alert import MAIN_RATE, absent, present, why_not
from indexer.evaluation.discard import RANK, SHARES, missed_by_discard
from indexer.evaluation.figures import too_few
from indexer.evaluation.metrics import hits_by_rank, threshold_at, trade_off, wilson
from indexer.evaluation.scores import Kind
from indexer.evaluation.searches import Band
from indexer.evaluation.study import NO_COHORT, Study

if TYPE_CHECKING:  # of the `evaluate` extra
    from matplotlib.axes import Axes

_SIZE = (7.0, 4.2)  # inches
_DOTS = 110  # per inch
_MOST_RANK = 50
_NAMES = {Kind.RAW: "raw", Kind.AS: "normalised (AS)"}
_COLOURS = {Kind.RAW: "#b36b00", Kind.AS: "#004c7a"}  # told apart by lightness too
_LINES = {Kind.RAW: "--", Kind.AS: "-"}
_SCORES = "Of the child's face, and the best of everybody else's in the same searches."


@dataclass(frozen=True)
class Plot:
    """``png`` is None where the data is too little, for the reason ``why_not`` says."""

    title: str
    caption: str
    png: bytes | None
    why_not: str | None = None


def plots_of(study: Study) -> list[Plot]:
    """Needs matplotlib."""
    alerts = "Searches for absent children that raise an alert (FPIR), and for present ones that raise none (FNIR)."
    made: list[tuple[str, str, Callable[[Study, Axes], None]]] = [
        ("Detection error trade-off", alerts, _trade_off),
        ("Hits by rank", "Searches with the child's face among the first so many.", _hits),
        ("FNIR by gap", f"Missed at FPIR {MAIN_RATE:.0%}, by years since the latest reference; 95 % Wilson.", _by_gap),
        ("Scores, raw", _SCORES, _raw_scores),
        ("Scores, normalised (AS)", _SCORES, _normalised_scores),
        ("Error by discard", f"Missed in the first {RANK} when the worst searches by quality are left out.", _discard),
    ]
    return [_plot(study, *each) for each in made]


def _plot(study: Study, title: str, caption: str, draw: "Callable[[Study, Axes], None]") -> Plot:
    reason = too_few(study.searches.subjects)
    if draw is _by_gap:
        reason = reason or why_not(study, Kind.RAW, MAIN_RATE, np.arange(len(study.searches)))
    if draw is _normalised_scores and Kind.AS not in study.outcomes:
        reason = NO_COHORT
    return Plot(title, caption, None, reason) if reason else Plot(title, caption, _drawn(study, draw))


def _drawn(study: Study, draw: "Callable[[Study, Axes], None]") -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE, dpi=_DOTS, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    draw(study, axes)
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend()
    with io.BytesIO() as file:
        figure.savefig(file, format="png", metadata={"Software": None})
        return file.getvalue()


def _trade_off(study: Study, axes: "Axes") -> None:
    least = 1.0
    for kind in study.outcomes:
        others = absent(study, kind).scores
        false_alarms, missed = trade_off(present(study, kind, np.arange(len(study.searches))).scores, others)
        least = min(least, 1 / len(others))
        axes.step(false_alarms, np.maximum(missed, 1e-4), _LINES[kind], color=_COLOURS[kind], label=_NAMES[kind])
    axes.set(xscale="log", yscale="log", xlabel="FPIR", ylabel="FNIR", xlim=(least, 1), ylim=(None, 1.05))


def _hits(study: Study, axes: "Axes") -> None:
    for kind, outcomes in study.outcomes.items():
        shares = hits_by_rank(outcomes.ranks, _MOST_RANK)
        axes.plot(np.arange(1, _MOST_RANK + 1), shares, _LINES[kind], color=_COLOURS[kind], label=_NAMES[kind])
    axes.set(xscale="log", xlabel="rank", ylabel="share of searches", ylim=(0, 1.02))
    axes.set_xticks([1, 2, 5, 10, 20, 50], labels=["1", "2", "5", "10", "20", "50"])


def _by_gap(study: Study, axes: "Axes") -> None:
    bands = [band for band in Band if not too_few(study.searches.subjects[study.searches.in_band(band)])]
    everything = np.arange(len(study.searches))
    kinds = [kind for kind in study.outcomes if why_not(study, kind, MAIN_RATE, everything) is None]
    for offset, kind in zip((-0.1, 0.1), kinds, strict=False):
        threshold = threshold_at(absent(study, kind).scores, MAIN_RATE)
        for place, band in enumerate(bands):
            missed = present(study, kind, study.searches.in_band(band)).scores < threshold
            low, high = wilson(int(missed.sum()), len(missed))
            axes.plot([place + offset] * 2, [low, high], color=_COLOURS[kind])
            label = _NAMES[kind] if place == 0 else None
            axes.plot(place + offset, missed.mean(), "o" if kind is Kind.AS else "s", color=_COLOURS[kind], label=label)
    axes.set(xlabel="gap in years", ylabel="FNIR", ylim=(0, 1.02), xlim=(-0.6, len(bands) - 0.4))
    axes.set_xticks(range(len(bands)), labels=[band.value for band in bands])


def _raw_scores(study: Study, axes: "Axes") -> None:
    _scores(study, axes, Kind.RAW)


def _normalised_scores(study: Study, axes: "Axes") -> None:
    _scores(study, axes, Kind.AS)


def _scores(study: Study, axes: "Axes", kind: Kind) -> None:
    mated = present(study, kind, np.arange(len(study.searches))).scores
    mated, others = mated[np.isfinite(mated)], absent(study, kind).scores
    edges = np.histogram_bin_edges(np.concatenate([mated, others]), 50)
    for values, colour, label in ((others, "#999999", "best of everybody else"), (mated, _COLOURS[kind], "the child")):
        axes.hist(values, edges.tolist(), density=True, alpha=0.6, color=colour, label=label)
    axes.set(xlabel=f"score, {_NAMES[kind]}", ylabel="density")


def _discard(study: Study, axes: "Axes") -> None:
    for kind in study.outcomes:
        axes.plot(SHARES, missed_by_discard(study, kind), _LINES[kind], color=_COLOURS[kind], label=_NAMES[kind])
    axes.set(xlabel="share left out", ylabel=f"missed in the first {RANK}", ylim=(0, None))
