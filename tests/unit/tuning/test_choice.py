"""What a blend may cost: a version that is hardly worse and much cheaper is taken instead."""

from types import SimpleNamespace

import numpy as np
import pytest

from mlwright.core.learner import Configuration
from mlwright.core.task import Link
from mlwright.tuning.choice import lean
from mlwright.tuning.contract import Menu
from mlwright.tuning.job import Outcome
from mlwright.tuning.trial import Trial

N_ROWS = 8_000


def trial_of(number, n_nodes, answers):
    """A finished candidate whose models have so many nodes."""
    configuration = Configuration(name=f"c{number}", order=number, learner="linear")
    model = SimpleNamespace(n_nodes=n_nodes)
    outcomes = {
        fold: Outcome(
            number=fold,
            seconds=1.0,
            encoder=object(),
            fit=SimpleNamespace(
                model=model, rounds=1, haste=1.0, refit_share=1.0, is_truncated=False, wants_more=False
            ),
            answers=part[:, None],
        )
        for fold, part in enumerate(np.array_split(answers, 2))
    }
    return Trial(number, configuration, 2, outcomes)


def menu_of(n_nodes, shared):
    """Candidates of so many nodes that err alike, by `shared`, and each on its own."""
    rng = np.random.default_rng(0)
    target, alike = rng.normal(size=N_ROWS), rng.normal(scale=shared, size=N_ROWS)
    trials = [
        trial_of(number, nodes, target + alike + rng.normal(scale=0.03, size=N_ROWS))
        for number, nodes in enumerate(n_nodes)
    ]
    none = np.zeros(len(trials))
    return Menu(link=Link.IDENTITY, target=target, trials=trials, prices=none, shares=none)


def chosen(menu):
    return [trial.configuration.name for trial in menu.trials]


def test_a_large_member_that_hardly_helps_is_left_out():
    menu = menu_of([40_000, 40_000, 400_000], 0.3)
    assert len(next(menu.versions(1, 0)).weights) == 3
    assert chosen(lean(menu, 0)) == ["c0", "c1"]


@pytest.mark.parametrize(
    ("n_nodes", "shared"),
    [([10_000, 10_000, 10_000], 0.3), ([40_000, 40_000, 400_000], 0.0)],
    ids=["it costs little", "it helps a lot"],
)
def test_what_costs_little_or_helps_a_lot_stays(n_nodes, shared):
    menu = menu_of(n_nodes, shared)
    assert lean(menu, 0) is menu
