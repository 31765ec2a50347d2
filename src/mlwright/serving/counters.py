"""Counters: what the service did and saw, for Prometheus. No cell of a row is kept, only how many."""

from __future__ import annotations

from itertools import count, product
from typing import TYPE_CHECKING, Any, final

import numpy as np
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from mlwright.core.dataset import Lines
from mlwright.core.prediction import Prediction
from mlwright.core.schema import NUMERIC, Column, Kind
from mlwright.serving.board import Board, Histogram
from mlwright.serving.offer_counts import OfferCounts
from mlwright.serving.problems import REASONS, STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from mlwright.core.arrays import Columns, Floats
    from mlwright.serving.reader import Rows
    from mlwright.serving.scorer import Scorer
    from mlwright.serving.tastes import Offer

    Counted = tuple[Column, int, int, frozenset[str] | None]

_SECONDS = (
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
)  # fmt: skip
_SHARES = tuple(round(0.05 * step, 2) for step in range(1, 21))
_NUMBER_STEPS = 20
_EXCHANGES = ("exchanged", "failed", "refused")
_DURATION = "http_server_request_duration_seconds"


@final
class Counters:
    """All that `/metrics` shows.

    Names follow OpenTelemetry's conventions for HTTP servers where there are any. When a model follows
    another the counts go on; `mlwright_model_info` says which one answers.

    Parameters
    ----------
    routes
        As they are shown.
    folder
        Shared by the processes of one service; None if there is one.
    """

    def __init__(
        self, scorer: Scorer, routes: Sequence[str], folder: Path | None = None, name: str = "0"
    ) -> None:
        numbers = count()
        self._scorer = scorer
        self._requests = {place: next(numbers) for place in product(sorted(set(routes)), map(str, STATUSES))}
        self._seconds = {route: Histogram(numbers, _SECONDS) for route in sorted(set(routes))}
        self._rejected = {reason: next(numbers) for reason in REASONS}
        self._exchanges = {result: next(numbers) for result in _EXCHANGES}
        self._logged, self._unlogged = next(numbers), next(numbers)
        self._active, self._rows = next(numbers), next(numbers)
        self._offers = OfferCounts(numbers) if scorer.ranks else None
        # Of a recommender neither the columns of the program nor each of 100,000 items tell anybody anything.
        columns, classes = ((), ()) if scorer.ranks else (scorer.reader.columns, scorer.model.task.classes)
        self._scores = Histogram(numbers, _SHARES if scorer.model.task.classes else _steps(scorer))
        self._labels = [next(numbers) for _ in classes]
        self._columns = [(c, next(numbers), next(numbers), _levels(c)) for c in columns]
        self._has_texts = any(column.kind not in NUMERIC for column in columns)
        self._board = Board(next(numbers), folder, name)
        self._cells = self._board.cells
        self._cells[self._active] = 0.0  # a process of this name may have died at work

    def entered(self) -> None:
        """Count a request that is worked on."""
        self._cells[self._active] += 1.0

    def left(self) -> None:
        """Count it off."""
        self._cells[self._active] -= 1.0

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Count a request with its duration."""
        self._cells[self._requests[route, str(status)]] += 1.0
        self._seconds[route].add(self._cells, seconds)

    def rejected(self, reason: str) -> None:
        """Count a refusal."""
        self._cells[self._rejected[reason]] += 1.0

    def exchanged(self, result: str) -> None:
        """Count how an exchange of the model ended."""
        self._cells[self._exchanges[result]] += 1.0

    def logged(self, n_rows: int) -> None:
        """Count rows that are in the prediction log."""
        self._cells[self._logged] += n_rows

    def unlogged(self, n_rows: int) -> None:
        """Count rows that should be there and are not."""
        self._cells[self._unlogged] += n_rows

    def follow(self, scorer: Scorer) -> None:
        """Go on with another model of the same columns and classes."""
        self._scorer = scorer
        columns = () if scorer.ranks else scorer.reader.columns
        self._columns = [
            (new, missing, unseen, _levels(new))
            for new, (_, missing, unseen, _) in zip(columns, self._columns, strict=True)
        ]

    def scored(self, rows: Rows, answered: Prediction | Sequence[Offer]) -> None:
        """Count rows, what was missing or new in them, and what they were answered or offered."""
        cells = self._cells
        cells[self._rows] += rows.n_rows
        if isinstance(answered, Prediction):
            self._note_rows(rows, answered)
        elif self._offers is not None:
            self._offers.add(cells, answered)

    def text(self) -> bytes:
        """Write what Prometheus reads."""
        registry = CollectorRegistry()
        registry.register(self)
        return generate_latest(registry)

    def collect(self) -> Iterator[Any]:
        """Yield the families of Prometheus."""
        sums, task = self._board.sums(), self._scorer.model.task
        requests = CounterMetricFamily(
            "http_server_requests", "Requests that were answered.", labels=["route", "status"]
        )
        for place, cell in self._requests.items():
            if sums[cell]:
                requests.add_metric(place, sums[cell])
        yield requests
        seconds = HistogramMetricFamily(
            _DURATION, "From the first byte of a request to the last of its answer.", labels=["route"]
        )
        for route, histogram in self._seconds.items():
            seconds.add_metric([route], *histogram.told(sums))
        yield seconds
        active = GaugeMetricFamily("http_server_active_requests", "Requests that are worked on.")
        active.add_metric([], sums[self._active])
        yield active
        yield _counts(
            "mlwright_rejected", "Requests that were refused.", "reason", self._rejected.items(), sums
        )
        yield _counts(
            "mlwright_model_swap",
            "Times that a new model file was seen.",
            "result",
            self._exchanges.items(),
            sums,
        )
        for name, says, cell in (
            ("written", "Rows in files of the prediction log.", self._logged),
            ("dropped", "Rows that are missing there, since writing was too slow or failed.", self._unlogged),
        ):
            family = CounterMetricFamily(f"mlwright_prediction_log_{name}", says)
            family.add_metric([], sums[cell])
            yield family
        rows = CounterMetricFamily("mlwright_rows", "Rows that were answered.")
        rows.add_metric([], sums[self._rows])
        yield rows
        yield from self._of_rows(sums) if self._offers is None else self._offers.families(sums)
        info = GaugeMetricFamily("mlwright_model_info", "What answers.", labels=["name", "version", "target"])
        info.add_metric([self._scorer.name, self._scorer.version, task.target], 1.0)
        yield info

    def _of_rows(self, sums: Floats) -> Iterator[Any]:
        task = self._scorer.model.task
        missing = [(column.name, cell) for column, cell, _, _ in self._columns]
        yield _counts("mlwright_missing_cells", "Cells without a value.", "column", missing, sums)
        unseen = [(column.name, cell) for column, _, cell, levels in self._columns if levels is not None]
        yield _counts(
            "mlwright_unseen_cells", "Categories that training did not hold.", "column", unseen, sums
        )
        labels = zip(map(str, task.classes), self._labels, strict=True)
        yield _counts("mlwright_answers", "Rows by the label they got.", "label", labels, sums)
        says = (
            "Values." if not task.classes else "Chances: of two classes of the second, of more the largest."
        )
        scores = HistogramMetricFamily("mlwright_scores", says)
        scores.add_metric([], *self._scores.told(sums))
        yield scores

    def _note_rows(self, rows: Rows, prediction: Prediction) -> None:
        cells = self._cells
        if isinstance(rows.typed, Lines):
            for line in rows.typed.cells:
                self._note_line(line)
        else:
            _note_columns(cells, self._columns, rows.typed.columns)
        if prediction.labels is None:
            scores = prediction.values
        else:
            for label in prediction.labels.tolist():
                cells[self._labels[label]] += 1.0
            two = prediction.scores.shape[1] == 2
            scores = prediction.scores[:, 1] if two else prediction.scores.max(axis=1)
        for score in scores.tolist():
            self._scores.add(cells, score)

    def _note_line(self, line: Sequence[Any]) -> None:
        # Numbers that add up to a number hold no NaN, which is sooner known than by a look at each.
        if not self._has_texts and (total := sum(line)) == total:
            return
        cells = self._cells
        for cell, (_, missing, unseen, levels) in zip(line, self._columns, strict=True):
            if cell == "" or cell != cell:  # noqa: PLR0124 - the empty text, and NaN
                cells[missing] += 1.0
            elif levels is not None and cell not in levels:
                cells[unseen] += 1.0


def _counts(name: str, says: str, label: str, cells: Any, sums: Floats) -> CounterMetricFamily:
    family = CounterMetricFamily(name, says, labels=[label])
    for value, cell in cells:
        family.add_metric([value], sums[cell])
    return family


def _levels(column: Column) -> frozenset[str] | None:
    """Return all levels of a category; None where not all are known."""
    is_known = column.kind is Kind.CATEGORY and column.n_unique <= len(column.levels)
    return frozenset(column.levels) if is_known else None


def _steps(scorer: Scorer) -> tuple[float, ...]:
    """Return buckets for values: steps over the range that training showed."""
    task = scorer.model.task
    target = scorer.model.schema[task.target]
    low = target.low if target.low is not None else task.offset - 2 * task.scale
    high = target.high if target.high is not None else task.offset + 2 * task.scale
    size = (high - low) / _NUMBER_STEPS if high > low else 1.0
    return tuple(low + size * step for step in range(1, _NUMBER_STEPS + 1))


def _note_columns(cells: memoryview[float], counted: Sequence[Counted], columns: Columns) -> None:
    for column, missing, unseen, levels in counted:
        values = columns[column.name]
        is_missing = np.isnan(values) if column.kind in NUMERIC else values == ""
        cells[missing] += float(is_missing.sum())
        if levels is not None:
            cells[unseen] += float(sum(bool(cell) and cell not in levels for cell in values.tolist()))
