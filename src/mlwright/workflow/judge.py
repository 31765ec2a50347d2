"""Judging: the sealed test is opened once, and everything learned from it becomes evidence."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.said import spelled
from mlwright.core.seeds import stream
from mlwright.core.shelves import TASKS
from mlwright.core.task import Link
from mlwright.evaluation.detail import (
    calibration_bins,
    confusion,
    residual_summary,
    roc_band,
    roc_curve_points,
)
from mlwright.evaluation.foremost import first_tenth
from mlwright.evaluation.rarer import rarer_class
from mlwright.evaluation.reliability import calibration_error
from mlwright.evaluation.score import compare, score_all, value
from mlwright.workflow.again import recipe
from mlwright.workflow.circumstances import budget_told, environment
from mlwright.workflow.compare import with_the_one_in_place
from mlwright.workflow.decide import judge_decisions
from mlwright.workflow.decisions import decisions
from mlwright.workflow.dependence import dependence
from mlwright.workflow.doubts import below_zero, costs_more, doubts, in_place, level_moved
from mlwright.workflow.groups import asked_groups, fairness
from mlwright.workflow.history import judge_history, on_history
from mlwright.workflow.intervals import judge_intervals
from mlwright.workflow.naive import naive_forecast
from mlwright.workflow.prepare import Prepared, describe_columns
from mlwright.workflow.selection import selection
from mlwright.workflow.weak import search_slices, weak_slice

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlwright.artifact.model import Model
    from mlwright.core.arrays import Array, Columns, Floats
    from mlwright.core.budget import Budget
    from mlwright.core.prediction import Prediction
    from mlwright.core.task import Task
    from mlwright.tuning.trial import Trial
    from mlwright.workflow.build import Built
    from mlwright.workflow.finish import Fitted
    from mlwright.workflow.options import TrainOptions

EVIDENCE_FORMAT = 1
_IMPORTANCE_CELLS = 60_000
_LAST_S, _S_PER_ROW = 0.3, 5e-5
"""Kept for what comes after the importance of columns: the coverage of intervals, and the end [s]."""
_FEWEST_ROWS, _MOST_ROWS, _FEW_ROWS = 200, 2_000, 50
_BLOCK_CELLS, _ORDER_SHARE = 4_000_000, 0.5
"""Cells that are answered at a time to put columns in order, and the share of the time left for that."""


def judge(
    prepared: Prepared, fitted: Fitted, options: TrainOptions, budget: Budget, old: Model | None = None
) -> dict[str, Any]:
    """Return the evidence: scores on the sealed test, how they came about, what was decided and why.

    `old` is the model in place, if there is one.
    """
    with budget.phase("judge"):
        prediction = fitted.judged.program.run(prepared.test.columns)
        scores = _judge_test(prepared, fitted, prediction, options)
        history = judge_history(prepared, fitted.judged.program, options)
        against = None if old is None else with_the_one_in_place(old, prepared, prediction, options.seed)
        parts = _parts(prepared, fitted, prediction, options, budget)
        chosen = selection(prepared, fitted.search, options.seed, budget)
        importance = []
        if not fitted.is_interrupted:  # who stops a run wants it to end
            importance = _importance(prepared, fitted.judged, options.seed, budget)
        decision = judge_decisions(prepared, fitted, prediction, options.seed)
        intervals = judge_intervals(prepared, fitted.conformal, prediction, importance, options.seed)
        goes = dependence(prepared, fitted.judged, importance, options.seed, budget)
    noticed = [*doubts(prepared, fitted, scores, intervals), *in_place(against), *costs_more(decision)]
    noticed += [*level_moved(prepared.task, scores), *weak_slice(parts)]
    noticed += [*on_history(history, scores, prepared.task), *below_zero(prepared, prediction)]
    found = {
        "format": EVIDENCE_FORMAT,
        "name": prepared.name,
        "created": datetime.now(UTC).isoformat(timespec="seconds") if budget.max_trials is None else None,
        "task": prepared.task.to_json(),
        "data": {
            "n_rows": prepared.n_rows_read,
            "n_rows_used": prepared.everything.n_rows,
            "columns": describe_columns(prepared.schema),
            "fingerprint": prepared.fingerprint,
        },
        "split": _split(prepared, fitted),
        "leaks": list(prepared.leaks),
        **scores,
        "in_place": against,
        "history": history,
        "intervals": intervals,
        "decision": decision,
        "leaderboard": leaderboard(fitted),
        "selection": chosen,
        "learning_curve": None if fitted.curve is None else fitted.curve.to_json(),
        "importance": importance,
        "importance_left_out": len(fitted.judged.program.columns) - len(importance),
        "dependence": goes,
        **parts,
        "decisions": decisions(prepared, fitted, options),
        "ledger": [],
        "options": options.named(),
        "budget": budget_told(budget, options, fitted.search.ended),
        "refit": _refit(fitted),
        "program": _program(fitted.refitted or fitted.judged),
        "contract": None,
        "recipe": recipe(prepared, fitted, options.seed),
        "findings": [finding.to_json() for finding in (*prepared.findings, *noticed)],
        "environment": environment(options.seed),
    }
    return dict(spelled(found))


def _split(prepared: Prepared, fitted: Fitted) -> dict[str, Any]:
    return {
        "how": prepared.split.how,
        "n_train": len(prepared.split.train),
        "n_test": len(prepared.split.test),
        "proof": prepared.split.proof,
        "price": prepared.price,
        "folds": {"n": len(fitted.search.store.folds), "how": prepared.split.how},
    }


def _judge_test(
    prepared: Prepared, fitted: Fitted, prediction: Prediction, options: TrainOptions
) -> dict[str, Any]:
    task, test = prepared.task, prepared.test
    truth = test.target
    assert truth is not None  # noqa: S101 - the sealed test has a target
    constant = fitted.baseline.answer(test.columns, test.n_rows).scores
    naive = naive_forecast(prepared, options, constant[:, 0])
    plain = TASKS.get(task.kind).answer(constant if naive is None else naive.values[:, None])
    scored = score_all(task.metrics, truth, prediction, groups=test.alike, seed=options.seed)
    dull = score_all(task.metrics, truth, plain, groups=test.alike, seed=options.seed)
    gain = compare(task.metric, truth, prediction, plain, groups=test.alike, seed=options.seed)
    return {
        "test": {name: estimate.to_json() for name, estimate in scored.items()},
        "baseline": {name: estimate.to_json() for name, estimate in dull.items()},
        "baseline_rule": None
        if naive is None
        else {**naive.told, "constant": _constant(task, truth, constant)},
        "gain": gain.to_json(),
        "rarer_class": rarer_class(task.classes, truth, prediction, groups=test.alike, seed=options.seed),
        "first_tenth": first_tenth(task.classes, truth, prediction, groups=test.alike, seed=options.seed),
        **_pictures(prepared, prediction, options.seed),
    }


def _constant(task: Task, truth: Floats, answers: Floats) -> dict[str, float]:
    """Return what the constant gets that the naive forecast stands in for."""
    given = TASKS.get(task.kind).answer(answers)
    return {name: value(name, truth, given) for name in task.metrics}


def _parts(
    prepared: Prepared, fitted: Fitted, prediction: Prediction, options: TrainOptions, budget: Budget
) -> dict[str, Any]:
    """Look at parts of the test: weak ones, and those that the user asked for."""
    if fitted.is_interrupted:  # as above
        return {"slices": [], "slice_search": None, "groups": None, "fairness": None}
    return {
        **search_slices(prepared, fitted.search, prediction, options.seed, budget),
        "groups": asked_groups(prepared, prediction, options, budget),
        "fairness": fairness(prepared, prediction, options, budget),
    }


def _pictures(prepared: Prepared, prediction: Prediction, seed: int) -> dict[str, Any]:
    task, truth = prepared.task, prepared.test.target
    assert truth is not None  # noqa: S101 - the sealed test has a target
    empty = dict.fromkeys(("confusion", "calibration", "calibration_error", "roc", "residuals"))
    if task.link is Link.IDENTITY:
        return {
            **empty,
            "residuals": residual_summary(truth, prediction, groups=prepared.test.alike, seed=seed),
        }
    error = calibration_error(truth, prediction, groups=prepared.test.alike, seed=seed)
    counts = confusion(truth, prediction, len(task.classes)).tolist()
    found: dict[str, Any] = {
        **empty,
        "confusion": {"classes": list(task.classes), "counts": counts},
        "calibration": calibration_bins(truth, prediction),
        "calibration_error": error.to_json(),
    }
    if task.link is Link.SIGMOID:
        curve = roc_curve_points(truth, prediction)
        ends = roc_band(truth, prediction, curve, prepared.test.alike, seed)
        points = zip(curve["false_positive_rate"], curve["true_positive_rate"], *ends, strict=True)
        found["roc"] = [{"x": x, "y": y, "low": low, "high": high} for x, y, low, high in points]
    return found


def leaderboard(fitted: Fitted) -> list[dict[str, Any]]:
    """Return the candidates, best first; `score` is the proper loss out of fold, lower is better."""

    def row(trial: Trial) -> dict[str, Any]:
        known = math.isfinite(trial.loss)
        reach = 1.96 * trial.loss_error
        score = (
            {"value": trial.loss, "low": trial.loss - reach, "high": trial.loss + reach, "direction": "min"}
            if known
            else None
        )
        return {**trial.row(), "score": score}

    return [row(trial) for trial in sorted(fitted.search.trials, key=lambda trial: trial.loss)]


def _importance(prepared: Prepared, built: Built, seed: int, budget: Budget) -> list[dict[str, Any]]:
    """Shuffle one column at a time within the test and see how much worse the metric gets.

    Where time is short it ends with the columns that hardly move the answers.
    """
    task, test = prepared.task, prepared.test
    names = built.program.columns
    n_rows = min(test.n_rows, max(_FEWEST_ROWS, min(_MOST_ROWS, _IMPORTANCE_CELLS // len(names))))
    rng = stream(seed, "importance")
    rows = test.take(np.sort(rng.permutation(test.n_rows)[:n_rows]))
    assert rows.target is not None  # noqa: S101 - the sealed test has a target
    whole = built.program.run(rows.columns)
    found: list[dict[str, Any]] = []
    kept_s = _LAST_S + _S_PER_ROW * test.n_rows
    ordering_s = _ORDER_SHARE * (budget.left_s - kept_s)
    for name in _by_effect(built, rows.columns, rng, lambda: budget.left_s - kept_s >= ordering_s):
        if budget.left_s < kept_s:
            break  # the contract is worth more than the rest of this list
        order = rng.permutation(n_rows)
        shuffled = built.program.run({**rows.columns, name: rows.columns[name][order]})
        drop = compare(task.metric, rows.target, whole, shuffled, groups=rows.alike, seed=seed)
        if drop.direction.value == "min":
            drop = type(drop)(-drop.value, -drop.high, -drop.low, drop.direction)
        found.append({"column": name, "drop": {**drop.to_json(), "direction": "max"}})
    found.sort(key=lambda item: -(item["drop"]["value"] or 0.0))
    return found


def _by_effect(
    built: Built, columns: Columns, rng: np.random.Generator, has_time: Callable[[], bool]
) -> list[str]:
    """Order the columns that the program reads by how much the answers move when one is shuffled.

    Where there is no time left, those not looked at come last.
    """
    names = built.program.columns
    few = {name: columns[name][:_FEW_ROWS] for name in names}
    n_rows = len(few[names[0]])
    order = rng.permutation(n_rows)
    before = built.program.run(few).scores
    effects = np.full(len(names), -1.0)
    # Every column is shuffled within rows of all columns: in one go that is quadratic in their number.
    n_at_once = max(1, _BLOCK_CELLS // (n_rows * len(names)))
    for start in range(0, len(names), n_at_once):
        if not has_time():
            break
        block = names[start : start + n_at_once]
        after = built.program.run(_each_shuffled(few, block, order)).scores
        after = after.reshape(len(block), *before.shape)
        effects[start : start + len(block)] = np.abs(after - before).mean(axis=(1, 2))
    return [names[number] for number in np.argsort(-effects, kind="stable")]


def _each_shuffled(few: Columns, block: Sequence[str], order: Array) -> Columns:
    """Stack the rows once for each column of the block, with that column shuffled."""
    stacked = {name: np.tile(cells, len(block)) for name, cells in few.items()}
    for number, name in enumerate(block):
        stacked[name][number * len(order) : (number + 1) * len(order)] = few[name][order]
    return stacked


def _refit(fitted: Fitted) -> dict[str, Any]:
    judged = sha256(fitted.judged.data).hexdigest()
    shipped = fitted.refitted or fitted.judged
    return {
        "done": fitted.refitted is not None,
        "why": fitted.refit_why,
        "judged_program": judged,
        "shipped_program": sha256(shipped.data).hexdigest(),
        "n_rows": len(fitted.rows),
        "n_seeds": fitted.n_seeds,
    }


def _program(built: Built) -> dict[str, Any]:
    trees = [getattr(member.model, "n_trees", 0) for member in built.parts.members]
    return {
        "sha256": sha256(built.data).hexdigest(),
        "size_bytes": len(built.data),
        "n_members": len(built.parts.members),
        "n_trees": int(sum(trees)),
        "inputs": built.program.columns,
        "largest_difference": built.proof.largest_difference,
        "n_proof_rows": built.proof.n_rows,
    }
