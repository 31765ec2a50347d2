"""Predicting: answers for many rows, as a frame or in a file of any size."""

from __future__ import annotations

import json
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from mlwright.artifact.answers import DECISION, PREDICTION
from mlwright.core.dataset import Typed
from mlwright.core.errors import DataError, MissingColumnError, UsageError
from mlwright.core.prediction import Prediction
from mlwright.core.processors import n_processors
from mlwright.core.progress import Event, silence
from mlwright.data.parse import not_there, parse
from mlwright.data.raw import Raw, as_objects
from mlwright.data.read import read, scanning
from mlwright.data.scan import whole
from mlwright.tuning.policy import Policy
from mlwright.workflow.history import History
from mlwright.workflow.ids import ROW_NUMBER, id_names
from mlwright.workflow.output import check_output, writing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mlwright.artifact.model import Model
    from mlwright.core.arrays import Columns, Floats, Integers
    from mlwright.core.progress import Listener
    from mlwright.data.scan import Scan
    from mlwright.workflow.output import Add

    Answered = tuple[Raw, Columns, Prediction]
    """Rows as they came, as the program reads them, and its answers."""

_QUIET_S = 2.0
"""Work that takes no longer shows no progress."""


def predict_frame(model: Model, data: object, level: float | None = None, capacity: int | None = None) -> Any:
    """Answer rows and return a polars frame: ids (or the row number), prediction, probabilities.

    With a `level` in (0, 1) also the ends of intervals, or sets of labels as JSON lists. With a `capacity`
    the decision is to act on so many of these rows at most: those that are expected to save most, and none
    that costs more than it saves.
    """
    frames: list[pl.DataFrame] = []
    _predict(model, whole(read(data)), frames.append, level, capacity)
    return pl.concat(frames)


def predict_file(
    model: Model,
    data: object,
    out: str | Path | None,
    level: float | None = None,
    capacity: int | None = None,
    listen: Listener = silence,
    *,
    history: object | None = None,
) -> int:
    """Answer rows into a file (CSV, Parquet, JSON lines or Feather by its name), all or nothing.

    Files are read, answered and written lot by lot, so they may be larger than memory (see `scanning` for
    those that are read at once). Without `out`, CSV goes to standard output; `level` and `capacity` are as in
    `predict_frame`. `history` are tables of events that tell about the rows. Returns the number of rows.
    """
    if out is not None:
        check_output(out)
    with scanning(data) as scan, writing(None if out is None else Path(out)) as add:
        rows = scan if history is None else History.of(model).through(scan, history)
        _predict(model, rows, add, level, capacity, listen)
        return scan.n_rows


def _predict(
    model: Model,
    scan: Scan,
    add: Add,
    level: float | None,
    capacity: int | None,
    listen: Listener = silence,
) -> None:
    """Answer rows lot by lot and pass them on."""
    policy = None if capacity is None else _policy(model, capacity)
    missing = not_there([model.schema[name] for name in model.inputs], scan.names)
    if missing:
        raise MissingColumnError.among(missing, scan.names, scan.source, model.inputs)
    frame = _framer(model, scan, level)
    model.runtime.hasten(model.program, scan.n_rows)
    answered = _watched(_answered(model, scan), scan.n_rows, listen)
    if policy is None or capacity is None:
        for raw, _, prediction in answered:
            add(frame(raw, prediction))
        return
    for raw, prediction in _at_most(policy, capacity, answered, _lots(model, scan)):
        add(frame(raw, prediction))


def _answered(model: Model, scan: Scan) -> Iterator[Answered]:
    """Answer rows in their order, as many lots at once as there are processors."""
    columns = [model.schema[name] for name in model.inputs]

    def answer(raw: Raw) -> Answered:
        try:
            typed = parse(columns, raw)
        except DataError as error:
            if raw.source == scan.source:
                raise
            raise DataError(f"{raw.source}: {error}") from error  # of several files, this one
        return raw, typed, model.answer(Typed(typed), n_threads=1)

    n_threads = n_processors()
    with ThreadPoolExecutor(n_threads) as threads:
        waiting: deque[Any] = deque()
        try:
            for raw in _lots(model, scan):
                waiting.append(threads.submit(answer, raw))
                if len(waiting) > n_threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _lots(model: Model, scan: Scan) -> Iterator[Raw]:
    """Go through inputs and ids; one lot without rows where there are none."""
    inputs = [name for name in model.inputs if name in scan.names]
    names = tuple(dict.fromkeys([*inputs, *id_names(model, scan.names)]))
    if not scan.n_rows:
        return iter([Raw({name: np.empty(0, dtype=object) for name in names}, 0, scan.source)])
    return scan.lots(names)


def _watched(answered: Iterator[Answered], n_rows: int, listen: Listener) -> Iterator[Answered]:
    """Tell after each lot how far it is, once that takes a while."""
    start, done = time.monotonic(), 0
    for one in answered:
        yield one
        done += one[0].n_rows
        if time.monotonic() - start > _QUIET_S:
            listen(Event(phase="predicting", message="rows answered", done=done, total=n_rows))


