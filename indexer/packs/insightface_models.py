"""The two models of an InsightFace-format folder, loaded and tried, so that no photo meets one that does not work."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from indexer.errors import PackIncomplete, PackMissing, PackUnreadable
from indexer.packs import manifest
from indexer.packs.onnx_session import failures, require_available, require_loaded

SIDE = 112  # px of an aligned face
DETECTOR_THRESHOLD = 0.5  # insightface's own
SMALL_SIDE_PX = 128  # a face that fills the picture is found at this size, not at the large one
MIDDLE_SIDE_PX = 320  # a face that fills half of it is found at this size, and at neither of the others
BATCH = 32


@dataclass(frozen=True)
class InsightFaceModels:
    """insightface's own detector and recogniser; ``batch``: how many faces the recogniser may be given at once."""

    detector: Any
    recogniser: Any
    dimension: int
    batch: int


def load_models(directory: Path, name: str, providers: Sequence[str], threads: int, side_px: int) -> InsightFaceModels:
    """From an existing folder. `PackMissing`, `PackIncomplete`, `PackUnreadable`, `PackProviderUnavailable`."""
    if not directory.is_dir():  # insightface would go to the network for a name it does not find
        raise PackMissing(pack=name, path=directory)
    manifest.require_none_foreign((file.name for file in directory.iterdir()), name)
    require_available(providers)
    models = _models(directory, name, providers, threads)
    for model in models.values():
        require_loaded(model.session, providers)
    _require_runs(models["detection"], side_px, name)
    dimension, batch = _tried(models["recognition"], name)
    return InsightFaceModels(models["detection"], models["recognition"], dimension, batch)


def _models(directory: Path, name: str, providers: Sequence[str], threads: int) -> dict[str, Any]:
    import onnxruntime
    from insightface.app import FaceAnalysis

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    tasks = ["detection", "recognition"]
    try:
        analysis = FaceAnalysis(
            name=str(directory.resolve()), allowed_modules=tasks, providers=list(providers), sess_options=options
        )
    except AssertionError as error:  # how insightface says that no detector was there
        raise PackIncomplete(pack=name, part="detection") from error
    except _refusals() as error:
        file, reason = _unreadable(directory), "it is no ONNX file, or not one that insightface can run"
        raise PackUnreadable(file=file, pack=name, reason=reason) from error
    for task in tasks:
        if task not in analysis.models:
            raise PackIncomplete(pack=name, part=task)
    analysis.prepare(ctx_id=0, det_thresh=DETECTOR_THRESHOLD, det_size=[(SMALL_SIDE_PX, SMALL_SIDE_PX)])
    return dict(analysis.models)


def _refusals() -> tuple[type[Exception], ...]:
    """What insightface raises for a file that is no model, or a model that is not what it takes it for."""
    from google.protobuf.message import DecodeError

    return DecodeError, *failures(), ValueError, IndexError, TypeError, RuntimeError


def _unreadable(directory: Path) -> str:
    """The name of the first model that does not load by itself: insightface does not say which it was."""
    from insightface.model_zoo import get_model

    for file in sorted(directory.glob("*.onnx")):
        try:
            get_model(str(file), providers=["CPUExecutionProvider"])
        except _refusals():
            return file.name
    return directory.name  # together they do what none does alone: too little memory, perhaps


def _require_runs(detector: Any, side: int, name: str) -> None:
    """`PackIncomplete` for a detector without landmarks, `PackUnreadable` for one that fails on a picture."""
    if not detector.use_kps:
        raise PackIncomplete(pack=name, part="five-landmark detection")
    for size in (SMALL_SIDE_PX, MIDDLE_SIDE_PX, side):
        try:
            detector.detect(np.zeros((size, size, 3), np.uint8), input_size=(size, size))
        except _refusals() as error:
            reason = f"it does not run as a detector at {size} px"
            raise PackUnreadable(file=_name(detector), pack=name, reason=reason) from error


def _name(model: Any) -> str:
    return Path(model.model_file).name


def _tried(recogniser: Any, name: str) -> tuple[int, int]:
    """The dimension of its vectors, and how many faces it may be given at once. `PackUnreadable`."""
    dull, striped = np.full((SIDE, SIDE, 3), 90, np.uint8), np.zeros((SIDE, SIDE, 3), np.uint8)
    striped[::2] = 255
    try:
        alone = recogniser.get_feat([dull])[0]
    except _refusals() as error:
        raise PackUnreadable(file=_name(recogniser), pack=name, reason="it does not run") from error
    try:
        together = recogniser.get_feat([dull, striped])[0]
    except failures():  # made for one face at a time
        return alone.shape[-1], 1
    # Dynamic quantisation makes a face's vector depend on the other faces of its batch (on mbf-int8 the two score .99),
    # but a template must be the same whoever else is in the photo.
    independent = np.linalg.norm(together - alone) < 0.01 * np.linalg.norm(alone)
    return alone.shape[-1], BATCH if independent else 1
