"""Fitting again: what is left of a blend when fits fail."""

from types import SimpleNamespace

import pytest

from mlwright.core.learner import Configuration, Limits
from mlwright.tuning.job import ALL_ROWS, Job, Outcome
from mlwright.tuning.refit import members
from mlwright.tuning.trial import Trial


def refitted(weights, failed):
    """What comes of fits of candidates with these weights, of which some fail."""
    jobs, outcomes = {}, {}
    for number, weight in enumerate(weights):
        configuration = Configuration(name=f"c{number}", order=number, learner="linear")
        trial = Trial(number, configuration, 2, weight=weight)
        job = Job(number=number, configuration=configuration, fold=ALL_ROWS, limits=Limits(seed=0))
        jobs[number] = (trial, job)
        error = "MemoryError" if number in failed else ""
        fit = None if error else SimpleNamespace(model=object())
        outcomes[number] = Outcome(number=number, seconds=1.0, encoder=object(), fit=fit, error=error)
    return members(jobs, outcomes)


def test_a_member_that_fails_leaves_its_weight_to_the_others():
    found = refitted([0.5, 0.3, 0.2], failed={1})
    assert {one.name: one.weight for one in found} == pytest.approx({"c0": 0.5 / 0.7, "c2": 0.2 / 0.7})


def test_what_had_little_weight_does_not_answer_alone():
    assert refitted([0.96, 0.04], failed={0}) == []
    assert refitted([0.96, 0.04], failed={0, 1}) == []
