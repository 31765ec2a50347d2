"""The proof: the compiled program answers as the trained parts do, or nothing ships.

Three statements are checked on rows made to break them:
1. each model in plain data gives the scores of the library that trained it, also on its thresholds;
2. the program gives the answers of the plain parts on real rows and on odd ones, but where a sum of products
   lies, within rounding, on a split: there either side is right;
3. a row's answer, bit for bit, does not depend on the rows around it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.errors import ProofError
from mlwright.core.schema import NUMERIC, Kind
from mlwright.core.seeds import stream
from mlwright.program.runtime import open_session

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Columns, Floats
    from mlwright.core.prediction import Prediction
    from mlwright.core.schema import Column
    from mlwright.program.compile import Parts
    from mlwright.program.runtime import Program

TOLERANCE = 5e-6
"""Largest difference of a probability, or of a value in standard deviations of the target. Leaves are
single precision and sums of a thousand of them round; a wrong branch is off by a thousand times more."""
_DIFFICULTY_TOLERANCE = 0.01
_ROUNDING = 2e-6
"""How far apart sums of thousands of products may be in single precision; on themes 7e-7 was measured."""
_FEWEST_SURE = 0.5
"""Share of the rows that must be compared strictly."""
_N_ROWS = 256
_STRANGE_TEXT = ("", "\u00e4\u00f6\u00fc \u4f60\u597d", "never seen before", "\U0001f600 !", "0", "a" * 300)
_STRANGE_DATES = (-6.2e10, 0.0, 951_782_399.0, 951_868_800.0, 4_102_444_800.0, 2.0e11)


@final
@dataclass(frozen=True, slots=True)
class Proof:
    """How close the program came: rows tried and the largest difference found."""

    n_rows: int
    largest_difference: float


def prove(parts: Parts, program: Program, columns: Columns, seed: int) -> Proof:
    """Check all three statements on rows like `columns`; raise ProofError at the first that fails."""
    _prove_models(parts)
    rows = probe_columns(parts, columns, seed)
    n_rows = len(next(iter(rows.values())))
    prediction = program.run(rows)
    reference = parts.answer(rows, n_rows)
    expected = reference.scores
    is_sure = ~on_a_tie(parts, rows, n_rows)
    apart = np.where(is_sure[:, None], np.abs(prediction.scores - expected), 0.0)
    difference = float(np.max(apart)) / parts.task.scale if is_sure.mean() >= _FEWEST_SURE else np.inf
    if not difference <= TOLERANCE * max(
        1.0, float(np.max(np.abs(expected - parts.task.offset))) / parts.task.scale
    ):
        row = int(np.argmax(np.max(apart, axis=1)))
        cells = {name: rows[name][row] for name in list(rows)[:8]}
        message = (
            f"The compiled program differs from the trained model by {difference:.2g} on the row {cells}. "
            "This is a defect of mlwright; please report it with the data if you can."
        )
        raise ProofError(message)
    _prove_difficulty(prediction, reference)
    _prove_decisions(parts, prediction, rows)
    _prove_rows_are_alone(program, rows, n_rows, seed)
    return Proof(n_rows, difference)


def prove_front(data: bytes, parts: Parts, program: Program, columns: Columns, seed: int) -> None:
    """Check that the file as a whole, in the bare runtime, answers as the program does, to the last bit.

    `program` does in Python what `data` begins with; raise ProofError if that makes a difference.
    """
    rows = probe_columns(parts, columns, seed)
    session = open_session(data)
    (scores,) = session.run([program.scores_name], program.feeds(rows))
    if not np.array_equal(scores.astype(np.float64), program.run(rows).scores):
        message = (
            "The program answers otherwise than the file that it was read from. "
            "This is a defect of mlwright; please report it with the data if you can."
        )
        raise ProofError(message)


def _prove_models(parts: Parts) -> None:
    for member in parts.members:
        probe, given = member.fit.probe, member.fit.probe_scores
        if probe is None or given is None:
            continue
        found = member.model.scores(probe)
        difference = float(np.max(np.abs(found - given)))
        if not difference <= TOLERANCE * max(1.0, float(np.max(np.abs(given)))):
            message = (
                f"{member.name!r} read into plain data differs from the library that trained it "
                f"by {difference:.2g}. This is a defect of mlwright; please report it."
            )
            raise ProofError(message)


def _prove_difficulty(prediction: Prediction, reference: Prediction) -> None:
    """Compare shares, not sums: a difficulty multiplies, and its slopes magnify what values round off."""
    found, expected = prediction.difficulty, reference.difficulty
    if found is None and expected is None:
        return
    if found is not None and expected is not None:
        difference = float(np.max(np.abs(found / expected - 1.0)))
        if difference <= _DIFFICULTY_TOLERANCE:
            return
    message = (
        "The compiled program tells the difficulty of rows otherwise than what was fitted. "
        "This is a defect of mlwright; please report it with the data if you can."
    )
    raise ProofError(message)


def _prove_decisions(parts: Parts, prediction: Prediction, rows: Columns) -> None:
    """Compare with the policy at the program's probabilities; within rounding a tie may fall either way."""
    policy, found = parts.policy, prediction.decisions
    if policy is None and found is None:
        return
    if policy is not None and found is not None:
        stakes = rows[policy.stakes] if policy.stakes else None
        costs = policy.expected(prediction.scores, stakes)
        paid = np.take_along_axis(costs, found[:, None], axis=1)[:, 0]
        size = np.abs(costs).max(axis=1) + np.abs(policy.costs).max()
        if (paid <= costs.min(axis=1) + TOLERANCE * size).all():
            return
    message = (
        "The compiled program decides otherwise than the policy that was chosen. "
        "This is a defect of mlwright; please report it with the data if you can."
    )
    raise ProofError(message)


