"""A table of answers: what the prediction log writes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, TypeAlias, final

from mlwright.artifact.answers import DECISION, PREDICTION
from mlwright.core.dataset import Lines
from mlwright.core.prediction import Prediction
from mlwright.core.schema import NUMERIC, Kind
from mlwright.serving.tastes import TAKEN, USER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlwright.core.dataset import Typed
    from mlwright.core.schema import Column
    from mlwright.serving.scorer import Scorer
    from mlwright.serving.tastes import Offer

_FEATURE = "feature_"
"""Before the names of columns, which may be any."""
Answered: TypeAlias = "Prediction | Sequence[Offer]"


@final
@dataclass(frozen=True, slots=True)
class Entry:
    """A request that was answered; `typed` is None where no feature is logged."""

    time_us: int
    request_id: str
    route: str
    scorer: Scorer
    n_rows: int
    typed: Lines | Typed | None
    answered: Answered
    n_cells: int


def table(entries: Sequence[Entry], features: Sequence[str]) -> Any:
    """Return a polars frame of entries of one model, a line for each row that was answered."""
    import polars as pl  # noqa: PLC0415 - heavy, and only services with a log need it

    def each(values: Any) -> list[Any]:
        return list(chain.from_iterable(map(repeat, values, (entry.n_rows for entry in entries))))

    scorer = entries[0].scorer
    numbers = list(chain.from_iterable(range(1, entry.n_rows + 1) for entry in entries))
    moments = pl.Series(each(entry.time_us for entry in entries), dtype=pl.Int64)
    found = {
        "request_id": pl.Series(each(entry.request_id for entry in entries), dtype=pl.String),
        "row": pl.Series(numbers, dtype=pl.UInt32),
        "time": moments.cast(pl.Datetime("us", "UTC")),
        "model": pl.Series([scorer.version], dtype=pl.String).new_from_index(0, len(numbers)),
        "route": pl.Series(each(entry.route for entry in entries), dtype=pl.String),
    }
    if scorer.ranks:
        return pl.DataFrame(found | _offers(entries, features, pl))
    predictions = [entry.answered for entry in entries if isinstance(entry.answered, Prediction)]
    found |= _answers(Prediction.join(predictions), scorer.model.task.classes, pl)
    if features:
        lines = chain.from_iterable(map(_lines, entries))
        for column, cells in zip(scorer.reader.columns, zip(*lines, strict=True), strict=True):
            if column.name in features:
                found[_FEATURE + column.name] = _series(column, cells, pl)
    meant = [_meant(column, pl) for column in scorer.reader.columns if column.name in features]
    return pl.DataFrame(found).with_columns(meant)


def _answers(prediction: Prediction, classes: tuple[Any, ...], pl: Any) -> dict[str, Any]:
    """Return predictions and scores by the names that `predict` gives them."""
    if prediction.labels is None:
        return {PREDICTION: pl.Series(prediction.values)}
    is_mixed = len({type(label) for label in classes}) > 1
    labels = pl.Series([str(label) for label in classes] if is_mixed else list(classes))
    found = {PREDICTION: labels[prediction.labels.tolist()]}
    if prediction.decisions is not None:
        found[DECISION] = labels[prediction.decisions.tolist()]
    for number, label in enumerate(classes):
        found[f"probability_{label}"] = pl.Series(prediction.scores[:, number])
    return found


def _offers(entries: Sequence[Entry], features: Sequence[str], pl: Any) -> dict[str, Any]:
    """Return what a recommender was asked and what it offered: lists, since each item has no column."""
    offers = [
        one for entry in entries if not isinstance(entry.answered, Prediction) for one in entry.answered
    ]
    texts = pl.List(pl.String)
    found = {
        "k": pl.Series([one.wanted.k for one in offers], dtype=pl.UInt32),
        "items": pl.Series([one.items for one in offers], dtype=texts),
        "scores": pl.Series([one.scores for one in offers], dtype=pl.List(pl.Float64)),
        "is_known": pl.Series([one.wanted.is_known for one in offers], dtype=pl.Boolean),
    }
    if USER in features:
        found[_FEATURE + USER] = pl.Series([one.wanted.user for one in offers], dtype=pl.String)
    if TAKEN in features:
        found[_FEATURE + TAKEN] = pl.Series([one.wanted.history for one in offers], dtype=texts)
    return found


def _lines(entry: Entry) -> Iterable[Sequence[Any]]:
    """Return the typed cells of a request, row by row."""
    if isinstance(entry.typed, Lines):
        return entry.typed.cells
    if entry.typed is None:
        return ()
    columns = entry.typed.columns
    return zip(*(columns[column.name].tolist() for column in entry.scorer.reader.columns), strict=True)


def _series(column: Column, cells: Sequence[Any], pl: Any) -> Any:
    if column.kind in NUMERIC:
        return pl.Series(cells, dtype=pl.Float64)
    return pl.Series([cell or None for cell in cells], dtype=pl.String)


def _meant(column: Column, pl: Any) -> Any:
    """Return cells as what they mean, missing ones as null."""
    cells = pl.col(_FEATURE + column.name)
    if column.kind not in NUMERIC:
        return cells
    numbers = cells.fill_nan(None)
    if column.kind is Kind.BOOLEAN:
        return numbers.cast(pl.Boolean)
    if column.kind is Kind.DATETIME:
        return (numbers * 1e6).cast(pl.Int64).cast(pl.Datetime("us", "UTC"))
    return numbers
