"""Everything that can be extended, one line each. A plug-in is one file in that folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlwright.core.registry import Registry

if TYPE_CHECKING:
    from mlwright.core.combination import Combination
    from mlwright.core.evaluation import Metric
    from mlwright.core.learner import Learner
    from mlwright.core.recommender import Recommender
    from mlwright.core.rule import Rule
    from mlwright.core.step import Encoding, Step
    from mlwright.core.task import TaskKind

TASKS: Registry[TaskKind] = Registry("mlwright.tasks", "mlwright.core.task.TaskKind", "task kind")
METRICS: Registry[Metric] = Registry(
    "mlwright.evaluation.metrics", "mlwright.core.evaluation.Metric", "metric"
)
STEPS: Registry[Step] = Registry("mlwright.features.steps", "mlwright.core.step.Step", "step")
ENCODINGS: Registry[Encoding] = Registry(
    "mlwright.features.encodings", "mlwright.core.step.Encoding", "encoding"
)
COMBINATIONS: Registry[Combination] = Registry(
    "mlwright.features.combinations", "mlwright.core.combination.Combination", "combination"
)
LEARNERS: Registry[Learner] = Registry("mlwright.learners", "mlwright.core.learner.Learner", "learner")
RULES: Registry[Rule] = Registry("mlwright.checks.rules", "mlwright.core.rule.Rule", "rule")
RECOMMENDERS: Registry[Recommender] = Registry(
    "mlwright.recommenders", "mlwright.core.recommender.Recommender", "recommender"
)
