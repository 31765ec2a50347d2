"""Together: rows of requests that came in at the same time are answered at once.

A program is read into the processor's caches once for all of them, which is most of the work for a single
row. Nobody waits for others: what has come when the loop turns is what goes. A row's answer does not depend
on those beside it; tests hold this service to it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, final

from mlwright.core.dataset import Lines

if TYPE_CHECKING:
    from mlwright.core.prediction import Prediction
    from mlwright.serving.scorer import Scorer

_MOST_LINES = 64
"""So many rows hold up the loop for about a millisecond at most."""


@final
class Together:
    """Collects lines until the loop turns."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Scorer, Lines, asyncio.Future[Prediction]]] = []
        self._n_lines = 0

    def answer(self, scorer: Scorer, lines: Lines) -> asyncio.Future[Prediction]:
        """Return the answer to come."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._flush)
        self._waiting.append((scorer, lines, future))
        self._n_lines += len(lines.cells)
        if self._n_lines >= _MOST_LINES:
            self._flush()
        return future

    def _flush(self) -> None:
        """Answer those who wait, those of each model at once."""
        waiting, self._waiting, self._n_lines = self._waiting, [], 0
        while waiting:
            scorer = waiting[0][0]
            own = [(lines, future) for one, lines, future in waiting if one is scorer]
            waiting = [one for one in waiting if one[0] is not scorer]
            _settle(scorer, own)


def _settle(scorer: Scorer, waiting: list[tuple[Lines, asyncio.Future[Prediction]]]) -> None:
    """Answer lines at once and give each request its own; if that fails, each alone, so that one bears it."""
    if len(waiting) == 1:
        (lines, future), = waiting
        try:
            prediction = scorer.model.answer(lines)
        except Exception as error:  # noqa: BLE001 - whoever asked must know
            if not future.cancelled():
                future.set_exception(error)
            return
        if not future.cancelled():
            future.set_result(prediction)
        return
    try:
        prediction = scorer.model.answer(Lines([cells for lines, _ in waiting for cells in lines.cells]))
    except Exception:  # noqa: BLE001 - as above
        for one in waiting:
            _settle(scorer, [one])
        return
    start = 0
    for lines, future in waiting:
        end = start + len(lines.cells)
        if not future.cancelled():
            future.set_result(prediction.take(slice(start, end)))
        start = end
