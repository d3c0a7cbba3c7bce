"""ONNX Runtime sessions with exactly the providers asked for."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from indexer.errors import PackProviderUnavailable, PackUnreadable


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
    except load_failures() as error:
        raise PackUnreadable(file=file.name, pack=pack, reason="ONNX Runtime cannot load it") from error
    require_loaded(session, providers)
    return session


def load_failures() -> tuple[type[Exception], ...]:
    """What ONNX Runtime raises for a file that is no model, or not one it can run. They have no common base."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    return (
        state.Fail,
        state.InvalidArgument,
        state.InvalidGraph,
        state.InvalidProtobuf,
        state.NoSuchFile,
        state.NotImplemented,
        state.RuntimeException,
    )


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
