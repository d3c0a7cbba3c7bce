"""Many may read at once, or one may write."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class ReadersWriterLock:
    """A waiting writer goes before later readers, so a steady stream of searches never keeps an erasure out.

    Not reentrant: a thread that reads must not read or write again before it is done.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._readers = 0
        self._waiting = 0
        self._writing = False

    @contextmanager
    def reading(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not (self._writing or self._waiting))
            self._readers += 1
        try:
            yield
        finally:
            with self._changed:
                self._readers -= 1
                self._changed.notify_all()

    @contextmanager
    def writing(self) -> Iterator[None]:
        with self._changed:
            self._waiting += 1
            try:
                self._changed.wait_for(lambda: not (self._writing or self._readers))
                self._writing = True
            finally:
                self._waiting -= 1
                self._changed.notify_all()  # matters when an interrupt ended the wait: readers need not wait for us
        try:
            yield
        finally:
            with self._changed:
                self._writing = False
                self._changed.notify_all()
