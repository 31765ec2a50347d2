"""Every kind of question keeps the contract."""

import pytest

from mlwright.core.shelves import TASKS
from mlwright.testing.check_task_kind import check_task_kind


@pytest.mark.parametrize("name", TASKS.names())
def test_a_task_kind_keeps_the_contract(name):
    check_task_kind(TASKS.get(name))
