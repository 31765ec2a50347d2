"""Policy: what to decide about a row, given its probabilities and what each mistake costs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.errors import ArtifactError
from mlwright.core.said import said
from mlwright.core.seeds import stream
from mlwright.tuning.halves import pays

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.core.arrays import Array, Floats, Integers
    from mlwright.core.graph import Graph

_FEWEST_ROWS, _N_BAGS = 200, 30
_BELOW = 1e-3
"""How far below the last row, in ranges of all rows, one cuts to act on every one."""
_LARGEST_STAKE = 1e25
"""Times the largest cost it is still a number in single precision."""


@final
@dataclass(frozen=True)
class Policy:
    """Chooses the decision of least expected cost.

    `costs`, shape (n_classes, n_classes), is what it costs to decide the second when the first is true.
    With two classes deciding the second is called acting: it is done when the expected saving exceeds
    `cutoff`. `stakes` names a column that multiplies the cost of a miss (the second class is true, the
    first is decided), "" if there is none; where its cell is missing or negative, `usual_stake` or 0 counts.
    """

    costs: Floats
    stakes: str = ""
    usual_stake: float = 1.0
    cutoff: float = 0.0

    @classmethod
    def from_evidence(cls, evidence: Mapping[str, Any]) -> Policy | None:
        """Rebuild the policy of a model from what its evidence says; None if nobody said what mistakes cost.

        Raises
        ------
        ArtifactError
            The evidence does not say it as expected.
        """
        told = evidence.get("decision")
        if told is None:
            return None
        try:
            costs, usual = np.array(told["costs"], dtype=np.float64), told["usual_stake"]
            if costs.ndim != 2 or costs.shape[0] != costs.shape[1] or not np.isfinite(costs).all():
                raise ValueError(costs.shape)  # noqa: TRY301 - said once, below
            usual = 1.0 if usual is None else float(usual)
            return cls(costs, str(told["stakes"] or ""), usual, float(told["cutoff"]))
        except (KeyError, TypeError, ValueError) as error:
            message = f"evidence.json does not say as expected what mistakes cost: {error!r}."
            raise ArtifactError(message) from error

    @property
    def threshold(self) -> float | None:
        """The probability above which one acts; None with stakes or more classes."""
        if len(self.costs) != 2 or self.stakes:
            return None
        alarm, miss = self._prices()
        return min(1.0, max(0.0, (self.cutoff + alarm) / (alarm + miss)))

    def savings(self, probabilities: Floats, stakes: Floats | None = None) -> Floats:
        """Return what acting is expected to save, shape (n_rows,); of two classes."""
        alarm, _ = self._prices()
        misses = self.costs[1, 0] * self.weights(stakes, len(probabilities)) - self.costs[1, 1]
        return np.asarray(probabilities[:, 1] * misses - probabilities[:, 0] * alarm)

    def expected(self, probabilities: Floats, stakes: Floats | None = None) -> Floats:
        """Return what each decision is expected to cost, the cutoff included, shape (n_rows, n_classes)."""
        if len(self.costs) != 2:
            return np.asarray(probabilities @ self.costs)
        saved = self.savings(probabilities, stakes) - self.cutoff
        return np.column_stack([saved, np.zeros(len(saved))])

    def decide(self, probabilities: Floats, stakes: Floats | None = None) -> Integers:
        """Return the class decided for each row, shape (n_rows,)."""
        if len(self.costs) == 2:
            return (self.savings(probabilities, stakes) > self.cutoff).astype(np.int64)
        return np.asarray(np.argmin(self.expected(probabilities), axis=1), dtype=np.int64)

    def paid(self, truth: Floats, decided: Integers, stakes: Floats | None = None) -> Floats:
        """Return what decisions cost when the truth is known, shape (n_rows,)."""
        true = truth.astype(np.int64)
        each: Floats = self.costs[true, decided]
        if not self.stakes:
            return each
        is_miss = (true == 1) & (decided == 0)
        return np.where(is_miss, each * self.weights(stakes, len(true)), each)

    def weights(self, stakes: Floats | None, n_rows: int) -> Floats:
        """Return what multiplies the cost of a miss, shape (n_rows,)."""
        if not self.stakes or stakes is None:
            return np.ones(n_rows)
        return np.clip(np.where(np.isnan(stakes), self.usual_stake, stakes), 0.0, _LARGEST_STAKE)

    def lower(self, graph: Graph, probabilities: str, stakes: str) -> str:
        """Write the decision into the program, shape (n_rows, 1); `stakes` is a raw column, or ""."""
        if len(self.costs) != 2:
            saved = graph.add("MatMul", probabilities, graph.constant(-self.costs))
            return graph.add("ArgMax", saved, axis=1, keepdims=1, select_last_index=0)
        alarm, miss = self._prices()
        no, yes = (
            graph.add("Gather", probabilities, graph.constant([at], np.int64), axis=1) for at in (0, 1)
        )
        if stakes:
            usual = graph.constant(self.usual_stake, np.float64)
            known = graph.add("Where", graph.add("IsNaN", stakes), usual, stakes)
            ends = graph.constant(0.0, np.float64), graph.constant(_LARGEST_STAKE, np.float64)
            weight = graph.add("Cast", graph.add("Clip", known, *ends), to=np.dtype(np.float32))
            each = graph.add("Mul", weight, graph.constant(self.costs[1, 0]))
            saved = graph.add("Mul", yes, graph.add("Sub", each, graph.constant(self.costs[1, 1])))
        else:
            saved = graph.add("Mul", yes, graph.constant(miss))
        saved = graph.add("Sub", saved, graph.add("Mul", no, graph.constant(alarm)))
        acts = graph.add("Less", graph.constant(self.cutoff), saved)
        return graph.add("Cast", acts, to=np.dtype(np.int64))

    def _prices(self) -> tuple[float, float]:
        """Return what acting costs where it was needless, and saves where it was needed."""
        return float(self.costs[0, 1] - self.costs[0, 0]), float(self.costs[1, 0] - self.costs[1, 1])


def fit_policy(
    policy: Policy,
    target: Floats,
    probabilities: Floats,
    stakes: Floats | None,
    share: float | None,
    seed: int,
    alike: Array | None = None,
) -> tuple[Policy, str]:
    """Choose the cutoff of a policy of two classes on answers out of fold, and say why that one.

    Expected savings above 0 are the best rule there is for probabilities that are right. Another
    cutoff is taken only if it saved more, beyond a standard error, on rows that did not choose it. A
    capacity, the `share` of rows that may be acted on, raises it to where that share remains. `alike` numbers
    rows that err alike; None if all are independent.

    Source: Elkan (2001), The foundations of cost-sensitive learning, IJCAI, section 2.
    """
    if len(policy.costs) != 2:
        return policy, said("the least expected cost of the row")
    expected = policy.savings(probabilities, stakes)
    nothing, everything = np.zeros(len(target), np.int64), np.ones(len(target), np.int64)
    saved = policy.paid(target, nothing, stakes) - policy.paid(target, everything, stakes)
    cutoff, why = 0.0, said("acting is expected to save more than it costs")

    def gain(one: Integers, other: Integers) -> Floats:
        best = _best_cutoff(expected[one], saved[one], seed)
        gained: Floats = saved[other] * ((expected[other] > best) * 1.0 - (expected[other] > 0.0))
        return gained

    order = stream(seed, "policy").permutation(len(target))
    if len(order) >= _FEWEST_ROWS and pays(gain, order, alike):
        cutoff, why = (
            _best_cutoff(expected, saved, seed),
            said("it saved most on rows the models had not seen"),
        )
    if share is not None:
        most = int(share * len(expected))
        at = float(np.sort(expected)[::-1][most]) if most < len(expected) else cutoff
        if at > cutoff:
            cutoff, why = at, said("no more rows may be acted on")
    return replace(policy, cutoff=_round_up(cutoff)), why


def _round_up(cutoff: float) -> float:
    """Return the next number of single precision: the program compares in it and must let no more through."""
    single = np.float32(cutoff)
    return float(single if float(single) >= cutoff else np.nextafter(single, np.float32(np.inf)))


def _best_cutoff(expected: Floats, saved: Floats, seed: int) -> float:
    """Return where to cut so that the rows above save most, averaged over samples of the rows.

    The best cut of one sample is as much luck as the best of many; the mean over bags scatters less. Rows
    that are expected to save the same lie on one side: no cutoff could part them.
    """
    rng = stream(seed, "cutoff")
    order = np.argsort(-expected, kind="stable")
    ordered, gains = expected[order], saved[order]
    ends = np.append(np.flatnonzero(np.diff(ordered)) + 1, len(order))
    below = np.append(ordered[ends[:-1]], ordered[-1] - _BELOW * max(float(np.ptp(ordered)), _BELOW))
    cuts = np.append(ordered[0], (ordered[ends - 1] + below) / 2)
    found = []
    for _ in range(_N_BAGS):
        drawn = np.bincount(rng.integers(0, len(order), len(order)), minlength=len(order))
        totals = np.cumsum(drawn * gains)[ends - 1]
        found.append(cuts[int(np.argmax(np.append(0.0, totals)))])
    return float(np.mean(found))
