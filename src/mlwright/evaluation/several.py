"""Several estimates at once: which of them miss a mark beyond chance, as many as were looked at."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.evaluation import Estimate


def clearly_off(estimates: Sequence[Estimate], mark: float) -> list[int]:
    """Tell for each estimate whether it lies above (1) or below (-1) the mark beyond chance, else 0.

    Of twenty 95 % intervals one misses by chance. So ends are moved out until all of them hold at once with
    95 % (Bonferroni), by the ratio of normal quantiles. Without an interval nothing is said: 0.
    """
    if not estimates:
        return []
    normal = NormalDist()
    wider = normal.inv_cdf(1.0 - 0.025 / len(estimates)) / normal.inv_cdf(0.975)
    return [
        int(one.value - wider * (one.value - one.low) > mark)
        - int(one.value + wider * (one.high - one.value) < mark)
        for one in estimates
    ]
