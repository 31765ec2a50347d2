"""The search: failures are recorded, work units are exact, and workers change nothing."""

import time
from types import SimpleNamespace

import numpy as np
import pytest

from mlwright.core.budget import Budget
from mlwright.core.errors import SearchError
from mlwright.core.progress import silence
from mlwright.tuning.choice import choose
from mlwright.tuning.job import Outcome
from mlwright.tuning.refit import baseline, members, refit_jobs
from mlwright.tuning.schedule import Schedule
from mlwright.tuning.search import Search
from mlwright.tuning.trial import thin_out
from mlwright.tuning.workers import open_crew
from mlwright.workflow.finish import at_hand

GOOD = "return fit"
BROKEN = "raise RuntimeError('out of ideas\\nand more')"


def search(store, folder, n_workers=0, listen=silence, **budget):
    crew = open_crew(n_workers)
    try:
        found = Search(store, folder, crew, Budget(**budget), 0, listen)
        found.run()
    finally:
        crew.stop()
    return found


def states(found):
    return {trial.configuration.name: trial.state for trial in found.trials}


def test_a_failing_learner_is_recorded_and_the_others_go_on(store, folder, shelf):
    shelf(dull=GOOD, broken=BROKEN, last=GOOD)
    found = search(store, folder, max_trials=5)
    assert states(found) == {"dull": "finished", "broken": "failed", "last": "finished"}
    assert found.ended == "every candidate of the portfolio was tried"
    row = found.trials[1].row()
    assert row["note"] == "RuntimeError: out of ideas"
    assert row["rounds"] is None
    assert len(found.trials[1].outcomes) == 1, "a second fold is not tried after the first failed"
    assert sum(trial.weight for trial in choose(found)) == pytest.approx(1.0)


def test_if_all_fail_the_error_says_why(store, folder, shelf):
    shelf(dull=BROKEN, broken=BROKEN)
    found = search(store, folder, max_trials=5)
    with pytest.raises(SearchError, match=r"No model could be fitted: RuntimeError: out of ideas$"):
        choose(found)


def test_a_truncated_fit_is_kept_and_said(store, folder, shelf):
    shelf(
        dull=GOOD,
        cut="from dataclasses import replace\nreturn replace(fit, is_truncated=True, rounds=3, "
        "valid_scores=valid.target[:, None] * 0.9)",
    )
    found = search(store, folder, max_trials=1)
    assert states(found) == {"dull": "finished", "cut": "truncated"}
    assert choose(found)[0].configuration.name == "cut"


def test_a_refit_that_fails_leaves_its_weight_to_the_others(store, folder, shelf):
    shelf(
        dull=GOOD,
        shy="if valid is None:\n    raise RuntimeError('too many rows')\n"
        "from dataclasses import replace\nreturn replace(fit, valid_scores=valid.target[:, None] * 0.5)",
    )
    found = search(store, folder, max_trials=5)
    for trial in found.trials:
        trial.weight = 0.5
    jobs = refit_jobs(found, found.trials)
    crew = open_crew(0)
    outcomes = {}
    for number, (_, job) in jobs.items():
        crew.start(job, folder)
        outcomes[number] = crew.wait(None)
    kept = members(jobs, outcomes)
    assert {member.name for member in kept} == {"dull"}
    assert sum(member.weight for member in kept) == pytest.approx(1.0)
    assert found.trials[1].note == "refit failed: RuntimeError: too many rows"


def test_the_baseline_is_the_first_candidate_alone(store, folder, shelf):
    shelf(dull=GOOD, other=GOOD)
    found = search(store, folder, max_trials=5)
    choose(found)
    before = [trial.weight for trial in found.trials]
    alone = baseline(found)
    assert {member.name for member in alone} == {"dull"}
    assert sum(member.weight for member in alone) == pytest.approx(1.0)
    assert [trial.weight for trial in found.trials] == before


def test_models_that_nothing_will_be_made_of_are_let_go_and_what_they_told_stays(
    store, folder, shelf, monkeypatch
):
    body = "from dataclasses import replace\nreturn replace(fit, rounds={0}, haste=1.{0}, refit_share=0.{0}, "
    body += "is_truncated=bool({0} % 2), valid_scores=valid.target[:, None] * 0.{0})"
    bodies = {f"fit {n}": body.format(n) for n in range(1, 8)}
    shelf(dull=GOOD, **bodies)
    whole = search(store, folder, max_trials=7)
    monkeypatch.setattr("mlwright.tuning.trial._MOST_AT_HAND", 2)
    found = search(store, folder, max_trials=7)
    with_models = [one.configuration.name for one in found.trials if one.fold_members(1.0)]
    assert {"dull", "fit 7"} <= set(with_models)
    assert len(with_models) == 3
    for one, other in zip(found.trials, whole.trials, strict=True):
        assert one.row() | {"fit_s": 0} == other.row() | {"fit_s": 0}
        assert (one.n_nodes, len(one.told)) == (other.n_nodes, len(other.told))
        if one.is_finished:
            assert one.refit_job(0, 1, 2) == other.refit_job(0, 1, 2)
            assert one.refit_s > 0
    assert [one.configuration.name for one in choose(found)] == [t.configuration.name for t in choose(whole)]
    assert at_hand([found.trials[2]], found.begun())[0].name == "fit 7"
    failed = found.begun()[0]
    failed.outcomes[1] = Outcome(number=1, seconds=0.0, error="no")
    thin_out(found.trials, 0)
    assert not failed.fold_members(1.0)


