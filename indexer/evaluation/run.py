"""One run of `homeward evaluate`: a pack loaded, pictures embedded, everything measured and written."""

import shlex
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from indexer.decode_pool import DecodePool
from indexer.errors import NothingFitted
from indexer.evaluation.embedded import EmbeddedPicture
from indexer.evaluation.embedding import Embedder, embed_files, load_one_threaded
from indexer.evaluation.evaluation import Evaluation, Wanted, evaluate
from indexer.evaluation.figures import Json
from indexer.evaluation.written import prepare, write_calibration, write_linking, write_report
from indexer.settings import IndexerSettings

Tell = Callable[[str, int], Callable[[], None]]
"""Told what begins and of how many steps it has; what it answers is called after each."""


@dataclass(frozen=True)
class Options:
    """What the command was asked for; ``settings`` name the pack."""

    settings: IndexerSettings
    dataset: Path
    distractors: Path | None
    report: Path
    cache: Path
    seed: int
    fit: bool

    @property
    def command(self) -> str:
        """What decides the figures; where the report and the cache lie does not."""
        words = ["homeward", "evaluate", "--dataset", str(self.dataset), "--pack", self.settings.pack]
        words += ["--distractors", str(self.distractors)] if self.distractors else []
        return shlex.join([*words, "--seed", str(self.seed), *(["--fit"] if self.fit else [])])


@dataclass(frozen=True)
class Ran:
    """``nothing_fitted`` says why no calibration was written though one was asked for."""

    report: Json
    nothing_fitted: NothingFitted | None


def run(options: Options, tell: Tell) -> Ran:
    """Every `EvaluationError` but `NothingFitted`; `PackError`, `DecoderUnavailable`."""
    prepare(options.report)
    began, made_at = time.monotonic(), datetime.now(UTC).isoformat(timespec="seconds")
    pack = load_one_threaded(options.settings)
    with DecodePool(options.settings) as decoder:
        embedder = Embedder(options.settings, pack, decoder)

        def embed(files: Sequence[Path], what: str, *, every_face: bool) -> list[EmbeddedPicture]:
            return embed_files(embedder, files, options.cache, tell(what, len(files)), every_face=every_face)

        wanted = Wanted(options.dataset, options.distractors, options.seed, options.command)
        done = evaluate(wanted, pack.info, embed)
    nothing_fitted = _fit(options, done, pack.info.id, made_at) if options.fit else None
    if options.fit:
        _fit_linking(options, done, pack.info.id, made_at)
    done.report["times"] = {"made_at": made_at, "seconds": round(time.monotonic() - began, 1)}
    write_report(options.report, done)
    return Ran(done.report, nothing_fitted)


def _fit(options: Options, done: Evaluation, pack_id: str, made_at: str) -> NothingFitted | None:
    """Adds what the test of the calibration came to to the report, or why there is none."""
    from indexer.evaluation.fit import fit

    dataset = cast("Json", done.report["dataset"])
    about: Json = {"dataset": dataset["name"], "licence": dataset["licence"], "command": options.command}
    try:
        fitted = fit(done.study, pack_id, about, made_at)
    except NothingFitted as error:
        done.report["calibration"] = {"not_fitted": str(error)}
        return error
    calibration = fitted.calibration
    write_calibration(options.report, calibration)
    bounds = {"kind": calibration.kind, "lowest": calibration.lowest, "highest": calibration.highest}
    done.report["calibration"] = bounds | {"test": fitted.tested}
    return None


def _fit_linking(options: Options, done: Evaluation, pack_id: str, made_at: str) -> None:
    """Adds the threshold for linking street faces to the report, or why there is none."""
    from indexer.evaluation.link_threshold import fit_linking

    dataset = cast("Json", done.report["dataset"])
    about: Json = {"dataset": dataset["name"], "licence": dataset["licence"], "command": options.command}
    try:
        linking = fit_linking(done.study, pack_id, about, made_at)
    except NothingFitted as error:
        done.report["linking"] = {"not_fitted": str(error)}
        return
    write_linking(options.report, linking)
    done.report["linking"] = {"score": linking.score, "precision": linking.precision, "faces": linking.faces}
