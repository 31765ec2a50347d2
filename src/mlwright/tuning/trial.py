"""Trial: one configuration with what its folds gave."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.learner import Configuration, Limits
from mlwright.core.shelves import LEARNERS
from mlwright.tuning.job import Job, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.arrays import Floats
    from mlwright.core.learner import Fit, FittedModel
    from mlwright.features.encoder import Encoder

_MOST_AT_HAND = 8
"""Of so many candidates, the best, the models of the folds stay: one of these is at hand if time runs out."""


@final
@dataclass(frozen=True, slots=True)
class Member:
    """One part of a blend: a model with the encoder in front of it, and its weight."""

    name: str
    weight: float
    encoder: Encoder
    fit: Fit

    @property
    def model(self) -> FittedModel:
        """The fitted model."""
        return self.fit.model


@final
@dataclass(frozen=True, slots=True)
class Told:
    """What a fit tells about itself, also when its model was let go."""

    n_nodes: int
    rounds: int
    haste: float
    refit_share: float
    is_truncated: bool
    wants_more: bool

    @classmethod
    def of(cls, fit: Fit) -> Told:
        """Ask a fit."""
        return cls(
            fit.model.n_nodes, fit.rounds, fit.haste, fit.refit_share, fit.is_truncated, fit.wants_more
        )  # fmt: skip


@final
@dataclass(slots=True)
class Trial:
    """A candidate while it is tried. `outcomes` by fold; `loss` and `error` once all folds are in.

    One that does not keep what is asked of answers, alone already, is in no blend.
    """

    number: int
    configuration: Configuration
    n_folds: int
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    loss: float = np.inf
    loss_error: float = np.inf
    weight: float = 0.0
    note: str = ""
    keeps: bool = True
    _told: dict[int, Told] = field(default_factory=dict)

    @property
    def is_finished(self) -> bool:
        """Whether every fold succeeded."""
        return len(self.outcomes) == self.n_folds and not self.failure

    @property
    def failure(self) -> str:
        """The first error of a fold, or ""."""
        return next((o.error for o in self.outcomes.values() if o.error), "")

    @property
    def state(self) -> str:
        """finished, truncated (kept, though time ran out), failed, stopped (it was hopeless) or skipped."""
        if self.failure:
            return "failed"
        if not self.is_finished:
            return "truncated" if self.weight > 0 else "stopped" if self.note else "skipped"
        return "truncated" if any(told.is_truncated for _, told in self.told) else "finished"

    @property
    def wants_more(self) -> bool:
        """Whether most folds used up their rounds and might have gone on to learn."""
        return 2 * sum(told.wants_more for _, told in self.told) > self.n_folds

    @property
    def told(self) -> list[tuple[Outcome, Told]]:
        """The outcomes of fits that succeeded, with what these tell."""
        known = self._told | {fold: Told.of(o.fit) for fold, o in self.outcomes.items() if o.fit is not None}
        return [(outcome, known[fold]) for fold, outcome in self.outcomes.items() if fold in known]

    @property
    def seconds(self) -> float:
        """Processor time of all folds [s]."""
        return sum(outcome.seconds for outcome in self.outcomes.values())

    @property
    def n_nodes(self) -> int:
        """Size of a fold's model, on average."""
        sizes = [told.n_nodes for _, told in self.told]
        return sum(sizes) // max(1, len(sizes))

    @property
    def cost(self) -> float:
        """What it adds to the time of an answer, in units of a dozen microseconds."""
        return 1.0 + self.n_nodes / 20_000 + (2.0 if self.configuration.n_combined else 0.0)

    @property
    def refit_s(self) -> float:
        """Processor time that one more fit on all rows will take [s]."""
        growth = self.n_folds / (self.n_folds - 1) if self.n_folds > 1 else 1.2
        each = [outcome.seconds * told.refit_share for outcome, told in self.told]
        return growth * sum(each) / max(1, len(each))

    @property
    def rounds(self) -> float:
        """Mean number of rounds over the folds."""
        return float(np.mean([told.rounds for _, told in self.told]))

    def answers(self) -> Floats:
        """Return out-of-fold answers , the rows of one fold after those of the other."""
        found = [self.outcomes[fold].answers for fold in range(self.n_folds)]
        return np.concatenate([part for part in found if part is not None]).astype(np.float64)

    def fold_members(self, weight: float) -> list[Member]:
        """Return the models of the folds, sharing `weight`: what is at hand when time is out.

        None if they were let go.
        """
        return [
            Member(self.configuration.name, weight / len(self.outcomes), outcome.encoder, outcome.fit)
            for outcome in self.outcomes.values()
            if outcome.fit is not None and outcome.encoder is not None
        ]

    def let_go(self, n_kept: int = 0) -> None:
        """Forget the models of all folds but so many; their answers and what they told stay."""
        for fold, outcome in list(self.outcomes.items())[n_kept:]:
            if outcome.fit is not None:
                self._told[fold] = Told.of(outcome.fit)
                self.outcomes[fold] = replace(outcome, encoder=None, fit=None)

    def refit_job(self, number: int, fold: int, seed: int) -> Job:
        """Return the job that fits this candidate again on all rows, for as long as it paid in the folds."""
        rounds = self.rounds
        if LEARNERS.get(self.configuration.learner).grows_with_rows and self.n_folds > 1:
            rounds *= (self.n_folds / (self.n_folds - 1)) ** 0.5
        hastes = [told.haste for _, told in self.told]
        limits = Limits(rounds=max(1, round(rounds)), haste=float(np.mean(hastes)), seed=seed)
        return Job(number=number, configuration=self.configuration, fold=fold, limits=limits)

    def row(self) -> dict[str, Any]:
        """Return the line of the leaderboard, but for its score."""
        return {
            "name": self.configuration.name,
            "learner": self.configuration.learner,
            "weight": self.weight,
            "fit_s": round(self.seconds, 3),
            "rounds": round(self.rounds) if self.outcomes and not self.failure else None,
            "state": self.state,
            "note": self.note or self.failure.split("\n", 1)[0],
        }


def thin_out(trials: Sequence[Trial], n_kept: int) -> None:
    """Let go of the models that nothing will be made of, so that memory does not grow with the candidates.

    Candidates that are not among the best keep `n_kept` folds' models.
    """
    whole = sorted((t for t in trials if t.is_finished and t.keeps), key=lambda t: t.loss)
    for trial in whole[_MOST_AT_HAND:]:
        if trial.number > 0:
            trial.let_go(n_kept)
    for trial in trials:
        if trial.failure or not trial.keeps or trial.state == "stopped":
            trial.let_go()
