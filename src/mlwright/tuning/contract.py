"""Contract: how long a single answer may take, and how large the model file may be.

Which candidates keep it is a matter of measured costs: a `Measure` compiles models and looks. What follows
from the figures is here, and depends on them alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.errors import ContractError
from mlwright.core.shelves import LEARNERS
from mlwright.tuning.blend import blend, mean_loss

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlwright.core.arrays import Floats
    from mlwright.core.task import Link
    from mlwright.tuning.trial import Member, Trial

N_BAGS = 20
"""Bags of rows that the final weights are averaged over."""
_ROOM = 0.75
"""The share of a limit that one candidate should use: others may join it."""
_MOST_HASTE, _LEAST_HASTE = 16.0, 1.25
_STEPS = 24
_AIM = 0.92
"""The share of a limit that is aimed at: the last measurement is another one."""
_TOLERATED = 0.98 / _AIM
"""The share of what is aimed at that fitted models may use up when they are measured."""
_FIRST_PRICE = 1e-3


def ms(seconds: float) -> str:
    """Write a latency for people: "0.25 ms"."""
    return f"{1e3 * seconds:.3g} ms"


def kb(size_bytes: float) -> str:
    """Write a size for people: "200 KB"."""
    return f"{size_bytes / 1e3:,.0f} KB"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a program costs: the time of a single answer [s], and the model file [bytes]."""

    latency_s: float
    size_bytes: float

    def plus(self, other: Cost, times: float = 1.0) -> Cost:
        """Return the sum with so many times the other."""
        return Cost(
            latency_s=self.latency_s + times * other.latency_s,
            size_bytes=self.size_bytes + times * other.size_bytes,
        )


_NOTHING = Cost(latency_s=0.0, size_bytes=0.0)
Measure = Callable[[Sequence["Member"]], Cost]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """Limits, None where there is none. What is predicted aims a little below."""

    latency_s: float | None = None
    size_bytes: int | None = None

    def share(self, cost: Cost) -> float:
        """Return the largest share that is used up of what is aimed at; it is kept up to 1."""
        latency = 0.0 if self.latency_s is None else cost.latency_s / self.latency_s
        size = 0.0 if self.size_bytes is None else cost.size_bytes / self.size_bytes
        return max(latency, size) / _AIM

    def refusal(self, least: Cost) -> str:
        """Say that not even a constant answer keeps it."""
        broken = []
        if self.latency_s is not None and least.latency_s > _AIM * self.latency_s:
            broken.append(
                f"answers a row within {ms(self.latency_s)}: reading its columns and answering with a "
                f"constant takes {ms(least.latency_s)} here. Allow more with --max-latency, "
                "or leave columns out"
            )
        if self.size_bytes is not None and least.size_bytes > _AIM * self.size_bytes:
            broken.append(
                f"fits into {kb(self.size_bytes)}: with a constant answer, schema and evidence it may need "
                f"{kb(least.size_bytes)}. Allow more with --max-size, or leave columns out"
            )
        return f"No model of these columns {'; nor any '.join(broken)}."


@final
@dataclass(frozen=True, slots=True)
class Version:
    """One way to ship: the weight of each candidate by name, and how many copies of each are averaged."""

    weights: dict[str, float]
    n_copies: int

    def of(self, members: Sequence[Member]) -> list[Member]:
        """Take this version out of fitted models."""
        found: list[Member] = []
        for name, weight in self.weights.items():
            copies = [member for member in members if member.name == name][: self.n_copies]
            found += [replace(member, weight=weight / len(copies)) for member in copies]
        total = sum(member.weight for member in found)
        return [replace(member, weight=member.weight / total) for member in found]


