"""Estimate and Metric: how good is it, and how sure are we."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, final

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats
    from mlwright.core.prediction import Prediction


class Direction(StrEnum):
    """Whether more or less is better."""

    MAX = "max"
    MIN = "min"

    def is_better(self, one: float, other: float) -> bool:
        """Tell whether `one` beats `other`."""
        return one > other if self is Direction.MAX else one < other


@final
@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its 95 % interval and the direction that is better."""

    value: float
    low: float
    high: float
    direction: Direction

    def to_json(self) -> dict[str, Any]:
        """Return the documented JSON shape; what is undefined becomes null, because JSON has no NaN."""
        numbers = {"value": self.value, "low": self.low, "high": self.high}
        shown = {name: number if math.isfinite(number) else None for name, number in numbers.items()}
        return {**shown, "direction": self.direction.value}


class Metric(ABC):
    """A measure of predictions against the truth, written as a function of means over rows.

    Because every metric is `combine(mean of parts)`, one bootstrap serves all of them: resampling
    rows only re-weights the means. A metric on ranks states its parts by its first-order (Hájek)
    projection, which is what DeLong's interval for the AUC does too.
    """

    direction: ClassVar[Direction]
    title: ClassVar[str]
    """A name for people, such as "ROC AUC"."""
    says: ClassVar[str]
    """One plain sentence: what the number means."""

    @abstractmethod
    def parts(self, truth: Floats, prediction: Prediction) -> Floats:
        """Return the contributions of the rows, shape (n_rows, n_parts).

        `truth` has shape (n_rows,): class numbers or values.
        """

    @abstractmethod
    def combine(self, means: Floats) -> Floats:
        """Turn means of the parts, shape (…, n_parts), into the metric, shape (…)."""
