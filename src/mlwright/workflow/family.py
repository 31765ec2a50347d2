"""Family: from data to a model, and from a model to answers and scores. One file each in `families/`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from numbers import Integral
from typing import TYPE_CHECKING, Any, ClassVar, TypedDict, final

from mlwright.core.errors import UsageError
from mlwright.core.registry import Registry

if TYPE_CHECKING:
    from pathlib import Path

    from mlwright.artifact.model import Model
    from mlwright.core.progress import Listener
    from mlwright.workflow.options import TrainOptions


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What may be asked of answers. Each has the name of its command line option; None is not asked for.

    Raises UsageError if one is not of its type.
    """

    intervals: float | None = None
    capacity: int | None = None
    history: object | None = None
    top: int | None = None
    allow_seen: bool | None = None
    filter: str | None = None

    def __post_init__(self) -> None:
        top, allows = self.top, self.allow_seen
        if top is not None and (not isinstance(top, Integral) or isinstance(top, bool) or top < 1):
            message = f"--top is {top!r}; ask for a whole number of items, at least 1."
            raise UsageError(message)
        if allows is not None and not isinstance(allows, bool):
            message = f"--allow-seen is {allows!r}; it is true or false."
            raise UsageError(message)
        if self.filter is not None and not isinstance(self.filter, str):
            message = f"--filter is {self.filter!r}; write a text such as genre=drama."
            raise UsageError(message)

    def only(self, *names: str) -> None:
        """Raise UsageError if anything but these is asked for."""
        for field in fields(self):
            if getattr(self, field.name) is not None and field.name not in names:
                option = field.name.replace("_", "-")
                known = f" What does: {', '.join(names)}." if names else ""
                message = f"--{option} means nothing to this model.{known}"
                raise UsageError(message)


class Ranking(TypedDict, total=False):
    """Keyword arguments of `mlwright.predict` that concern rankings; see `Wishes`."""

    top: int | None
    allow_seen: bool | None
    filter: str | None


class Family(ABC):
    """A family of questions; kinds of task name theirs.

    `roles` are columns that it knows, `tables` data beside the rows, and `flags` wishes; all are options.
    """

    roles: ClassVar[tuple[str, ...]] = ()
    tables: ClassVar[tuple[str, ...]] = ()
    flags: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def train(
        self, data: object, target: str | None, options: TrainOptions, listen: Listener, started: float | None
    ) -> Model:
        """Do the whole job, within the budget; raise MlwrightError if data or options cannot be used."""

    @abstractmethod
    def predict(
        self, model: Model, data: object, out: str | Path | None, wishes: Wishes, listen: Listener
    ) -> int:
        """Answer rows into a file, all or nothing, or to standard output; return how many were asked."""

    @abstractmethod
    def evaluate(self, model: Model, data: object, wishes: Wishes, seed: int) -> dict[str, Any]:
        """Score a model on data whose truth is known: the shape of `evaluate --json`."""


FAMILIES: Registry[Family] = Registry(
    "mlwright.workflow.families", "mlwright.workflow.family.Family", "family of questions"
)