@final
class Scales:
    """Weighs the candidates of one search, as they finish, against a contract.

    The first candidate is the dullest: what it costs alone, every program costs.
    """

    def __init__(self, contract: Contract, measure: Measure) -> None:
        self.contract, self._measure = contract, measure
        self._alone: dict[int, Cost] = {}
        self._least = _NOTHING

    def weigh(self, trial: Trial) -> None:
        """Measure a finished candidate alone, and note on it if it breaks the contract."""
        whole = self._measure(trial.fold_members(1.0)[:1])
        if trial.number == 0:
            self._least, whole = whole, _NOTHING
            if self.contract.share(self._least) > 1.0:
                raise ContractError(self.contract.refusal(self._least))
        else:
            whole = whole.plus(self._least, -1.0)
        # Fitted once more, on more rows, it grows.
        grows = LEARNERS.get(trial.configuration.learner).grows_with_rows and trial.n_folds > 1
        growth = (trial.n_folds / (trial.n_folds - 1)) ** 0.5 if grows else 1.0
        self._alone[trial.number] = _NOTHING.plus(whole, growth)
        trial.keeps = trial.number == 0 or self.share([trial]) <= 1.0
        if not trial.keeps:
            trial.note = f"breaks the contract alone: {self.share([trial]):.2g} times what is allowed"

    def haste(self, trial: Trial) -> float | None:
        """Return how many times faster a candidate should learn, to be smaller; None if that will not do."""
        learner = LEARNERS.get(trial.configuration.learner)
        room = _ROOM - self.contract.share(self._least)
        if trial.keeps or not learner.is_smaller_in_haste or room <= 0:
            return None
        given = trial.configuration.haste
        needed = given * (self.share([trial]) - self.contract.share(self._least)) / room
        haste = float(np.clip(needed, _LEAST_HASTE * given, _MOST_HASTE))
        return float(f"{haste:.2g}") if given * _LEAST_HASTE <= _MOST_HASTE else None

    def share(self, trials: Sequence[Trial], n_copies: int = 1) -> float:
        """Predict which share of the limits a blend uses up: what is measured alone adds up."""
        cost = self._least
        for trial in trials:
            cost = cost.plus(self._alone[trial.number], n_copies)
        return self.contract.share(cost)

    def shares(self, trials: Sequence[Trial]) -> Floats:
        """Return the share of the limits that each candidate adds to any blend, shape (n_trials,)."""
        return np.array([self.contract.share(self._alone[trial.number]) for trial in trials])

    def affordable(self, menu: Menu, n_copies: int, seed: int) -> Version:
        """Return the best blend that is likely to keep the contract; the cheapest if none is."""
        by_name = {trial.configuration.name: trial for trial in menu.trials}
        for version in menu.versions(n_copies, seed):
            if self.share([by_name[name] for name in version.weights], version.n_copies) <= 1.0:
                break
        return version

    def kept(self, versions: Iterable[Version], members: Sequence[Member]) -> Version | None:
        """Return the first version of fitted models that keeps the contract, measured; None if none does."""
        for version in versions:
            if self.contract.share(self._measure(version.of(members))) <= _TOLERATED:
                return version
        return None


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """Candidates to blend: their answers out of fold, and what each must gain in any case and costs.

    `prices` are the shares of the loss that candidates must take away, `shares` what they add to the costs,
    both of shape (n_trials,).
    """

    link: Link
    target: Floats
    trials: Sequence[Trial]
    prices: Floats
    shares: Floats

    def loss(self, version: Version) -> float:
        """Return the mean proper loss of a version out of fold."""
        given = [version.weights.get(t.configuration.name, 0.0) * t.answers() for t in self.trials]
        return mean_loss(self.link, self.target, np.asarray(sum(given)))[0]

    def versions(self, n_copies: int, seed: int) -> Iterator[Version]:
        """Go from the best blend to the cheapest candidate: ever more must be gained for what is paid."""
        given = [trial.answers() for trial in self.trials]
        scale = max(float(self.shares.max(initial=0.0)), 1e-9)
        seen: set[tuple[str, ...]] = set()
        for step in range(_STEPS):
            more = _FIRST_PRICE * 2.0 ** (step - 1) * self.shares / scale if step else 0.0
            n_bags = N_BAGS if step == 0 else 0  # the first is the blend that there is without a contract
            weights = blend(self.link, self.target, given, seed, n_bags, self.prices + more)
            pairs = zip(weights, self.trials, strict=True)
            chosen = sorted((p for p in pairs if p[0] > 0), key=lambda p: (-p[0], p[1].number))
            found = {trial.configuration.name: float(weight) for weight, trial in chosen}
            if tuple(sorted(found)) not in seen:
                seen.add(tuple(sorted(found)))
                yield from (Version(found, copies) for copies in range(n_copies, 0, -1))
