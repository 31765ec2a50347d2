"""Latency: how much accuracy a quick answer may cost."""

from __future__ import annotations

from enum import StrEnum


class Latency(StrEnum):
    """What matters more when a model is served: the single answer's speed, or the last bit of accuracy."""

    FAST = "fast"
    """Few members without combined features, each fitted once."""
    BALANCED = "balanced"
    """A member must gain more than it costs."""
    BEST = "best"
    """Whatever lowers the loss."""

    @property
    def price(self) -> float:
        """The share of the loss that a member must take away per unit of its cost."""
        return {Latency.FAST: 0.004, Latency.BALANCED: 0.0002, Latency.BEST: 0.0}[self]

    @property
    def is_fast(self) -> bool:
        """Whether every microsecond counts."""
        return self is Latency.FAST
