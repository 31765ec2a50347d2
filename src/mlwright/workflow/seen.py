"""Seen: whether rows that judge a model are among those that it learned from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlwright.core.errors import ArtifactError
from mlwright.core.schema import Role
from mlwright.data.sketch import is_seen, share_of, sketch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.artifact.model import Model
    from mlwright.core.arrays import Columns, Floats
    from mlwright.core.dataset import Dataset
    from mlwright.core.schema import Schema


def what_is_learned(rows: Dataset, train: Dataset, test: Dataset, names: Sequence[str]) -> dict[str, Any]:
    """Sketch the rows that the shipped program learned from.

    "usual" is the share of the sealed test that is among the training rows by nature: where rows are few
    sorts, most are.
    """
    names = _telling(rows.schema, names)
    assert rows.target is not None  # noqa: S101 - rows to learn from have a target
    assert train.target is not None  # noqa: S101 - as above
    assert test.target is not None  # noqa: S101 - the sealed test has a target
    kept = {name: rows.columns[name] for name in names}
    known = sketch({name: train.columns[name] for name in names}, train.target)
    usual, _ = share_of(known, {name: test.columns[name] for name in names}, test.target)
    return {**sketch(kept, rows.target), "usual": usual}


def _telling(schema: Schema, names: Sequence[str]) -> Sequence[str]:
    """Leave out what rows are told of earlier ones: a row is the same with its history and without."""
    found = [name for name in names if schema[name].role is not Role.HISTORY]
    return found or names


def seen(model: Model, columns: Columns, truth: Floats) -> float | None:
    """Return the share of labeled rows that the model has learned from; None if it cannot be told.

    `columns` are typed by the model's own schema, each of shape (n_rows,); 0 where no more rows are known
    than chance explains.
    """
    known = model.profile.get("learned")
    if known is None:
        return None
    try:
        names = _telling(model.schema, model.inputs)
        share, n_telling = share_of(known, {name: columns[name] for name in names}, truth)
        return share if is_seen(share, n_telling, float(known["usual"])) else 0.0
    except (KeyError, TypeError, ValueError) as error:
        message = f"profile.json does not say as expected which rows the model has learned from: {error!r}."
        raise ArtifactError(message) from error
