"""The arithmetic of a comparison: ranks, wins, normalized scores, and how sure they are.

A *round* is one table with one seed: the goodness of each peer, higher is better, None for a crash.
Rounds of one table are averaged before tables are, so tables count the same however many seeds they had.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

Goodness = Mapping[str, float | None]
Rounds = Mapping[tuple[str, int], Goodness]
TIE = 1e-9
N_RESAMPLES = 10_000


@final
@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its 95 % interval."""

    value: float
    low: float
    high: float


def outcome(ours: float | None, theirs: float | None) -> float:
    """Return 1 for a win, 0.5 for a tie, 0 for a loss; a crash loses against everything but a crash."""
    if ours is None or theirs is None:
        return 0.5 if ours is theirs else float(theirs is None)
    if math.isclose(ours, theirs, rel_tol=TIE, abs_tol=TIE):
        return 0.5
    return float(ours > theirs)


def ranks(goodness: Goodness) -> dict[str, float]:
    """Rank peers from 1 on; ties share the mean of their places, crashes the mean of the last."""
    return {
        peer: 1 + sum(1 - outcome(mine, other) for name, other in goodness.items() if name != peer)
        for peer, mine in goodness.items()
    }


def normalized(goodness: Goodness, zero: str) -> dict[str, float] | None:
    """Scale so that one peer is 0 and the best is 1, not below -1; a crash is -1.

    Where that peer is the best itself, it and those that tie with it are 0 and the others are -1.
    None if it crashed.
    """
    base = goodness.get(zero)
    if base is None:
        return None
    span = max(value for value in goodness.values() if value is not None) - base
    scaled = {}
    for peer, value in goodness.items():
        if value is None:
            scaled[peer] = -1.0
        elif outcome(value, base) == 0.5:
            scaled[peer] = 0.0
        else:
            scaled[peer] = max(-1.0, (value - base) / span) if span > 0 else -1.0
    return scaled


def complete(rounds: Rounds, peers: Iterable[str]) -> Rounds:
    """Keep the rounds that all of these peers took part in, and only these peers."""
    field = list(peers)
    return {
        key: {peer: goodness[peer] for peer in field}
        for key, goodness in rounds.items()
        if all(peer in goodness for peer in field)
    }


def per_table(
    rounds: Rounds,
    measure: Callable[[Goodness], float | None],
) -> dict[str, float]:
    """Apply a measure to every round and average the rounds of each table; None is left out."""
    found = defaultdict(list)
    for (table, _), goodness in rounds.items():
        value = measure(goodness)
        if value is not None:
            found[table].append(value)
    return {table: float(np.mean(values)) for table, values in found.items()}


def ranks_of(rounds: Rounds, peer: str) -> dict[str, float]:
    """Return the rank of a peer on each table."""
    return per_table(rounds, lambda goodness: ranks(goodness)[peer])


def scales_of(rounds: Rounds, peer: str, zero: str) -> dict[str, float]:
    """Return the normalized score of a peer on each table that has one."""
    return per_table(rounds, lambda goodness: (normalized(goodness, zero) or {}).get(peer))


def wins_of(rounds: Rounds, ours: str, peer: str) -> dict[str, float]:
    """Return what we won against a peer on each table."""
    return per_table(rounds, lambda goodness: outcome(goodness[ours], goodness[peer]))


def mean_interval(values: Sequence[float], seed: int = 0) -> Interval:
    """Average over tables, with a bootstrap interval that draws tables."""
    given = np.asarray(values, dtype=np.float64)
    drawn = np.random.default_rng(seed).integers(0, len(given), (N_RESAMPLES, len(given)))
    low, high = np.quantile(given[drawn].mean(axis=1), [0.025, 0.975])
    return Interval(float(given.mean()), float(low), float(high))


def best_member(rounds: Rounds, members: Sequence[str]) -> str:
    """Return the member with the best mean rank among the members."""
    common = complete(rounds, members)
    if not common:
        return members[0]
    return min(members, key=lambda peer: np.mean([*ranks_of(common, peer).values()]))


def stand_in(rounds: Rounds, members: Sequence[str], name: str, only: str | None = None) -> Rounds:
    """Replace the members of a group by one peer: one of them, or if none is named the best in each round.

    The best in each round is chosen by looking at the test, so it flatters the group.
    """
    found = {}
    for key, goodness in rounds.items():
        present = [goodness[peer] for peer in members if peer in goodness and only in (None, peer)]
        rest = {peer: value for peer, value in goodness.items() if peer not in members}
        if present:
            known = [value for value in present if value is not None]
            rest[name] = max(known) if known else None
        found[key] = rest
    return found


def error_of(metric: str, score: float) -> float:
    """Turn a score into an error: what is missing to one for an area, the score itself for a loss."""
    return 1.0 - score if metric == "roc_auc" else score


def relative_difference(
    metric: str,
    ours: tuple[float, Sequence[float | None]],
    theirs: tuple[float, Sequence[float | None]],
) -> Interval:
    """Return how much larger our error is than theirs, as a share of theirs.

    Each side is a score and its scores on the same resampled test rows, so the interval is paired.
    """

    def share(mine: float, other: float) -> float:
        base = error_of(metric, other)
        return (error_of(metric, mine) - base) / base if base else math.nan

    pairs = zip(ours[1], theirs[1], strict=True)
    drawn = [share(mine, other) for mine, other in pairs if mine is not None and other is not None]
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return Interval(share(ours[0], theirs[0]), float(low), float(high))
