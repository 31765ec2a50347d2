"""Every combination on the shelf keeps the contract."""

import pytest

from mlwright.core.shelves import COMBINATIONS
from mlwright.testing.check_combination import check_combination


@pytest.mark.parametrize("name", COMBINATIONS.names())
def test_a_combination_keeps_the_contract(name):
    check_combination(COMBINATIONS.get(name))
