from __future__ import annotations

import pytest

from mlwright.core.errors import DataError, UnknownNameError, UsageError
from mlwright.workflow.recommending.attributes import matching, read_attributes

KNOWN = {"genre": ["Drama|Crime", "comedy", ""], "year": ["1999", "2001", "1999"]}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("genre=drama", [True, False, False]),
        ("genre = Crime", [True, False, False]),
        ("genre!=drama", [False, True, True]),
        ("year=1999 and genre!=drama", [False, False, True]),
        ("genre=dram", [False, False, False]),
    ],
)
def test_a_filter_lets_items_through_by_their_attributes(wanted, found):
    assert matching(wanted, KNOWN, 3).tolist() == found


def test_a_filter_that_cannot_be_read_is_refused():
    with pytest.raises(UsageError, match="ATTRIBUTE=VALUE"):
        matching("drama", KNOWN, 3)
    with pytest.raises(UnknownNameError, match="'genre'"):
        matching("gender=drama", KNOWN, 3)
    with pytest.raises(UsageError, match="--items FILE"):
        matching("genre=drama", {}, 3)


def test_a_table_of_items_is_put_in_the_order_of_the_catalog():
    table = {"movieId": [2, 1], "genre": ["x", None]}
    assert read_attributes(table, "movieId", ["1", "2", "3"]) == {"genre": ["", "x", ""]}


def test_a_table_of_other_items_is_refused():
    with pytest.raises(DataError, match="name items alike"):
        read_attributes({"item": ["a"], "genre": ["x"]}, "movieId", ["1"])
