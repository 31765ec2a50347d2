"""Every step on the shelf keeps the contract."""

import pytest

from mlwright.core.shelves import STEPS
from mlwright.testing.check_step import check_step


@pytest.mark.parametrize("name", STEPS.names())
def test_a_step_keeps_the_contract(name):
    check_step(STEPS.get(name))