def _prove_rows_are_alone(program: Program, rows: Columns, n_rows: int, seed: int) -> None:
    def bits(columns: Columns) -> Floats:
        found = program.run(columns)
        others = [part for part in (found.difficulty, found.decisions) if part is not None]
        return np.column_stack([found.scores, *others])

    together = bits(rows)
    order = stream(seed, "proof order").permutation(n_rows)
    shuffled = bits({name: values[order] for name, values in rows.items()})
    singles = [bits({name: values[i : i + 1] for name, values in rows.items()}) for i in range(24)]
    if np.array_equal(together[order], shuffled) and np.array_equal(together[:24], np.vstack(singles)):
        return
    message = (
        "On this machine a row's answer depends on the rows around it in the last bit. "
        "This is a defect of mlwright or of ONNX Runtime; please report it with your processor's name."
    )
    raise ProofError(message)


def on_a_tie(parts: Parts, rows: Columns, n_rows: int) -> Array:
    """Tell which rows a tree may send either way, as a rounded feature lies on its split, shape (n_rows,)."""
    found, rounded = np.zeros(n_rows, dtype=bool), list(parts.recipe.rounded)
    if not rounded:
        return found
    block = parts.recipe.transform(rows, n_rows)
    assert block.dense is not None  # noqa: S101 - a recipe always gives dense features
    sums = block.dense[:, rounded]
    reach = _ROUNDING * np.maximum(1.0, np.abs(sums))
    reach[sums == 0.0] = 0.0  # nothing was added, so nothing was rounded
    ends = []
    for sign in (-1.0, 1.0):
        dense = block.dense.copy()
        dense[:, rounded] += sign * reach
        ends.append(replace(block, dense=dense))
    for member in parts.members:
        one, other = (member.encoder.transform(end).dense for end in ends)
        low, high = np.minimum(one, other), np.maximum(one, other)
        for column, edges in enumerate(member.model.edges(low.shape[1])):
            if len(edges):
                sides = [np.searchsorted(edges, end[:, column]) for end in (low, high)]
                found |= sides[0] != sides[1]
    return found


def probe_columns(parts: Parts, columns: Columns, seed: int) -> dict[str, Array]:
    """Make rows that could break the translation: real ones, and real ones with odd cells."""
    rng = stream(seed, "proof rows")
    n_known = len(next(iter(columns.values())))
    chosen = rng.integers(0, n_known, _N_ROWS)
    rows = {name: np.array(columns[name][chosen], copy=True) for name in parts.reads}
    edges = _edges(parts)
    for column in parts.recipe.columns:
        odd = _odd_values(column, edges.get(column.name, np.empty(0)))
        changed = np.flatnonzero(rng.random(_N_ROWS) < 0.25)
        changed = changed[changed >= _N_ROWS // 4]  # the first rows stay as they are
        rows[column.name][changed] = rng.choice(odd, len(changed))
    return rows


def _odd_values(column: Column, edges: Floats) -> Array:
    if column.kind is Kind.DATETIME:
        return np.array([np.nan, *_STRANGE_DATES])
    if column.kind in NUMERIC:
        low, high = column.low or 0.0, column.high or 0.0
        return np.array([np.nan, 0.0, -1.0, 1e38, -1e38, 16_777_217.0, low, high, *edges])
    if column.kind is Kind.TEXT:
        return np.array([*_STRANGE_TEXT, "the same same same words"], dtype=object)
    return np.array([*_STRANGE_TEXT, *column.levels[:5]], dtype=object)


def _edges(parts: Parts) -> dict[str, Floats]:
    """Return, for raw numbers, values on the thresholds of the trees and right beside them."""
    names = parts.recipe.dense_names
    numbers = {column.name for column in parts.recipe.columns if column.kind in NUMERIC}
    found: dict[str, list[Floats]] = {}
    for member in parts.members:
        for name, there in zip(names, member.model.edges(len(names)), strict=True):
            if name in numbers and len(there):
                single = there.astype(np.float32)
                around = [
                    single,
                    np.nextafter(single, np.float32(-np.inf)),
                    np.nextafter(single, np.float32(np.inf)),
                ]
                found.setdefault(name, []).extend(part.astype(np.float64) for part in around)
    return {name: np.unique(np.concatenate(parts)) for name, parts in found.items()}
