"""Everything that can be extended, one line each. A plug-in is one file in that folder."""

from mlwright.core.combination import Combination
from mlwright.core.evaluation import Metric
from mlwright.core.learner import Learner
from mlwright.core.recommender import Recommender
from mlwright.core.registry import Registry
from mlwright.core.rule import Rule
from mlwright.core.step import Encoding, Step
from mlwright.core.task import TaskKind

TASKS: Registry[TaskKind] = Registry("mlwright.tasks", TaskKind, "task kind")  # type: ignore[type-abstract]
METRICS: Registry[Metric] = Registry("mlwright.evaluation.metrics", Metric, "metric")  # type: ignore[type-abstract]
STEPS: Registry[Step] = Registry("mlwright.features.steps", Step, "step")  # type: ignore[type-abstract]
ENCODINGS: Registry[Encoding] = Registry("mlwright.features.encodings", Encoding, "encoding")  # type: ignore[type-abstract]
COMBINATIONS: Registry[Combination] = Registry(
    "mlwright.features.combinations",
    Combination,  # type: ignore[type-abstract]
    "combination",
)
LEARNERS: Registry[Learner] = Registry("mlwright.learners", Learner, "learner")  # type: ignore[type-abstract]
RULES: Registry[Rule] = Registry("mlwright.checks.rules", Rule, "rule")  # type: ignore[type-abstract]
RECOMMENDERS: Registry[Recommender] = Registry(
    "mlwright.recommenders",
    Recommender,  # type: ignore[type-abstract]
    "recommender",
)
