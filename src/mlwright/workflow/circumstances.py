"""Circumstances: what the evidence says of the versions and the limits under which a model was made."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlwright.core.budget import Budget
    from mlwright.workflow.options import TrainOptions

_LIBRARIES = ("numpy", "scipy", "polars", "scikit-learn", "lightgbm", "onnx", "onnxruntime")


def budget_told(budget: Budget, options: TrainOptions, ended: str) -> dict[str, Any]:
    """Return the limits, and why the search ended; what it took is filled in when the model is written."""
    return {
        "time_limit_s": budget.time_limit_s,
        "max_trials": budget.max_trials,
        "elapsed_s": None,
        "memory_limit_bytes": options.memory_limit_bytes,
        "memory_peak_bytes": None,
        "ended": ended,
    }


def environment(seed: int) -> dict[str, Any]:
    """Name the versions that made the model."""
    found = {"mlwright": version("mlwright"), "python": platform.python_version(), "seed": seed}
    return {**found, **{library: version(library) for library in _LIBRARIES}, "platform": platform.machine()}
