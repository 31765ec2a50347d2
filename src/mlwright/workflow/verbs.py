"""The verbs, whatever is asked: a kind of question names its family, and the family knows the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlwright.core.errors import UsageError
from mlwright.core.progress import Listener, silence
from mlwright.core.shelves import TASKS
from mlwright.workflow.family import FAMILIES, Family, Wishes

if TYPE_CHECKING:
    from pathlib import Path

    from mlwright.artifact.model import Model
    from mlwright.workflow.options import TrainOptions

_USUAL = "rows"


def train(
    data: object,
    target: str | None,
    options: TrainOptions,
    listen: Listener = silence,
    started: float | None = None,
) -> Model:
    """Train a model of whatever kind; see `Family.train`.

    Without a kind, columns that only one family knows tell which it is; else it is about rows.
    """
    family = FAMILIES.get(_family(options))
    given = (*options.roles, *options.tables, *options.flags)
    odd = [name for name in given if name not in (*family.roles, *family.tables, *family.flags)]
    if odd:
        message = (
            f"--{odd[0]} means nothing to this kind of question. Leave it out, or choose another --kind."
        )
        raise UsageError(message)
    return family.train(data, target, options, listen, started)


def predict(
    model: Model,
    data: object,
    out: str | Path | None,
    wishes: Wishes = Wishes(),  # noqa: B008 - frozen
    listen: Listener = silence,
) -> int:
    """Answer rows into a file; see `Family.predict`."""
    return family_of(model).predict(model, data, out, wishes, listen)


def evaluate(model: Model, data: object, *, history: object | None = None, seed: int = 0) -> dict[str, Any]:
    """Score a model; see `Family.evaluate`."""
    return family_of(model).evaluate(model, data, Wishes(history=history), seed)


def family_of(model: Model) -> Family:
    """Return the family of a model's question."""
    return FAMILIES.get(TASKS.get(model.task.kind).family)


def _family(options: TrainOptions) -> str:
    if options.kind is not None:
        return TASKS.get(options.kind).family
    for name in FAMILIES.names():
        if set(options.roles) & set(FAMILIES.get(name).roles):
            return name
    return _USUAL
