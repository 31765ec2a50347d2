"""Measuring: what models cost as compiled, in the time of one answer and in the size of the file."""

from __future__ import annotations

import time
import zlib
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.artifact.model import Model
from mlwright.artifact.save import artifact_bytes
from mlwright.core.finding import Finding, Severity
from mlwright.core.said import said
from mlwright.core.task import Link
from mlwright.program.compile import Parts, compile_program
from mlwright.tuning.contract import Contract, Cost, Scales
from mlwright.tuning.spread import Spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.arrays import Columns
    from mlwright.features.recipe import Recipe
    from mlwright.tuning.trial import Member
    from mlwright.workflow.options import TrainOptions
    from mlwright.workflow.prepare import Prepared

_N_ROWS, _N_SERIES, _N_ANSWERS = 16, 3, 100
_FIGURES_BYTES = 400
"""What these figures, and words about them, add to the file that they measure."""
HOW = said(
    "the median of {n} calls of model.predict with a dict of one row, in process, the best of {series} such "
    "series; the size of the saved file",
    n=_N_ANSWERS,
    series=_N_SERIES,
)
_BYTES, _BYTES_PER_COLUMN = 26_000, 750
"""What schema, evidence, profile and the rest of a model file take up at most, measured on 20 tables."""


@final
class Compiled:
    """Compiles models and measures them; a `contract.Measure`."""

    def __init__(self, prepared: Prepared, recipe: Recipe, *, is_timed: bool) -> None:
        self._prepared, self._recipe, self._is_timed = prepared, recipe, is_timed
        link = prepared.task.link
        self._spread = _any_spread() if link is Link.IDENTITY else None

    def __call__(self, members: Sequence[Member]) -> Cost:
        """Return what a program of these models costs."""
        parts = Parts(self._prepared.task, self._recipe, tuple(members), spread=self._spread)
        data = compile_program(parts)
        beside = _BYTES + _BYTES_PER_COLUMN * len(self._prepared.schema.columns)
        latency_s = 0.0
        if self._is_timed:
            nothing = {"evidence": {}, "card": "", "profile": {}, "golden": {}}
            contents: dict[str, Any] = {"program": data, **nothing}
            model = Model(self._prepared.task, self._prepared.schema, contents)
            latency_s = single_row_s(model, self._prepared.train.columns)
        return Cost(latency_s=latency_s, size_bytes=beside + len(zlib.compress(data, 6)))


def scales(prepared: Prepared, recipe: Recipe, options: TrainOptions) -> Scales | None:
    """Return what weighs candidates; None where nothing is asked of latency and size."""
    if not options.has_contract:
        return None
    contract = Contract(latency_s=options.max_latency_s, size_bytes=options.max_size_bytes)
    return Scales(contract, Compiled(prepared, recipe, is_timed=contract.latency_s is not None))


def fulfilment(
    model: Model, contents: dict[str, Any], columns: Columns, options: TrainOptions
) -> dict[str, Any]:
    """Measure what ships, and return the limits beside it: the "contract" of the evidence.

    `columns` are typed rows, each of shape (n_rows,). Sizes are those of the file that is saved, in whole
    hundreds of bytes, rounded up: the figure is in the file.
    """
    latency_s = None if options.max_latency_s is None else single_row_s(model, columns)
    size_bytes = artifact_bytes(model.task, model.schema, contents) + _FIGURES_BYTES
    return {
        "max_latency_ms": None if options.max_latency_s is None else 1e3 * options.max_latency_s,
        "latency_ms": None if latency_s is None else round(1e3 * latency_s, 4),
        "max_size_bytes": options.max_size_bytes,
        "size_bytes": -(-size_bytes // 100) * 100,
        "how": HOW,
    }


def broken(contract: dict[str, Any]) -> list[Finding]:
    """Say which limits the shipped model does not keep, though the search expected it to."""
    found = []
    for name in ("latency_ms", "size_bytes"):
        limit, value = contract[f"max_{name}"], contract[name]
        if limit is not None and value > limit:
            message = said(
                "The size of the model is {value:,} bytes; at most {limit:g} bytes were asked for.",
                value=value,
                limit=limit,
            )
            remedy = said("Train again with a lower --max-size.")
            if name == "latency_ms":
                message = said(
                    "The latency of the model is {value:,} ms; at most {limit:g} ms were asked for.",
                    value=value,
                    limit=limit,
                )
                remedy = said("Train again on a quiet machine, or with a lower --max-latency.")
            evidence = {"asked": limit, "measured": value}
            found.append(
                Finding(
                    rule="contract_broken",
                    severity=Severity.ERROR,
                    message=message,
                    evidence=evidence,
                    remedy=remedy,
                )
            )
    return found


def single_row_s(model: Model, columns: Columns) -> float:
    """Return the median time of `model.predict` for a row given as a dict [s].

    Of a few series of answers to typed rows the quickest median: what else runs on the machine only adds.
    """
    n_rows = len(next(iter(columns.values())))
    chosen = np.linspace(0, n_rows - 1, _N_ROWS).astype(int)
    rows = [{name: columns[name][at].item() if columns[name].dtype != object else columns[name][at]
             for name in model.inputs} for at in chosen]  # fmt: skip
    medians = []
    for _ in range(_N_SERIES):
        times = np.empty(_N_ANSWERS)
        for number in range(_N_ANSWERS):
            row = rows[number % _N_ROWS]
            start = time.perf_counter()
            model.predict(row)
            times[number] = time.perf_counter() - start
        medians.append(float(np.median(times)))
    return min(medians)


def _any_spread() -> Spread:
    """Return a spread as large as those that are fitted later: its nodes cost time in every program."""
    knots = np.linspace(0.0, 1.0, 9, dtype=np.float32), np.linspace(0.0, 1.0, 7, dtype=np.float32)
    return Spread(*knots, heights=np.zeros(14, dtype=np.float32), start=0.0)
