"""Activity: how much users do, how much happens to items, and how few of them are behind most of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.arrays import Array, Integers

_QUANTILES = (0.25, 0.5, 0.75, 0.95)
_N_SHOWN = 10
_TENTH = 0.1


def activity(
    numbers: Integers, names: Sequence[str] | None = None, shown: Array | None = None
) -> dict[str, Any]:
    """Say how events are spread over users or items, given as numbers from 0 on, shape (n_events,).

    With `names`, for items, the most frequent are named, of those that may be `shown`, shape (n_items,), if
    that is given; users are not.
    """
    counts = np.bincount(numbers)
    counts = counts[counts > 0]
    ordered = np.sort(counts)[::-1]
    n_tenth = max(1, round(_TENTH * len(ordered)))
    found: dict[str, Any] = {
        "n": len(counts),
        "events_each": {str(share): float(np.quantile(counts, share)) for share in _QUANTILES},
        "share_of_top_tenth": float(ordered[:n_tenth].sum() / ordered.sum()),
        "n_with_one_event": int((counts == 1).sum()),
    }
    if names is not None:
        told = numbers if shown is None else numbers[shown[numbers]]
        most = Counter(told.tolist()).most_common(_N_SHOWN)
        found["most"] = [{"name": names[at], "n_events": n, "share": n / len(numbers)} for at, n in most]
    return found
