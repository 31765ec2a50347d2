"""Contracts: what follows from measured costs, which are given here, not measured."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlwright.core.budget import Budget
from mlwright.core.errors import ContractError
from mlwright.core.learner import Configuration
from mlwright.core.progress import silence
from mlwright.core.task import Link
from mlwright.tuning.blend import blend
from mlwright.tuning.choice import choose, kept, of_first_folds, ship
from mlwright.tuning.contract import N_BAGS, Contract, Cost, Menu, Scales, Version
from mlwright.tuning.job import Outcome
from mlwright.tuning.search import Search
from mlwright.tuning.trial import Member, Trial
from mlwright.tuning.workers import open_crew

MS = 1e-3
BASE = Cost(latency_s=0.05 * MS, size_bytes=30_000)


def cost(latency_ms=0.0, size_kb=0.0):
    return Cost(latency_s=latency_ms * MS, size_bytes=1e3 * size_kb)


def trial_of(name, number, learner="linear", haste=1.0, answers=None):
    """A finished candidate of two folds that nothing was fitted for."""
    configuration = Configuration(name=name, order=number, learner=learner, haste=haste)
    outcomes = {}
    for fold in (0, 1):
        fit = SimpleNamespace(model=SimpleNamespace(n_nodes=0), haste=1.0)
        given = None if answers is None else np.array_split(answers, 2)[fold][:, None]
        outcomes[fold] = Outcome(number=fold, seconds=1.0, encoder=object(), fit=fit, answers=given)
    return Trial(number, configuration, 2, outcomes)


def scales_of(contract, costs):
    """Scales on which a program costs what its members do, above the base."""

    def measure(members):
        total = BASE
        for member in members:
            total = total.plus(costs.get(member.name, cost()))
        return total

    found = Scales(contract, measure)
    found.weigh(trial_of("constant", 0, "constant"))
    return found


def member_of(name, weight=1.0):
    return Member(name, weight, object(), SimpleNamespace(model=None))


def test_the_tighter_limit_counts_and_none_is_no_limit():
    contract = Contract(latency_s=1 * MS, size_bytes=100_000)
    assert contract.share(cost(0.46, 10)) == pytest.approx(0.5)
    assert contract.share(cost(0.1, 92)) == pytest.approx(1.0)
    assert Contract().share(cost(1e9, 1e9)) == 0.0
    assert Contract(size_bytes=100_000).share(cost(1e9, 46)) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("contract", "says"),
    [
        (Contract(latency_s=0.05 * MS), r"within 0.05 ms.*takes 0.05 ms here.*--max-latency"),
        (Contract(size_bytes=20_000), r"fits into 20 KB.*may need 30 KB.*--max-size"),
        (Contract(latency_s=0.01 * MS, size_bytes=1), r"--max-latency.*; nor any fits into 0 KB.*--max-size"),
    ],
)
def test_what_not_even_a_constant_keeps_is_refused_with_what_is_possible(contract, says):
    with pytest.raises(ContractError, match=says):
        scales_of(contract, {})


def test_a_candidate_that_breaks_the_contract_alone_is_noted():
    scales = scales_of(Contract(latency_s=0.2 * MS), {"small": cost(0.1), "large": cost(0.3)})
    small, large = trial_of("small", 1), trial_of("large", 2)
    scales.weigh(small)
    scales.weigh(large)
    assert small.keeps
    assert not small.note
    assert not large.keeps
    assert large.note == "breaks the contract alone: 1.9 times what is allowed"


def test_fitted_once_more_a_candidate_that_grows_with_its_rows_costs_more():
    scales = scales_of(Contract(latency_s=0.2 * MS), {"trees": cost(0.12), "line": cost(0.12)})
    trees, line = trial_of("trees", 1, "lightgbm"), trial_of("line", 2)
    scales.weigh(trees)
    scales.weigh(line)
    assert (trees.keeps, line.keeps) == (False, True)
    assert scales.share([line]) == pytest.approx(0.17 / 0.2 / 0.92)
    assert scales.share([trees], 2) == pytest.approx((0.05 + 2 * 0.12 * 2**0.5) / 0.2 / 0.92)


def test_trees_that_break_the_contract_are_tried_with_larger_steps_up_to_an_end():
    scales = scales_of(Contract(size_bytes=100_000), {"trees": cost(0, 320), "line": cost(0, 320)})
    found = []
    haste = 1.0
    while haste is not None:
        trial = trial_of("trees", 1, "lightgbm", haste)
        scales.weigh(trial)
        haste = scales.haste(trial)
        found.append(haste)
    assert found == [pytest.approx(320 * 2**0.5 / 92 / (0.75 - 30 / 92), abs=0.5), 16.0, None]
    line = trial_of("line", 2)
    scales.weigh(line)
    assert scales.haste(line) is None, "a linear model does not shrink"
    small = trial_of("small", 3, "lightgbm")
    scales.weigh(small)
    assert scales.haste(small) is None, "what keeps it stays as it is"


def menu_of(costs, n_rows=200, seed=0):
    """Candidates that get better with what they cost, each with errors of its own."""
    rng = np.random.default_rng(seed)
    target = rng.normal(0.0, 1.0, n_rows)
    trials = [trial_of("constant", 0, "constant", answers=np.zeros(n_rows))]
    for number, one in enumerate(costs, 1):
        noise = rng.normal(0.0, 1.0, n_rows) / (1.0 + 5 * one)
        trials.append(trial_of(f"c{number}", number, answers=0.5 * target + noise))
    shares = np.array([0.0, *costs])
    return Menu(link=Link.IDENTITY, target=target, trials=trials, prices=np.zeros(len(trials)), shares=shares)


def test_versions_go_from_the_blend_without_a_contract_to_the_cheapest():
    menu = menu_of([0.2, 0.5, 0.9])
    versions = list(menu.versions(2, 0))
    free = blend(menu.link, menu.target, [t.answers() for t in menu.trials], 0, N_BAGS, menu.prices)
    names = [t.configuration.name for t in menu.trials]
    assert versions[0].weights == {
        n: w for n, w in sorted(zip(names, free, strict=True), key=lambda p: -p[1]) if w
    }
    assert [version.n_copies for version in versions] == [2, 1] * (len(versions) // 2)
    assert versions[-1] == Version({"constant": 1.0}, 1)
    costs = [sum(menu.shares[names.index(name)] for name in version.weights) for version in versions[1::2]]
    assert len(costs) > 2
    assert costs == sorted(costs, reverse=True)


@settings(max_examples=30, deadline=None)
@given(costs=st.lists(st.floats(0.01, 0.9), min_size=1, max_size=5), limit=st.floats(0.06, 1.0))
def test_what_is_affordable_keeps_the_contract_as_predicted(costs, limit):
    menu = menu_of(costs)
    contract = Contract(latency_s=limit * MS)
    prices = {trial.configuration.name: cost(one) for trial, one in zip(menu.trials[1:], costs, strict=True)}
    scales = scales_of(contract, prices)
    for trial in menu.trials:
        scales.weigh(trial)
    version = scales.affordable(menu, 3, 0)
    chosen = [trial for trial in menu.trials if trial.configuration.name in version.weights]
    assert scales.share(chosen, version.n_copies) <= 1.0
    first = next(menu.versions(3, 0))
    fits = scales.share([t for t in menu.trials if t.configuration.name in first.weights], 3) <= 1.0
    assert (version == first) == fits


def test_a_version_takes_as_many_copies_and_their_weights_add_up():
    members = [member_of("a"), member_of("b"), member_of("a"), member_of("c")]
    found = Version({"a": 0.6, "b": 0.2}, 2).of(members)
    assert [member.name for member in found] == ["a", "a", "b"]
    assert [member.weight for member in found] == pytest.approx([0.375, 0.375, 0.25])
    assert [member.name for member in Version({"a": 0.6, "b": 0.2}, 1).of(members)] == ["a", "b"]


GOOD = "return fit"
CLOSER = (
    "from dataclasses import replace\nimport numpy as np\nscores = None if valid is None else "
    "valid.target[:, None] * 0.7 + np.random.default_rng({seed}).normal(0, 0.2, (len(valid.target), 1))\n"
    "return replace(fit, valid_scores=scores)"
)


@pytest.fixture
def searched(store, folder, shelf):
    """A search over a constant and two candidates whose costs are given."""

    def run(limit_ms, **costs):
        shelf(dull=GOOD, one=CLOSER.format(seed=1), two=CLOSER.format(seed=2))
        scales = Scales(Contract(latency_s=limit_ms * MS), _measure(costs))
        found = Search(store, folder, open_crew(0), Budget(max_trials=5), 0, silence, scales=scales)
        found.run()
        return found

    return run


def _measure(costs):
    def measure(members):
        return Cost(latency_s=MS * sum(costs[member.name] for member in members), size_bytes=0.0)

    return measure


def weights(search):
    return {trial.configuration.name for trial in search.trials if trial.weight > 0}


def test_a_search_blends_what_fits_together(searched):
    assert {t.configuration.name for t in choose(searched(1.0, dull=0.1, one=0.4, two=0.4))} == {"one", "two"}


def test_a_search_leaves_out_the_one_for_which_there_is_no_room(searched):
    found = searched(1.0, dull=0.1, one=0.7, two=0.6)
    assert len(choose(found)) == 1
    assert found.most_copies == 1


def test_a_search_that_can_afford_nothing_ends_with_the_constant(searched):
    found = searched(1.0, dull=0.1, one=3.0, two=2.0)
    assert [trial.configuration.name for trial in choose(found)] == ["dull"]
    assert found.has_baseline_alone
    assert found.begun() == [], "what breaks the contract is not at hand either"


def test_fitted_models_lose_copies_first_and_candidates_then(searched):
    found = searched(1.0, dull=0.1, one=0.3, two=0.3)
    choose(found)
    members = [member_of(name) for name in ("one", "two", "one", "two")]
    assert kept(found, members) == Version(
        {t.configuration.name: t.weight for t in found.trials if t.weight}, 1
    )
    found.scales = Scales(Contract(latency_s=0.5 * MS), _measure({"one": 0.3, "two": 0.3, "dull": 0.1}))
    found.scales.weigh(found.trials[0])
    for trial in found.trials:
        found.scales.weigh(trial)
    version = kept(found, members)
    assert len(version.weights) == 1
    ship(found, version)
    assert len(weights(found)) == 1
    assert kept(found, [member_of("one", 1.0)]) is not None


def test_no_version_is_kept_where_every_measurement_is_too_high(searched):
    found = searched(1.0, dull=0.1, one=0.3, two=0.3)
    choose(found)
    found.scales = Scales(Contract(latency_s=1 * MS), lambda members: cost(0.1 if len(members) == 0 else 2.0))
    found.scales._alone = {trial.number: cost(0.1) for trial in found.trials}
    assert kept(found, [member_of("one")]) is None
    assert [member.name for member in of_first_folds(found)] == ["one", "two"]
