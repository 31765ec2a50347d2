"""Spread: how far off the value of a blend usually is, told by its own answers and nothing else.

Large values are usually missed by more than small ones, and rows on which the members disagree by more
than those on which they agree. Both are known wherever the program is, so this needs no further model,
holds for the judged and the refitted program alike, and costs a dozen nodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.tuning.halves import pays

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlwright.core.arrays import Array, Floats, Integers, Singles
    from mlwright.core.graph import Graph

_N_VALUE_KNOTS, _N_APART_KNOTS = 9, 7
_SMALLEST_STEP = 2e-3
"""Knots closer than this, in standard deviations of the target, would magnify rounding."""
_FLOOR, _PENALTY = 0.5, 1e-2
"""The floor is added to the errors, in medians of them, before the logarithm: else it is all about the
smallest ones. The penalty is on squared heights of the steps between knots."""
_FEWEST_ROWS = 200
_LARGEST_LOG = 3.0
"""No row is taken for more than twenty times as hard as the middle one, nor as easy."""


@final
@dataclass(frozen=True)
class Spread:
    """The exponential of a piecewise linear function of the value plus one of the disagreement.

    Both are in standard deviations of the target. `value_knots` and `apart_knots` ascend; `heights` are
    what each piece adds to the logarithm, those of the value first; `start` is where it begins.
    """

    value_knots: Singles
    apart_knots: Singles
    heights: Singles
    start: float

    def of(self, value: Floats, apart: Floats) -> Floats:
        """Return the usual error, shape (n_rows,), above 0."""
        pieces = np.hstack([_pieces(value, self.value_knots), _pieces(apart, self.apart_knots)])
        logs = np.clip(self.start + pieces @ self.heights.astype(np.float64), -_LARGEST_LOG, _LARGEST_LOG)
        return np.asarray(np.exp(logs))

    def lower(self, graph: Graph, value: str, apart: str) -> str:
        """Write the same into the program; both inputs and the output have shape (n_rows, 1)."""
        parts = []
        for given, knots in ((value, self.value_knots), (apart, self.apart_knots)):
            moved = graph.add("Sub", given, graph.constant(knots[None, :-1]))
            share = graph.add("Mul", moved, graph.constant(1.0 / np.diff(knots)[None, :]))
            parts.append(graph.add("Clip", share, graph.constant(0.0), graph.constant(1.0)))
        pieces = graph.add("Concat", *parts, axis=1)
        logs = graph.add("MatMul", pieces, graph.constant(self.heights[:, None]))
        logs = graph.add("Add", logs, graph.constant(self.start))
        ends = graph.constant(-_LARGEST_LOG), graph.constant(_LARGEST_LOG)
        return graph.add("Exp", graph.add("Clip", logs, *ends))


def disagreement(given: Iterable[tuple[float, Floats]], mixed: Floats) -> Floats:
    """Return the mean distance of the candidates from their blend, shape (n_rows,).

    `given` holds each candidate's weight, of all 1, and values (n_rows,); `mixed` are those of the blend.
    """
    total: Floats = np.zeros(len(mixed))
    for weight, values in given:
        total = total + weight * np.abs(values - mixed)
    return total


def lower_disagreement(graph: Graph, given: Iterable[tuple[float, str]], mixed: str) -> str:
    """Write the same into the program, shapes (n_rows, 1)."""
    total = ""
    for weight, values in given:
        apart = graph.add("Max", graph.add("Sub", values, mixed), graph.add("Sub", mixed, values))
        weighted = graph.add("Mul", apart, graph.constant(weight))
        total = graph.add("Add", total, weighted) if total else weighted
    return total


def fit_spread(
    target: Floats, value: Floats, apart: Floats, seed: int, alike: Array | None = None
) -> Spread | None:
    """Learn it from answers to rows that the models had not seen; each array has shape (n_rows,).

    None unless it tells the size of errors of rows that did not fit it better than one number for all
    does, beyond a standard error. `alike` numbers rows that err alike; None if all are independent.

    Source: Papadopoulos, Gammerman and Vovk (2008), Normalized nonconformity measures for regression
    conformal prediction, AIA, section 4, with the blend's own answers in the place of a second model.
    """
    missed = np.abs(target - value)
    if len(missed) < _FEWEST_ROWS or not np.median(missed) > 0:
        return None

    def gain(one: Integers, other: Integers) -> Floats:
        part = _fit(missed, value, apart, one)
        usual = part.of(value[other], apart[other])
        usual = usual * float(np.mean(missed[one] / part.of(value[one], apart[one])))
        plain = float(missed[one].mean())
        # The log likelihood of a Laplace distribution: what a scale is judged by.
        gained: Floats = np.log(plain) + missed[other] / plain - np.log(usual) - missed[other] / usual
        return gained

    order = np.random.default_rng(seed).permutation(len(missed))
    return _fit(missed, value, apart, order) if pays(gain, order, alike) else None


def _fit(missed: Floats, value: Floats, apart: Floats, rows: Integers) -> Spread:
    value_knots, apart_knots = _knots(value[rows], _N_VALUE_KNOTS), _knots(apart[rows], _N_APART_KNOTS)
    pieces = np.hstack([_pieces(value[rows], value_knots), _pieces(apart[rows], apart_knots)])
    floor = _FLOOR * float(np.median(missed[rows]))
    logs = np.log(missed[rows] + max(floor, 1e-12))
    middle = float(np.median(logs))
    columns = np.hstack([np.ones((len(rows), 1)), pieces])
    penalty = _PENALTY * np.eye(columns.shape[1])
    penalty[0, 0] = 0.0
    solved = np.linalg.solve(
        columns.T @ columns / len(rows) + penalty, columns.T @ (logs - middle) / len(rows)
    )
    return Spread(value_knots, apart_knots, solved[1:].astype(np.float32), float(np.float32(solved[0])))


def _knots(values: Floats, n_knots: int) -> Singles:
    wanted = np.quantile(values, np.linspace(0.01, 0.99, n_knots)).astype(np.float32)
    kept = [wanted[0]]
    for knot in wanted[1:]:
        if knot - kept[-1] >= _SMALLEST_STEP:
            kept.append(knot)
    if len(kept) == 1:  # one piece at least, so that the shapes stay
        kept.append(kept[0] + np.float32(1.0))
    return np.array(kept, dtype=np.float32)


def _pieces(values: Floats, knots: Singles) -> Array:
    ends = knots.astype(np.float64)
    return np.clip((values[:, None] - ends[:-1]) / np.diff(ends), 0.0, 1.0)
