"""Allowances: how often each key may still ask, known to all processes of one service."""

from __future__ import annotations

import fcntl
import mmap
import os
from hashlib import sha256
from time import monotonic
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import MutableSequence
    from pathlib import Path

_BURST_S = 1.0
"""A key that was quiet may ask so many seconds' worth at once."""
_BYTES = 16
"""Of a bucket: its tokens, and when they were counted, both as doubles."""


@final
class Allowances:
    """A bucket of tokens for each key, which fills at the rate; a request takes one out.

    With `folder` the buckets lie in mapped files there, which all processes of a service share: each would
    otherwise allow the rate once more. Their clock is that of the machine, the same for all of them.
    """

    def __init__(self, rate: float, folder: Path | None = None) -> None:
        self._rate, self._folder = rate, folder
        self._most = max(1.0, rate * _BURST_S)
        self._buckets: dict[str, tuple[MutableSequence[float], int | None]] = {}

    def take(self, who: str) -> bool:
        """Take a token for a key; tell whether there was one."""
        bucket, file = self._buckets.get(who) or self._open(who)
        if file is None:
            return self._take(bucket)
        fcntl.flock(file, fcntl.LOCK_EX)  # for some microseconds; the system unlocks for who dies
        try:
            return self._take(bucket)
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)

    def _take(self, bucket: MutableSequence[float]) -> bool:
        now = monotonic()
        tokens = min(self._most, bucket[0] + self._rate * (now - bucket[1]))
        bucket[0], bucket[1] = (tokens - 1.0 if tokens >= 1.0 else tokens), now
        return tokens >= 1.0

    def _open(self, who: str) -> tuple[MutableSequence[float], int | None]:
        """Begin with the bucket of a key, which is full if nobody asked with it yet."""
        found: tuple[MutableSequence[float], int | None]
        if self._folder is None:
            found = [self._most, monotonic()], None
        else:
            place = self._folder / f"{sha256(who.encode()).hexdigest()}.tokens"
            file = os.open(place, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(file, fcntl.LOCK_EX)
            is_new = os.fstat(file).st_size == 0
            os.ftruncate(file, _BYTES)
            cells: MutableSequence[float] = memoryview(mmap.mmap(file, _BYTES)).cast("d")  # type: ignore[assignment]
            if is_new:
                cells[0], cells[1] = self._most, monotonic()
            fcntl.flock(file, fcntl.LOCK_UN)
            found = cells, file
        self._buckets[who] = found
        return found
