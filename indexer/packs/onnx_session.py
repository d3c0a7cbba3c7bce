"""ONNX Runtime sessions with exactly the providers asked for."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from indexer.errors import PackFailed, PackProviderUnavailable, PackUnreadable


def open_session(file: Path, pack: str, providers: Sequence[str], threads: int) -> Any:
    """A session of one model file. `PackUnreadable`, `PackProviderUnavailable`."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # Pictures differ in size: an arena would keep the largest of each, for ever.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    require_available(providers)
    try:
        session = onnxruntime.InferenceSession(file, options, providers=list(providers))
    except failures() as error:
        raise PackUnreadable(file=file.name, pack=pack, reason="ONNX Runtime cannot load it") from error
    require_loaded(session, providers)
    return session


@contextmanager
def working(pack: str) -> Iterator[None]:
    """What goes wrong with one picture inside a pack, as one error of ours. `PackFailed`, with the kind of failure.

    Models are others' code, and may meet pictures that nobody thought of: whoever gave the picture is charged, and the
    worker goes on with the others.
    """
    import cv2

    kinds: tuple[type[BaseException], ...] = (*failures(), cv2.error, ValueError, IndexError, ArithmeticError)
    try:
        yield
    except kinds as error:
        raise PackFailed(pack=pack, kind=type(error).__name__) from error


def failures() -> tuple[type[Exception], ...]:
    """Everything that ONNX Runtime raises by itself. They have no common base."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    kinds = (getattr(state, name) for name in dir(state))
    return tuple(kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Exception))


def require_available(providers: Sequence[str]) -> None:
    """`PackProviderUnavailable`: ONNX Runtime would fall back to the CPU with a warning that nobody reads."""
    import onnxruntime

    available = onnxruntime.get_available_providers()
    if any(provider not in available for provider in providers):
        raise PackProviderUnavailable(wanted=", ".join(providers), loaded=", ".join(available))


def require_loaded(session: Any, providers: Sequence[str]) -> None:
    """`PackProviderUnavailable` when the session's first provider is not the first one asked for."""
    loaded = session.get_providers()
    if loaded[0] != providers[0]:
        raise PackProviderUnavailable(wanted=", ".join(providers), loaded=", ".join(loaded))
