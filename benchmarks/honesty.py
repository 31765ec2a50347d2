"""Does it keep its word: intervals, verdicts on equal models, targets of noise, dates that mean nothing.

    python benchmarks/honesty.py intervals [--worlds 500]
    python benchmarks/honesty.py verdicts [--worlds 1000]
    python benchmarks/honesty.py null [--worlds 300]
    python benchmarks/honesty.py dates [--worlds 100]

Everything is drawn, so that the truth is known: of intervals from four million rows, of verdicts by making
both models alike, or one better by a known amount, of noise because nothing can tell anything about it.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.prediction import Prediction
from mlwright.evaluation.score import compare, estimate, value
from mlwright.evaluation.verdict import Answer, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

ROWS = (200, 1_000, 5_000, 20_000)
METRICS = ("roc_auc", "log_loss", "recall", "rmse", "rmse of heavy tails")
MANY = 4_000_000
GROUP_SIZE = 10


def main() -> None:
    """Measure what was asked for and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=["intervals", "verdicts", "null", "dates"])
    parser.add_argument("--worlds", type=int, default=0)
    parser.add_argument("--only", default="", help="of intervals: one metric")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    run = {"intervals": intervals, "verdicts": verdicts, "null": null, "dates": dates}[options.what]
    with ProcessPoolExecutor(options.processes) as pool:
        for line in run(pool, options):
            print(line, flush=True)


def intervals(pool: ProcessPoolExecutor, options: argparse.Namespace) -> Iterable[str]:
    """How often 95 % intervals hold the large-sample truth."""
    n_worlds = options.worlds or 500
    yield f"| metric | {' | '.join(f'{n:,} rows' for n in ROWS)} |"
    yield "| --- " * (len(ROWS) + 1) + "|"
    for name in [options.only] if options.only else METRICS:
        cells = []
        for n_rows in ROWS:
            jobs = [(name, n_rows, seed) for seed in range(n_worlds)]
            hits = list(pool.map(_holds, jobs, chunksize=25))
            cells.append(_share(sum(hits), len(hits)))
        yield f"| {name} | {' | '.join(cells)} |"


def verdicts(pool: ProcessPoolExecutor, options: argparse.Namespace) -> Iterable[str]:
    """How often "ship" is said of equal models, and of better ones beside what theory expects."""
    n_worlds = options.worlds or 1_000
    yield '| worlds | rows | "ship" | expected |'
    yield "| --- | --- | --- | --- |"
    for is_grouped in (False, True):
        what = f"equal models, groups of {GROUP_SIZE}" if is_grouped else "equal models"
        for n_rows in (500, 5_000):
            shipped = list(
                pool.map(_ships, [(n_rows, s, 0.0, is_grouped) for s in range(n_worlds)], chunksize=25)
            )
            yield f"| {what} | {n_rows:,} | {_share(sum(shipped), n_worlds)} | at most 5 % |"
    for n_rows in (500, 1_000, 2_000, 4_000):
        jobs = [(n_rows, seed, 0.1, False) for seed in range(n_worlds)]
        shipped = list(pool.map(_ships, jobs, chunksize=25))
        yield f"| one better | {n_rows:,} | {_share(sum(shipped), n_worlds)} | {_power(n_rows, 0.1):.0%} |"


def null(pool: ProcessPoolExecutor, options: argparse.Namespace) -> Iterable[str]:
    """How often the interval of a model of noise holds the score of guessing."""
    n_worlds = options.worlds or 300
    found = list(pool.map(_guesses, range(n_worlds), chunksize=5))
    yield "| worlds | interval holds the score of guessing | said not to be better than the baseline |"
    yield "| --- | --- | --- |"
    for sort in ("plain", "groups", "times"):
        some = [one for one in found if one["sort"] == sort]
        holds, told = (sum(one[key] for one in some) for key in ("holds", "told"))
        yield f"| {sort} | {_share(holds, len(some))} | {_share(told, len(some))} |"


def dates(pool: ProcessPoolExecutor, options: argparse.Namespace) -> Iterable[str]:
    """How often rows with dates that mean nothing are taken to ask about rows to come (decision 7)."""
    n_worlds = options.worlds or 100
    taken = list(pool.map(_asks_about_rows_to_come, range(n_worlds), chunksize=5))
    yield "| target | taken to ask about rows to come |"
    yield "| --- | --- |"
    for first, sort in enumerate(("numbers", "two classes")):
        yield f"| {sort} | {_share(sum(taken[first::2]), len(taken[first::2]))} |"


