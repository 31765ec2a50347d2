"""What every learner keeps: honest scores, the same in the program, within the time it was given."""

from __future__ import annotations

import pickle
import time
from typing import TYPE_CHECKING

import numpy as np

from mlwright.core.learner import Configuration, Fit, Limits, Matrix, Sample
from mlwright.core.task import Link, answers, losses
from mlwright.testing.claim import claim, claim_close, claim_equal
from mlwright.testing.lowered import lowered_scores
from mlwright.testing.worlds import N_CLASSES, NEVER_KNOWN, World, odd_matrix, world

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats
    from mlwright.core.learner import FittedModel, Learner

_MOST_ROUNDS = 20
_DEADLINE_S, _LATEST_S = 0.5, 2.0


def check_learner(learner: Learner) -> None:
    """Raise AssertionError if a learner does not keep its contract, for any link it serves.

    Examples
    --------
    >>> from mlwright.core.shelves import LEARNERS
    >>> check_learner(LEARNERS.get("constant"))
    """
    claim(learner.serves, "The learner serves no link.")
    for link in sorted(learner.serves):
        here = world(link)
        configurations = _configurations_are_sound(learner, here)
        rounds = _answers_are_good(learner, configurations[0], here)
        few = Limits(rounds=max(1, min(_MOST_ROUNDS, rounds)), seed=1)
        _seeds_and_weights_count(learner, configurations[0], here, few)
        _words_are_no_obstacle(learner, configurations[0], link, few)
        _the_clock_is_obeyed(learner, link)
        if link is Link.SOFTMAX:
            _a_class_may_be_absent(learner, configurations[0], here, few)


def _configurations_are_sound(learner: Learner, here: World) -> list[Configuration]:
    found = learner.configurations(here.shape)
    claim(found, f"No configuration is proposed for {here.shape}.")
    names = [configuration.name for configuration in found]
    claim(all(names) and len(set(names)) == len(names), f"Configurations need names of their own: {names}.")
    for configuration in found:
        claim(configuration.cost > 0, f"{configuration.name!r} costs {configuration.cost}; it must be > 0.")
    claim(learner.configurations(here.shape) == found, "Asked twice, the learner proposes something else.")
    return found


def _answers_are_good(learner: Learner, configuration: Configuration, here: World) -> int:
    """Look at a whole fit, and return how many rounds it took, for the refits that follow."""
    fit = learner.fit(configuration, here.train, here.valid, here.link, Limits(seed=1))
    what = f"{configuration.name!r}, {here.link.value}"
    scores = _checked_scores(fit.model, here.valid.matrix, here, what)
    if fit.valid_scores is not None:
        claim_close(fit.valid_scores, scores, f"{what}: `valid_scores` are not the scores of the model")
    if fit.probe is not None and fit.probe_scores is not None:
        claim_close(fit.model.scores(fit.probe), fit.probe_scores, f"{what}: the probe differs")
    claim(not fit.is_truncated, f"{what}: truncated, though there is no deadline.")
    loss = _loss(here, fit.model, scores, here.valid.target)
    dull = _constant_loss(here, here.train.target)
    claim(loss <= dull + 1e-3, f"{what}: the loss {loss:.4g} is worse than that of the constant, {dull:.4g}.")
    best = float(losses(here.link, here.valid.target, here.best).mean())
    claim(
        loss > 0.5 * best,
        f"{what}: the loss {loss:.4g} is better than knowing the truth, {best:.4g}: a leak.",
    )
    _scores_survive(fit, here, scores, what)
    return fit.rounds


def _scores_survive(fit: Fit, here: World, scores: Floats, what: str) -> None:
    """Odd rows, single rows, a journey between processes, and the program."""
    model, matrix = fit.model, here.valid.matrix
    n_dense = matrix.dense.shape[1]
    odd = odd_matrix(n_dense)
    odd_scores = _checked_scores(model, odd, here, f"{what}, missing and infinite features")
    single = np.vstack([model.scores(matrix.take(np.array([row]))) for row in range(5)])
    claim_close(single, scores[:5], f"{what}: a row alone has other scores")
    told = matrix.dense.copy()
    told[:, NEVER_KNOWN] = np.arange(len(told))
    message = f"{what}: a feature that was missing in all training rows decides"
    claim_close(model.scores(Matrix(told, matrix.terms)), scores, message)
    edges = model.edges(n_dense)
    claim(len(edges) == n_dense, f"{what}: `edges` gives {len(edges)} arrays for {n_dense} features.")
    claim_close(lowered_scores(model, matrix), scores, f"{what}: the program has other scores")
    claim_close(lowered_scores(model, odd), odd_scores, f"{what}: the program has other scores on odd rows")
    travelled = pickle.loads(pickle.dumps(fit)).model  # noqa: S301 - our own bytes, as workers send them
    claim_equal(travelled.scores(matrix), scores, f"{what}: another model comes out of another process")


