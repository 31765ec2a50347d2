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
    from collections.abc import Callable

    from mlwright.core.prediction import Prediction
    from mlwright.serving.scorer import Scorer

    Done = Callable[[Prediction | Exception], None]


@final
class Together:
    """Collects lines until the loop turns."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Scorer, Lines, Done]] = []
        self._n_lines = 0

    def answer(self, scorer: Scorer, lines: Lines, done: Done) -> None:
        """Answer lines soon; `done` is given the answers, or what went wrong, and must not raise."""
        if self._n_lines + len(lines.cells) > scorer.most_lines:
            self._flush()
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._flush)
        self._waiting.append((scorer, lines, done))
        self._n_lines += len(lines.cells)
        if self._n_lines >= scorer.most_lines:
            self._flush()

    def _flush(self) -> None:
        """Answer those who wait, those of each model at once: a model may just have been exchanged."""
        waiting, self._waiting, self._n_lines = self._waiting, [], 0
        while waiting:
            scorer = waiting[0][0]
            _answer(scorer, [(lines, done) for one, lines, done in waiting if one is scorer])
            waiting = [one for one in waiting if one[0] is not scorer]


def _answer(scorer: Scorer, waiting: list[tuple[Lines, Done]]) -> None:
    """Answer lines at once and give each request its own; if that fails, each alone, so that one bears it."""
    every = [cells for lines, _ in waiting for cells in lines.cells]
    try:
        prediction = scorer.model.answer(Lines(every))
    except Exception as error:  # noqa: BLE001 - whoever asked is told
        if len(waiting) == 1:
            waiting[0][1](error)
            return
        for one in waiting:
            _answer(scorer, [one])
        return
    if len(waiting) == 1:
        waiting[0][1](prediction)
        return
    start = 0
    for lines, done in waiting:
        end = start + len(lines.cells)
        done(prediction.take(slice(start, end)))
        start = end