def _world(name: str, n_rows: int, rng: np.random.Generator) -> tuple[str, np.ndarray, Prediction]:
    """Draw truth and answers of a middling model."""
    if name.startswith("rmse"):
        noise = rng.standard_t(5, n_rows) if "heavy" in name else rng.normal(size=n_rows)
        middle = rng.normal(size=n_rows)
        return "rmse", middle + noise, Prediction(scores=middle[:, None])
    score = rng.normal(-1.0, 1.5, n_rows)
    truth = (rng.random(n_rows) < 1 / (1 + np.exp(-score))).astype(np.float64)
    said = 1 / (1 + np.exp(-(0.8 * score + 0.5 * rng.normal(size=n_rows))))
    both = np.column_stack([1 - said, said])
    return name, truth, Prediction(scores=both, labels=both.argmax(axis=1))


@cache
def _truth(name: str) -> float:
    metric, truth, prediction = _world(name, MANY, np.random.default_rng(123))
    return value(metric, truth, prediction)


def _holds(job: tuple[str, int, int]) -> bool:
    name, n_rows, seed = job
    metric, truth, prediction = _world(name, n_rows, np.random.default_rng(1_000 + seed))
    found = estimate(metric, truth, prediction, seed=seed)
    return bool(found.low <= _truth(name) <= found.high)


def _ships(job: tuple[int, int, float, bool]) -> bool:
    """Let two models err independently by one, the new one less by `better`; compare squared errors."""
    n_rows, seed, better, is_grouped = job
    rng = np.random.default_rng(10_000 + seed)
    groups = np.arange(n_rows) // GROUP_SIZE if is_grouped else None
    n_draws = n_rows // GROUP_SIZE if is_grouped else n_rows
    errors = [rng.normal(size=n_draws) for _ in range(2)]
    if is_grouped:
        errors = [np.repeat(one, GROUP_SIZE) + 0.3 * rng.normal(size=n_rows) for one in errors]
    old, new = (Prediction(scores=one[:, None]) for one in (errors[0], (1 - better) * errors[1]))
    found = compare("rmse", np.zeros(n_rows), new, old, groups=groups, seed=seed)
    return verdict(found, n_rows, 0.0).answer is Answer.SHIP


def _power(n_rows: int, better: float) -> float:
    """Return how often a two-sided test at 5 % finds the better model, by the normal approximation."""
    factor = 1 - better
    error = np.sqrt((1 + factor**2) / (2 * n_rows))  # of the difference of two root mean squares
    return NormalDist().cdf(better / error - NormalDist().inv_cdf(0.975))


def _guesses(seed: int) -> dict[str, Any]:
    import mlwright as mw  # noqa: PLC0415 - heavy, and for this measurement alone

    rng = np.random.default_rng(20_000 + seed)
    n_rows, sort = 600, ("plain", "groups", "times")[seed % 3]
    columns: dict[str, Any] = {f"c{i}": rng.normal(size=n_rows) for i in range(6)}
    columns["area"] = rng.choice(["north", "south", "east", "west"], n_rows)
    options: dict[str, Any] = {}
    if sort == "groups":
        columns["who"], options["group"] = np.repeat(np.arange(n_rows // 6), 6), "who"
    if sort == "times":
        columns["when"], options["time"] = np.arange(n_rows), "when"
    columns["y"] = np.array(["no", "yes"])[rng.integers(0, 2, n_rows)]
    model = mw.train(columns, target="y", max_trials=3, seed=seed, metric="roc_auc", **options)
    score = model.evidence["test"]["roc_auc"]
    told = any(f["rule"] == "not_better_than_baseline" for f in model.evidence["findings"])
    return {"sort": sort, "holds": score["low"] <= 0.5 <= score["high"], "told": told}


def _asks_about_rows_to_come(seed: int) -> bool:
    from mlwright.workflow.options import TrainOptions  # noqa: PLC0415 - heavy, and for this measurement alone
    from mlwright.workflow.prepare import prepare  # noqa: PLC0415
    from mlwright.workflow.rows_to_come import about_rows_to_come  # noqa: PLC0415

    rng = np.random.default_rng(seed)
    n_rows = 800
    days, x = rng.integers(0, 730, n_rows), rng.normal(size=(6, n_rows))
    y = x[0] + 0.5 * x[1] * x[2] + rng.normal(size=n_rows)
    rows: dict[str, Any] = {f"x{number}": column.tolist() for number, column in enumerate(x)}
    rows["day"] = [str(np.datetime64("2021-01-01") + int(day)) for day in days]
    rows["y"] = np.where(y > 0, "a", "b").tolist() if seed % 2 else y.tolist()
    options = TrainOptions(max_trials=1)
    prepared = prepare(rows, "y", options)
    return about_rows_to_come(prepared, options) is not prepared


def _share(hits: int, n: int) -> str:
    """Write a share with its own 95 % interval (Wilson)."""
    z, p = 1.96, hits / n
    middle, reach = (p + z**2 / (2 * n)), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    low, high = ((middle + side * reach) / (1 + z**2 / n) for side in (-1, 1))
    return f"{p:.1%} ({low:.1%} to {high:.1%})"


if __name__ == "__main__":
    sys.exit(main())
