"""Every learner on the shelf keeps the contract."""

import pytest

from mlwright.core.learner import Shape
from mlwright.core.shelves import LEARNERS
from mlwright.core.task import Link
from mlwright.testing.check_learner import check_learner


@pytest.mark.parametrize("name", LEARNERS.names())
def test_a_learner_keeps_the_contract(name):
    check_learner(LEARNERS.get(name))


@pytest.mark.parametrize("n_rows", [100, 3_000, 10_000, 100_000])
@pytest.mark.parametrize("link", list(Link))
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
