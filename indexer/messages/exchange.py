"""Talking to another machine for so long and no longer, whatever it does.

The timeout of a socket bounds one wait. A machine that sends a byte before each wait is over would hold the worker for
ever; nor does it bound the look-up of a name, or the second address of a host.
"""

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Lock
from typing import TypeVar

SECONDS = 10.0
"""What a whole exchange may take, and no wait within it more."""

AnySocket = TypeVar("AnySocket", bound=socket.socket)


class Line:
    """The socket that is in use, so that another thread can hang up."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._socket: socket.socket | None = None
        self._is_over = False

    def over(self, used: AnySocket) -> AnySocket:
        """``used``, which takes the place of the one before. `TimeoutError` when time is over."""
        with self._lock:
            if self._is_over:
                used.close()
                raise TimeoutError
            self._socket = used
        return used

    def hang_up(self) -> None:
        """Whoever waits for the socket gets an error, or the end of what is sent."""
        with self._lock:
            self._is_over = True
            if self._socket is not None:
                with suppress(OSError):  # closed already
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # without the farewell of TLS, which waits


def within(seconds: float, talk: Callable[[Line], None]) -> None:
    """``talk``, in a thread of its own; what it raises, or `TimeoutError` after so many seconds.

    It tells the line of each socket, as soon as there is one. After the time it may go on for a moment, unheard.
    """
    line, thread = Line(), ThreadPoolExecutor(1, "message")
    try:
        thread.submit(talk, line).result(seconds)
    finally:
        line.hang_up()
        thread.shutdown(wait=False)
