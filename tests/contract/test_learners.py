"""Every learner on the shelf keeps the contract."""

from contextlib import closing
from dataclasses import replace

import pytest

from mlwright.core.learner import Limits, Shape
from mlwright.core.shelves import LEARNERS
from mlwright.core.task import Link
from mlwright.testing.check_learner import check_learner
from mlwright.testing.worlds import N_CLASSES, world
from mlwright.tuning.job import Job, Outcome
from mlwright.tuning.journal import Journal
from mlwright.tuning.plain import to_bytes


@pytest.mark.parametrize("name", LEARNERS.names())
def test_a_learner_keeps_the_contract(name):
    check_learner(LEARNERS.get(name))


@pytest.mark.parametrize("n_rows", [100, 3_000, 10_000, 100_000])
@pytest.mark.parametrize("link", list(N_CLASSES))
def test_one_candidate_alone_is_tried_first_and_it_is_the_baseline(link, n_rows):
    shape = Shape(n_rows=n_rows, n_dense=9, n_codes=2, n_terms=0, n_scores=n_scores(link), link=link)
    found = [
        configuration
        for name in LEARNERS.names()
        if link in LEARNERS.get(name).serves
        for configuration in LEARNERS.get(name).configurations(shape)
    ]
    first = min(found, key=lambda configuration: configuration.order)
    assert first.order == 0
    assert [one.name for one in found if one.order <= 0] == [first.name]
    assert first.encodings == (), "the baseline looks at no column"


def n_scores(link):
    return 5 if link is Link.SOFTMAX else 1


@pytest.mark.parametrize("link", list(N_CLASSES))
@pytest.mark.parametrize("name", LEARNERS.names())
def test_a_fit_survives_the_journal(name, link, tmp_path):
    learner, here = LEARNERS.get(name), world(link)
    if link not in learner.serves:
        pytest.skip("it does not serve this link")
    configuration = replace(learner.configurations(here.shape)[0], learner=name)
    limits = Limits(rounds=5, seed=1)
    fit = learner.fit(configuration, here.train, here.valid, link, limits)
    job = Job(number=1, configuration=configuration, fold=0, limits=limits)
    told = []
    with closing(Journal(tmp_path / "journal.sqlite", tell=lambda *words: told.append(words))) as journal:
        journal.record(job, "train", Outcome(number=1, seconds=1.0, fit=fit))
        found = journal.find(job, "train")
    assert told == []
    before, after = fit.model.scores(here.valid.matrix), found.fit.model.scores(here.valid.matrix)
    assert after.tobytes() == before.tobytes()
    assert to_bytes(found.fit, journal._classes) == to_bytes(fit, journal._classes)