def test_of_rows_in_time_the_model_of_the_latest_fold_is_at_hand(store, folder, shelf):
    shelf(dull=GOOD, one=GOOD)
    trial = search(store, folder, max_trials=1).trials[1]
    of_all, of_last = at_hand([trial], []), at_hand([trial], [], is_timed=True)
    assert len(of_all) == len(store.folds)
    assert [one.weight for one in of_last] == [1.0]
    assert of_last[0].fit is of_all[-1].fit


def test_what_ships_though_not_every_fold_was_in_is_not_called_skipped(store, folder, shelf):
    shelf(dull=GOOD, one=GOOD)
    trial = search(store, folder, max_trials=1).trials[1]
    trial.outcomes.pop(1)
    trial.weight = 0.0
    assert trial.state == "skipped"
    trial.weight = 1.0
    assert trial.state == "truncated"


@pytest.mark.parametrize("n", [1, 2])
def test_so_many_trials_beside_the_baseline(store, folder, shelf, n):
    shelf(dull=GOOD, one=GOOD, two=GOOD, three=GOOD)
    found = search(store, folder, max_trials=n)
    assert len(found.trials) == n + 1
    assert found.ended == "as many were tried as asked for"


def test_the_listener_hears_every_fold(store, folder, shelf):
    shelf(dull=GOOD, one=GOOD)
    events = []
    search(store, folder, listen=events.append, max_trials=1)
    assert [event.message for event in events] == [
        "dull, fold 1 of 2",
        "dull, fold 2 of 2",
        "one, fold 1 of 2",
        "one, fold 2 of 2",
    ]
    assert all(event.left_s is None for event in events), "with work units nobody looks at the clock"
    assert (events[-1].done, events[-1].total) == (2, 2)


def result(found):
    chosen = [(trial.configuration.name, trial.weight) for trial in choose(found)]
    return chosen, [trial.loss for trial in found.trials], [trial.rounds for trial in found.trials]


@pytest.mark.slow
def test_the_number_of_workers_changes_nothing(store, folder):
    found = [search(store, folder, n_workers, max_trials=2) for n_workers in (0, 1, 2)]
    assert len(found[0].finished) == 3
    for other in found[1:]:
        assert result(other) == result(found[0])
        np.testing.assert_array_equal(other.blended(), found[0].blended())


def test_a_time_limit_ends_the_search(store, folder, shelf):
    shelf(dull=GOOD, **{f"slow_{i}": "import time\ntime.sleep(0.15)\nreturn fit" for i in range(9)})
    start = time.monotonic()
    found = search(store, folder, time_limit_s=2.0)
    assert time.monotonic() - start < 2.0
    assert found.ended == "the next candidate would not have fitted into the time limit"
    assert 1 < len(found.finished) < 10


@pytest.mark.parametrize(("factor", "ships"), [(0.9002, "quick"), (0.95, "slow")])
def test_a_slow_candidate_makes_room_for_a_fit_on_all_rows_if_it_adds_little(
    factor, ships, store, folder, shelf
):
    near = (
        "from dataclasses import replace\nreturn replace(fit, valid_scores=valid.target[:, None] * {})".format
    )
    busy = "import time\nend = time.process_time() + 0.03\nwhile time.process_time() < end: pass\n"
    shelf(dull=GOOD, quick=near(0.9), slow=busy + near(factor))
    found = search(store, folder, max_trials=2)

    def names():
        return [trial.configuration.name for trial in choose(found)]

    assert names() == ["slow"], "with time enough the better one ships"
    found.schedule = SimpleNamespace(can_refit=lambda chosen: "slow" not in names_of(chosen))
    assert names() == [ships]


def names_of(trials):
    return [trial.configuration.name for trial in trials]


@pytest.mark.parametrize(("left_s", "fits"), [(60.0, True), (0.3, False)])
def test_what_can_be_fitted_again_is_a_matter_of_the_time_that_is_left(left_s, fits, store, folder, shelf):
    shelf(dull=GOOD, slow="import time\ntime.sleep(0.1)\nreturn fit")
    found = search(store, folder, max_trials=1)
    budget = Budget(time_limit_s=left_s)
    schedule = Schedule(budget, 1, store.n_rows, 2, found.trials, 0.0, found.latency)
    assert schedule.can_refit(found.trials) is fits
    assert found.schedule.can_refit(found.trials), "work units know no clock"