def _policy(model: Model, capacity: int) -> Policy:
    """Return what tells how much acting saves; raise UsageError if nothing does."""
    policy = Policy.from_evidence(model.evidence)
    if policy is None or len(policy.costs) != 2:
        message = (
            "--capacity limits decisions between two classes; this model was not told what mistakes cost. "
            "Train with --cost, such as fn=500,fp=20."
        )
        raise UsageError(message)
    if capacity < 0:
        message = f"--capacity is {capacity}; give the number of rows that may be acted on, such as 200."
        raise UsageError(message)
    return policy


def _at_most(
    policy: Policy, capacity: int, answered: Iterable[Answered], again: Iterable[Raw]
) -> Iterator[tuple[Raw, Prediction]]:
    """Decide to act on the rows that are expected to save most.

    That is known when all rows are answered. Until then the answers wait in a file; in memory is one number
    for each row. `again` goes through the same rows once more.
    """
    answer = np.dtype([("scores", np.float64, 2), ("label", np.int64)])
    saved: list[Floats] = []
    with TemporaryFile() as kept:
        for _, columns, prediction in answered:
            stakes = columns[policy.stakes] if policy.stakes else None
            saved.append(policy.savings(prediction.scores, stakes))
            rows = np.empty(len(prediction.scores), dtype=answer)
            rows["scores"], rows["label"] = prediction.scores, prediction.labels
            kept.write(rows.tobytes())
        kept.seek(0)
        acts = _most_saving(np.concatenate(saved), capacity)
        done = 0
        for raw in again:
            rows = np.frombuffer(kept.read(raw.n_rows * answer.itemsize), dtype=answer)
            decisions = acts[done : done + raw.n_rows]
            yield raw, Prediction(rows["scores"], rows["label"], decisions=decisions)
            done += raw.n_rows


def _most_saving(saved: Floats, capacity: int) -> Integers:
    """Return 1 for the rows to act on, shape (n_rows,); of equal ones the first."""
    first = np.argsort(-saved, kind="stable")[:capacity]
    acts = np.zeros(len(saved), np.int64)
    acts[first[saved[first] > 0.0]] = 1
    return acts


def _framer(model: Model, scan: Scan, level: float | None) -> Callable[[Raw, Prediction], pl.DataFrame]:
    """Return what puts a lot of answers beside its ids; lots must come in their order."""
    kinds = _id_kinds(scan, id_names(model, scan.names))
    done = 0

    def frame(raw: Raw, prediction: Prediction) -> pl.DataFrame:
        nonlocal done
        answers = _answers(model, prediction)
        if level is not None:
            answers |= _ranges(model, prediction, level)
        ids = {name: pl.Series(_cells(raw.columns[name]), dtype=kinds[name], strict=False) for name in kinds}
        if not kinds:
            ids = {ROW_NUMBER: pl.Series(np.arange(done + 1, done + raw.n_rows + 1))}
        done += raw.n_rows
        return pl.DataFrame({_free(name, answers, ids): cells for name, cells in ids.items()} | answers)

    return frame


def _id_kinds(scan: Scan, names: tuple[str, ...]) -> dict[str, Any]:
    """Return the type of polars that holds all cells of each column: lots must not differ in it."""
    kinds: dict[str, Any] = dict.fromkeys(names, pl.Null)
    for raw in scan.lots(names) if names else ():
        for name in names:
            kind = pl.Series(_cells(raw.columns[name]), strict=False).dtype
            kinds[name] = _wider(kinds[name], kind)
    return kinds


def _wider(one: Any, other: Any) -> Any:
    """Return the type that holds the values of both."""
    if one == other:
        return one
    try:
        empty = [pl.DataFrame({"x": pl.Series([], dtype=kind)}) for kind in (one, other)]
        return pl.concat(empty, how="vertical_relaxed").dtypes[0]
    except pl.exceptions.PolarsError:
        return pl.String


def _free(name: str, answers: Mapping[str, Any], ids: Mapping[str, Any]) -> str:
    """Return what a column of ids is called beside the answers: its own name, if that is free."""
    found = name
    while found in answers or (found != name and found in ids):
        found += "_id"
    return found


def _answers(model: Model, prediction: Prediction) -> dict[str, pl.Series]:
    if prediction.labels is None:
        return {PREDICTION: pl.Series(prediction.values)}
    classes = pl.Series(_cells(model.classes_))
    columns = enumerate(model.task.classes)
    shares = {f"probability_{label}": pl.Series(prediction.scores[:, i]) for i, label in columns}
    chosen = {PREDICTION: classes.gather(prediction.labels)}
    if prediction.decisions is not None:
        chosen[DECISION] = classes.gather(prediction.decisions)
    return {**chosen, **shares}


def _ranges(model: Model, prediction: Prediction, level: float) -> dict[str, pl.Series]:
    if prediction.labels is None:
        low, high = model.conformal.intervals(prediction, level).T
        return {f"{PREDICTION}_low": pl.Series(low), f"{PREDICTION}_high": pl.Series(high)}
    sets = model.conformal.labels(prediction, level, model.task.classes)
    cells = [json.dumps(labels, ensure_ascii=False) for labels in sets]
    return {f"{PREDICTION}_set": pl.Series(cells, dtype=pl.String)}


def _cells(values: Any) -> Any:
    if isinstance(values, np.ndarray) and values.dtype != object:
        return values
    return as_objects(values).tolist()