def _seeds_and_weights_count(
    learner: Learner, configuration: Configuration, here: World, few: Limits
) -> None:
    what = f"{configuration.name!r}, {here.link.value}"
    one, other = (learner.fit(configuration, here.train, None, here.link, few).model for _ in range(2))
    matrix = here.valid.matrix
    claim_equal(one.scores(matrix), other.scores(matrix), f"{what}: the same seed gives other scores")
    claim_close(
        lowered_scores(one, matrix), one.scores(matrix), f"{what}: the program of a fit without validation"
    )
    rows = np.concatenate([np.arange(len(here.train.target))] * 2)
    half = len(here.train.target)
    lies = here.train.target[::-1]
    weights = np.concatenate([np.ones(half), np.zeros(half)])
    target = np.concatenate([here.train.target, lies])
    weighted = Sample(here.train.matrix.take(rows), target, weights, here.train.n_classes)
    model = learner.fit(configuration, weighted, None, here.link, few).model
    scores = _checked_scores(model, matrix, here, f"{what} with weights")
    loss, plain = (_loss(here, m, m.scores(matrix), here.valid.target) for m in (model, one))
    claim(
        loss <= plain + 0.5 * abs(plain) + 1e-3,
        f"{what}: rows of weight 0 count, for the loss rises from {plain:.4g} to {loss:.4g}.",
    )
    claim(len(scores) == len(here.valid.target), f"{what}: weights change the number of scores.")


def _words_are_no_obstacle(learner: Learner, configuration: Configuration, link: Link, few: Limits) -> None:
    here = world(link, with_terms=True)
    what = f"{configuration.name!r}, {link.value}, with word weights"
    model = learner.fit(configuration, here.train, here.valid, link, few).model
    scores = _checked_scores(model, here.valid.matrix, here, what)
    claim_close(lowered_scores(model, here.valid.matrix), scores, f"{what}: the program has other scores")


def _the_clock_is_obeyed(learner: Learner, link: Link) -> None:
    here = world(link, n_rows=8_000)
    longest = max(learner.configurations(here.shape), key=lambda configuration: configuration.cost)
    start = time.monotonic()
    fit = learner.fit(longest, here.train, here.valid, link, Limits(deadline=start + _DEADLINE_S, seed=1))
    took = time.monotonic() - start
    what = f"{longest.name!r}, {link.value}"
    claim(took <= _LATEST_S, f"{what}: {took:.1f} s for a fit that was to end after {_DEADLINE_S} s.")
    _checked_scores(fit.model, here.valid.matrix.take(np.arange(50)), here, f"{what}, cut short")


def _a_class_may_be_absent(learner: Learner, configuration: Configuration, here: World, few: Limits) -> None:
    """Leave a class out, as a fold may; the model still answers for all of them."""
    for absent in range(N_CLASSES[here.link]):
        rows = np.flatnonzero(here.train.target != absent)
        known = Sample(here.train.matrix.take(rows), here.train.target[rows], None, here.train.n_classes)
        model = learner.fit(configuration, known, here.valid, here.link, few).model
        what = f"{configuration.name!r} without class {absent}"
        scores = _checked_scores(model, here.valid.matrix, here, what)
        share = _answers(here, model, scores)[:, absent].mean()
        claim(share < 0.2, f"{what}: it is given the probability {share:.2f}, though it never occurred.")
        claim_close(lowered_scores(model, here.valid.matrix), scores, f"{what}: the program has other scores")


def _checked_scores(model: FittedModel, matrix: Matrix, here: World, what: str) -> Floats:
    scores = model.scores(matrix)
    shape = (len(matrix.dense), here.n_answers if model.is_answer else here.n_scores)
    claim(scores.shape == shape, f"{what}: the scores have the shape {scores.shape}, expected {shape}.")
    bad = np.flatnonzero(~np.isfinite(scores).all(axis=1))
    if len(bad):
        row = matrix.dense[bad[0]].tolist()
        claim(False, f"{what}: the row {row} has the scores {scores[bad[0]]}.")  # noqa: FBT003 - it does not hold
    if model.is_answer and here.n_answers > 1:
        claim_close(scores.sum(axis=1), np.ones(len(scores)), f"{what}: probabilities do not add up to 1")
    return scores


def _answers(here: World, model: FittedModel, scores: Floats) -> Floats:
    return scores if model.is_answer else answers(here.link, scores)


def _loss(here: World, model: FittedModel, scores: Floats, target: Floats) -> float:
    return float(losses(here.link, target, _answers(here, model, scores)).mean())


def _constant_loss(here: World, train: Floats) -> float:
    n_classes = N_CLASSES[here.link]
    counts = np.bincount(train.astype(int), minlength=n_classes) / len(train) if n_classes else [train.mean()]
    given = np.tile(np.array(counts, dtype=np.float64), (len(here.valid.target), 1))
    return float(losses(here.link, here.valid.target, given).mean())
