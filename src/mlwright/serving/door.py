"""The door: takes connections in, and at the end all that had come by then.

The event loop's own server cannot do the latter: connections that wait when it is closed are reset.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import time
from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

_MOST_AT_ONCE = 64
"""So many are taken in before those who are in get their turn again."""
_PAUSE_S = 0.1
_YIELD_S = 1e-9
"""As short as the system sleeps, some 50 µs: time for another process that waits at the same door."""
_SHORTAGES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_logger = logging.getLogger("mlwright.serving")


@final
class Door:
    """Hands connections of a listener to protocols. Belongs to the loop in which it was made.

    `is_shared` with other processes: they take turns, else one of them may get all connections of a burst.
    """

    def __init__(self, listener: socket.socket, make: Callable[[], Any], *, is_shared: bool) -> None:
        self._listener, self._make, self._is_shared = listener, make, is_shared
        self._loop = asyncio.get_running_loop()
        self._starts: set[asyncio.Task[Any]] = set()
        self._is_short, self._is_closed = False, False

    def open(self) -> None:
        """Begin."""
        self._listener.settimeout(0)
        self._loop.add_reader(self._listener, self._take_some)

    def close(self) -> None:
        """Take in who waits, and nobody after that. Connections under way know nothing of it."""
        if self._is_closed:
            return
        self._is_closed = True
        self._loop.remove_reader(self._listener)
        while self._take():
            pass
        self._listener.close()

    def _take_some(self) -> None:
        for _ in range(_MOST_AT_ONCE):
            if not self._take():
                return
            if self._is_shared:
                time.sleep(_YIELD_S)

    def _take(self) -> bool:
        """Take one connection in; tell whether there was one."""
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError):
            return False  # another process was quicker
        except OSError as error:
            if error.errno in _SHORTAGES and not self._is_closed:
                self._pause(error)
            return error.errno not in _SHORTAGES  # else a client that has gone again
        connection.settimeout(0)
        start = self._loop.create_task(self._loop.connect_accepted_socket(self._make, connection))
        self._starts.add(start)
        start.add_done_callback(self._starts.discard)
        self._is_short = False
        return True

    def _pause(self, error: OSError) -> None:
        """Wait until connections end: no more can be open at once."""
        if not self._is_short:
            _logger.warning("no more connections can be taken in: %s", error.strerror)
        self._is_short = True
        self._loop.remove_reader(self._listener)
        self._loop.call_later(_PAUSE_S, self._resume)

    def _resume(self) -> None:
        if not self._is_closed:
            self._loop.add_reader(self._listener, self._take_some)
