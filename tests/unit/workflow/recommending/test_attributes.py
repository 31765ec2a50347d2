from __future__ import annotations

import pytest

from mlwright.core.errors import DataError, UnknownNameError, UsageError
from mlwright.workflow.recommending.attributes import SideTable, matching, titles_of

KNOWN = {"genre": ["Drama|Crime", "comedy", ""], "year": ["1999", "2001", "1999"]}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("genre=drama", [True, False, False]),
        ("genre = Crime", [True, False, False]),
        ("genre!=drama", [False, True, True]),
        ("year=1999 and genre!=drama", [False, False, True]),
        ("genre=dram", [False, False, False]),
        ("genre=rock and roll", [False, False, False]),
        ("genre  =  comedy   and\tyear=2001", [False, True, False]),
    ],
)
def test_a_filter_lets_items_through_by_their_attributes(wanted, found):
    assert matching(wanted, KNOWN, 3).tolist() == found


def test_a_filter_that_cannot_be_read_is_refused():
    for wanted in ("drama", "", "=drama", "genre=", "!=drama", "a" + " " * 10_000 + "b"):
        with pytest.raises(UsageError, match="ATTRIBUTE=VALUE"):
            matching(wanted, KNOWN, 3)
    with pytest.raises(UnknownNameError, match="'genre'"):
        matching("gender=drama", KNOWN, 3)
    with pytest.raises(UsageError, match="--items FILE"):
        matching("genre=drama", {}, 3)


def test_a_table_of_items_is_put_in_the_order_of_the_catalog():
    table = SideTable.read({"movieId": [2, 1], "genre": ["x", None]}, "item", "movieId")
    assert table.of(["1", "2", "3"]) == {"genre": ["", "x", ""]}


def test_of_items_that_stand_twice_in_a_table_the_last_holds_and_nameless_ones_are_left_out():
    table = SideTable.read({"movieId": [2, None, 2], "genre": ["x", "y", "z"]}, "item", "movieId")
    assert table.names == ["2"]
    assert table.of(["2"]) == {"genre": ["z"]}


def test_a_table_of_other_items_is_refused():
    with pytest.raises(DataError, match="name items alike"):
        SideTable.read({"item": ["a"], "genre": ["x"]}, "item", "movieId").check(["1"])


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ({"year": ["1999", "2001"], "title": ["Heat", "Alien"]}, ["Heat", "Alien"]),
        ({"url": ["http://a", "http://b"], "genre": ["drama", "drama"]}, ()),
        ({"title": ["Heat", ""]}, ()),
        ({}, ()),
    ],
)
def test_titles_are_texts_of_which_each_item_has_one_of_its_own(attributes, found):
    assert titles_of(attributes) == found
