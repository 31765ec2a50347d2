"""Every metric keeps the contract for every kind of question that names it."""

import pytest

from mlwright.core.shelves import METRICS, TASKS
from mlwright.testing.check_metric import check_metric

PAIRS = [(name, kind) for kind in TASKS.names() for name in TASKS.get(kind).metrics]


@pytest.mark.parametrize(("name", "kind"), PAIRS)
def test_a_metric_keeps_the_contract(name, kind):
    check_metric(METRICS.get(name), TASKS.get(kind).link)


def test_every_metric_serves_a_kind_of_question():
    assert {name for name, _ in PAIRS} == set(METRICS.names())
