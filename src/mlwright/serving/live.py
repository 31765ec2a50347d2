"""What is alive: the model that answers now, what it counts, and whether requests are welcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from mlwright.serving.counters import Counters
    from mlwright.serving.prediction_log import PredictionLog
    from mlwright.serving.scorer import Scorer


@final
@dataclass(slots=True)
class Live:
    """The state of a service. A model is exchanged by one assignment; requests under way keep theirs."""

    scorer: Scorer
    counters: Counters
    log: PredictionLog | None = None
    is_ready: bool = False
    is_draining: bool = False
