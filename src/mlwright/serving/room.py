"""Room: how much may go on at once, so that memory stays flat and everybody gets a turn."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, final

from mlwright.core.processors import n_processors
from mlwright.serving.problems import busy

if TYPE_CHECKING:
    from mlwright.serving.settings import Settings

LARGE_BYTES = 2**15
"""A body of so many holds many rows; it is not even read when threads have enough to do."""
_WAITING_PER_THREAD = 8
"""So many requests may wait for a thread or be in it; with more than that nobody gets an answer in time."""
_MOST_ARRIVING = 2**26
"""Bytes of bodies of which a part is here."""
_TURN = 256
"""With many connections libuv reads on for seconds before anything else, health too, gets its turn."""


@final
class Room:
    """Counts what goes on. Belongs to one loop."""

    def __init__(self, settings: Settings) -> None:
        self.n_threads = n_processors()
        self._most_arriving = max(_MOST_ARRIVING, settings.max_body_bytes)
        self._n_arriving = self._in_threads = self._in_turn = 0

    def arrived(self, n_bytes: int) -> bool:
        """Note bytes of bodies that are not whole yet, fewer than 0 when one is; tell whether all fit."""
        self._n_arriving += n_bytes
        return self._n_arriving <= self._most_arriving

    def asked(self) -> None:
        """Note a request in this turn of the loop."""
        if not self._in_turn:
            asyncio.get_running_loop().call_soon(self._end_turn)
        self._in_turn += 1

    @property
    def is_turn_long(self) -> bool:
        """Whether so many have asked in this turn that it should come to an end."""
        return self._in_turn >= _TURN

    def check_threads(self) -> None:
        """Raise a problem (503) if threads have enough to do."""
        if self._in_threads >= self.n_threads * _WAITING_PER_THREAD:
            raise busy(f"{self._in_threads} requests for many rows, or explanations, are being worked on.")

    def enter_thread(self) -> None:
        """Take a place for work in a thread, or raise as `check_threads` does."""
        self.check_threads()
        self._in_threads += 1

    def leave_thread(self) -> None:
        """Give the place back."""
        self._in_threads -= 1

    def _end_turn(self) -> None:
        self._in_turn = 0
