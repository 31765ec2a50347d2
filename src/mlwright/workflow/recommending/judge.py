"""Judging on the sealed test: estimates over users, the paired verdict, and what hits do not tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.evaluation import Direction, Estimate
from mlwright.core.finding import Finding, Severity
from mlwright.core.said import said
from mlwright.evaluation.resample import Units, interval
from mlwright.evaluation.score import score_all
from mlwright.workflow.recommending.judged import as_prediction, beyond_accuracy, ndcg

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlwright.core.arrays import Floats, Integers
    from mlwright.core.recommender import Histories
    from mlwright.workflow.recommending.judged import Exam

_FEWEST_USERS = 30
_MOST_GROUPS = 20


def scored(names: Iterable[str], truth: Floats, seed: int) -> dict[str, Any]:
    """Return an estimate for each metric, over users; `truth` is that of `Exam.truth`."""
    scores = score_all(names, truth, as_prediction(truth), seed=seed)
    return {name: estimate.to_json() for name, estimate in scores.items()}


def paired(one: Floats, other: Floats, seed: int) -> Estimate:
    """Return the mean difference of two values of the same users with its 95 % interval, more is better."""
    gains = (one - other)[:, None]
    units = Units.of(len(gains), None, seed)
    sums = units.sums(gains)
    low, high = interval(_mean, units, sums, units.resampled_means(sums, seed, 1000))
    return Estimate(float(gains.mean()), low, high, Direction.MAX)


def _mean(means: Floats) -> Floats:
    found: Floats = means[..., 0]
    return found


def parts(exam: Exam, truth: Floats, seed: int) -> list[dict[str, Any]]:
    """Tell users apart: new ones, those with few items before, and those with more; and hits on new items."""
    lengths, values = exam.asked.lengths, ndcg(truth)
    wanted = {
        "users who took nothing before": lengths == 0,
        "users who took 1 to 9 items before": (lengths > 0) & (lengths < 10),
        "users who took 10 to 99 items before": (lengths >= 10) & (lengths < 100),
        "users who took 100 items or more before": lengths >= 100,
    }
    return [
        {"what": what, "n_users": int(chosen.sum()), "ndcg_at_10": _estimate(values[chosen], seed)}
        for what, chosen in wanted.items()
        if chosen.any()
    ]


def groups(exam: Exam, truth: Floats, seed: int) -> list[dict[str, Any]]:
    """Tell users apart by what is known of them besides items, the largest groups first."""
    traits = exam.asked.traits
    if traits is None:
        return []
    users = np.repeat(np.arange(exam.n_users), np.diff(traits.starts))
    sizes, values = np.bincount(traits.codes, minlength=len(traits.words)), ndcg(truth)
    order = np.argsort(-sizes, kind="stable")
    told = [code for code in order.tolist() if _FEWEST_USERS <= sizes[code] < exam.n_users][:_MOST_GROUPS]
    return [
        {
            "what": traits.words[code],
            "n_users": int(sizes[code]),
            "ndcg_at_10": _estimate(values[users[traits.codes == code]], seed),
        }
        for code in told
    ]


def _estimate(values: Floats, seed: int) -> dict[str, Any]:
    return paired(values, np.zeros(len(values)), seed).to_json()


def beside(exam: Exam, lists: Integers, known: Histories) -> dict[str, Any]:
    """Return coverage, novelty, diversity and popularity lift, and how much of what was relevant is new."""
    counts = np.append(known.counts, 0)  # the last is for items that nobody knew, -1
    there = lists[lists >= 0]
    return {
        **beyond_accuracy(lists, counts[:-1] / max(1, known.n_users), known),
        "n_relevant": len(exam.relevant),
        "n_relevant_new_items": int((counts[exam.relevant] == 0).sum()),
        "n_offered": len(there),
        "n_offered_new_items": int((counts[there] == 0).sum()),
        **({} if exam.hides else _repeats(exam, lists)),
    }


def _repeats(exam: Exam, lists: Integers) -> dict[str, int]:
    """Return how much of what was relevant, and of what was offered, users had taken before."""
    asked, width = exam.asked, exam.asked.n_items
    taken = asked.users * width + asked.items
    of = np.repeat(np.arange(exam.n_users), np.diff(exam.starts))
    is_there = exam.relevant >= 0
    offered = (np.arange(exam.n_users)[:, None] * width + lists)[lists >= 0]
    return {
        "n_relevant_seen": int(np.isin((of * width + exam.relevant)[is_there], taken).sum()),
        "n_offered_seen": int(np.isin(offered, taken).sum()),
    }


def doubts(gain: Estimate, n_users: int, baseline: str) -> list[Finding]:
    """Return what speaks against using the recommender."""
    found = []
    if not (np.isfinite(gain.low) and gain.low > 0):
        found.append(
            Finding(
                rule="not_better_than_baseline",
                severity=Severity.ERROR,
                message=said(
                    "On the sealed test the recommender is not better than {baseline} beyond noise: the "
                    "difference in nDCG@10 is {value:.4f}, 95 % interval {low:.4f} to {high:.4f}.",
                    baseline=baseline,
                    value=gain.value,
                    low=gain.low,
                    high=gain.high,
                ),
                evidence={"gain": gain.to_json(), "n_test": n_users},
                remedy=said(
                    "Do not use it: {baseline} does as well. Bring more events for each user.",
                    baseline=baseline,
                ),
                action="kept",
            )
        )
    if n_users < _FEWEST_USERS:
        found.append(
            Finding(
                rule="few_test_rows",
                severity=Severity.WARNING,
                message=said(
                    "Only {n} users were there to judge by; scores from so few mean little.", n=n_users
                ),
                evidence={"n_test": n_users},
                remedy=said("Bring more events, or a file to judge by with --test."),
            )
        )
    return found
