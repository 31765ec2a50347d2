"""The names of metrics for people."""

from __future__ import annotations

from typing import Any

from mlwright.core.errors import MissingDependencyError, UnknownNameError
from mlwright.report.language import word


def metric_title(name: str) -> str:
    """Return the metric's name for people; an unknown metric keeps its id, without underscores."""
    metric = _metric(name)
    return word(f"metrics.{name}.title", metric.title if metric else name.replace("_", " "))


def metric_called(title: str) -> str:
    """Return the name for people of the metric that is called so in the evidence; other names as they are."""
    from mlwright.core.shelves import METRICS  # noqa: PLC0415 - as below

    found = (name for name in METRICS.names() if METRICS.get(name).title == title)
    return next(map(metric_title, found), title)


def metric_says(name: str) -> str:
    """Return the plain sentence that explains a metric, "" when it is unknown."""
    metric = _metric(name)
    return word(f"metrics.{name}.says", metric.says if metric else "")


def _metric(name: str) -> Any:
    from mlwright.core.shelves import METRICS  # noqa: PLC0415 - the shelf needs numpy, a sentence does not

    try:
        return METRICS.get(name)
    except (UnknownNameError, MissingDependencyError):
        return None  # evidence of a newer or older version: the id alone must do
