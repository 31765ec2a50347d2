"""What is counted of a recommender's answers: who asked, by how much, and how much was offered; no item."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, final

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

from mlwright.serving.board import Histogram

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlwright.core.arrays import Floats
    from mlwright.serving.tastes import Offer

_LENGTHS = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0)


@final
class OfferCounts:
    """Cells of the board for questions and what was offered."""

    def __init__(self, numbers: Iterator[int]) -> None:
        self._asked = {place: next(numbers) for place in product(("history", "user"), ("false", "true"))}
        self._offered = next(numbers)
        self._lengths = Histogram(numbers, _LENGTHS)

    def add(self, cells: memoryview[float], offers: Sequence[Offer]) -> None:
        """Count questions with what was offered."""
        for offer in offers:
            wanted = offer.wanted
            by, is_known = ("history" if wanted.user is None else "user"), str(wanted.is_known).lower()
            cells[self._asked[by, is_known]] += 1.0
            cells[self._offered] += len(offer.items)
            self._lengths.add(cells, wanted.n_taken)

    def families(self, sums: Floats) -> Iterator[Any]:
        """Yield what Prometheus reads."""
        says = "Questions, by who is asked for and whether anything is known of that taste."
        asked = CounterMetricFamily("mlwright_questions", says, labels=["by", "known"])
        for place, cell in self._asked.items():
            asked.add_metric(place, sums[cell])
        yield asked
        offered = CounterMetricFamily("mlwright_offered_items", "Items that were offered.")
        offered.add_metric([], sums[self._offered])
        yield offered
        lengths = HistogramMetricFamily(
            "mlwright_history_items", "Items of the histories that were asked with."
        )
        lengths.add_metric([], *self._lengths.told(sums))
        yield lengths
