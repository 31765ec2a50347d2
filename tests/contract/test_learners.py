"""Every learner on the shelf keeps the contract."""

import pytest

from mlwright.core.shelves import LEARNERS
from mlwright.testing.check_learner import check_learner


@pytest.mark.parametrize("name", LEARNERS.names())
def test_a_learner_keeps_the_contract(name):
    check_learner(LEARNERS.get(name))
