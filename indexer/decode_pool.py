"""A warm pool of limited processes that read untrusted pictures, so that a hostile file costs only itself.

Each child imports only Pillow, has no environment, opens no file, and lives under limits of memory and processor time;
the parent adds a limit of wall time. Children are started by exec, never by a fork of this process's threads.
"""

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from queue import LifoQueue
from threading import Event, Timer
from types import TracebackType
from typing import Any, Self, TypeVar, cast

import numpy as np

from indexer.decode_child import ANSWER, JOBS_PER_CHILD, READY, REQUEST, Job
from indexer.errors import DecoderUnavailable, ImageDecodeLimit, ImageRefused
from indexer.packs.base import Pixels
from indexer.settings import IndexerSettings

_START_SECONDS = 60  # imports of one process, on a machine that is busy or has cold disks
_MOST_HEADER_BYTES = 4096
_T = TypeVar("_T")
_REFUSALS = {refusal.code: refusal for refusal in ImageRefused.__subclasses__()}


@dataclass(frozen=True)
class DecodedPhoto:
    """A submitted photo made clean: ``jpeg`` is upright 8-bit sRGB rebuilt from pixels, without any metadata.

    ``taken_at_exif`` is ISO 8601, with an offset only where the camera wrote one. Latitude and longitude are degrees,
    both or neither. ``perceptual_hash`` has 32 bytes (`indexer.near_repeats`); ``source_format`` is JPEG, PNG or WEBP.
    """

    jpeg: bytes
    width: int
    height: int
    taken_at_exif: str | None
    latitude: float | None
    longitude: float | None
    perceptual_hash: bytes
    source_format: str


class DecodePool:
    """Reads pictures in `decode_processes` children at once; further callers wait. Safe to use from several threads."""

    def __init__(self, settings: IndexerSettings) -> None:
        self._size = settings.decode_processes
        self._seconds = settings.decode_seconds
        limits = (settings.decode_megabytes, settings.decode_seconds, settings.max_megapixels)
        # -I: no current folder, no user site and no PYTHON* variable can change what the child imports.
        self._command = [sys.executable, "-I", "-m", "indexer.decode_child", *map(str, limits)]
        # Raw pixels, and the header of an answer, never exceed this; a child that says so is broken.
        self._most_bytes = int(settings.max_megapixels * 1e6) * 3 + 2**20
        self._idle: LifoQueue[_Child | None] = LifoQueue()
        for _ in range(self._size):
            self._idle.put(self._start())

    def decode(self, data: bytes) -> DecodedPhoto:
        """Make a submitted photo clean. Raises the classes of `ImageRefused`, and `DecoderUnavailable`."""
        header, body = self._run(Job.PHOTO, data)
        with _trustworthy():
            digest = bytes.fromhex(header.pop("perceptual_hash"))
            return DecodedPhoto(jpeg=bytes(body), perceptual_hash=digest, **header)

    def pixels(self, data: bytes) -> Pixels:
        """The upright sRGB pixels of a picture. Raises as `decode`."""
        header, body = self._run(Job.PIXELS, data)
        with _trustworthy():
            return np.frombuffer(body, np.uint8).reshape(header["height"], header["width"], 3)

    @property
    def process_ids(self) -> list[int]:
        """Of the children that are idle now."""
        return [child.process.pid for child in list(self._idle.queue) if child]

    def close(self) -> None:
        """End every child, after the jobs under way. Later jobs raise `DecoderUnavailable`."""
        for _ in range(self._size):
            child = self._idle.get()
            if child is None:
                break
            child.end()
        self._idle.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, job: Job, data: bytes) -> tuple[dict[str, Any], bytearray]:
        child = self._idle.get()
        if child is None:
            self._idle.put(None)  # for the next who waits
            raise DecoderUnavailable(reason="the pool is closed")
        try:
            child = self._usable(child)
            header, body = child.run(job, data, self._seconds, self._most_bytes)
        finally:
            # Started now, a new child is warm when the next picture comes. If it cannot be, that picture tries again.
            with contextlib.suppress(DecoderUnavailable):
                child = self._usable(child)
            self._idle.put(child)
        if "refused" in header:
            with _trustworthy():
                raise _REFUSALS[header["refused"]](**header["details"])
        return header, body

    def _usable(self, child: "_Child") -> "_Child":
        """``child``, or a new one in its place if it has died or served long enough."""
        if child.is_usable:
            return child
        child.end()
        return self._start()

    def _start(self) -> "_Child":
        try:
            return _Child(self._command)
        except OSError as error:
            raise DecoderUnavailable(reason=f"no process can be started ({error.strerror})") from error


class _Child:
    """One process and its pipes. Used by one thread at a time."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command, env={}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._stdin = cast("io.BufferedWriter", self.process.stdin)
        self._stdout = cast("io.BufferedReader", self.process.stdout)
        self._jobs = 0
        self._ready = False
        self._in_answer = False  # stays so when a job is broken off: what comes next on the pipe is not the next answer

    @property
    def is_usable(self) -> bool:
        return not self._in_answer and self._jobs < JOBS_PER_CHILD and self.process.poll() is None

    def run(self, job: Job, data: bytes, seconds: float, most_bytes: int) -> tuple[dict[str, Any], bytearray]:
        """One job's header and body. `ImageDecodeLimit` when the child does not live to answer; it is useless then."""
        if not self._ready:
            self._ready = bool(self._within(_START_SECONDS, lambda: self._stdout.read(1) == READY))
            if not self._ready:
                self.end()
                raise DecoderUnavailable(reason=f"its process ended with status {self.process.returncode}")
        self._jobs += 1
        self._in_answer = True
        answer = self._within(seconds, lambda: self._exchange(job, data, most_bytes))
        if answer is None:
            raise ImageDecodeLimit
        self._in_answer = False
        return answer

    def end(self) -> None:
        """Kill it; it keeps nothing between jobs."""
        self.process.kill()
        self.process.wait()
        for pipe in (self._stdin, self._stdout):
            with contextlib.suppress(BrokenPipeError):  # bytes it never read
                pipe.close()

    def _within(self, seconds: float, work: Callable[[], _T]) -> _T | None:
        """``work``'s result; None when the child died over it, or was killed because time was up.

        Killing is enough to stop waiting: the pipes break, and reads and writes return at once.
        """
        late = Event()

        def stop() -> None:
            late.set()
            self.process.kill()

        watchdog = Timer(seconds, stop)
        watchdog.start()
        try:
            result = work()
        except BrokenPipeError:
            return None
        finally:
            watchdog.cancel()
            watchdog.join()
        return None if late.is_set() else result

    def _exchange(self, job: Job, data: bytes, most_bytes: int) -> tuple[dict[str, Any], bytearray] | None:
        self._stdin.write(REQUEST.pack(job, len(data)))
        self._stdin.write(data)
        self._stdin.flush()
        lengths = self._stdout.read(ANSWER.size)
        if len(lengths) < ANSWER.size:
            return None
        header_length, body_length = ANSWER.unpack(lengths)
        if header_length > _MOST_HEADER_BYTES or body_length > most_bytes:
            return None
        header = self._stdout.read(header_length)
        body = bytearray(body_length)
        if self._stdout.readinto(body) < body_length:
            return None
        with _trustworthy():
            return dict(json.loads(header)), body


@contextlib.contextmanager
def _trustworthy() -> Iterator[None]:
    """A child that a picture has taken over could answer anything: nonsense counts as no answer."""
    try:
        yield
    except (KeyError, TypeError, ValueError):
        raise ImageDecodeLimit from None
