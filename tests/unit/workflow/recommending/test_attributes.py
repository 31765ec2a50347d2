from __future__ import annotations

import polars as pl
import pytest

from mlwright.core.errors import DataError, UnknownNameError, UsageError
from mlwright.core.finding import Severity
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
    for wanted in ("genre=drama or genre=crime", "genre=drama OR year != 1999"):
        with pytest.raises(UsageError, match="Ask once for each"):
            matching(wanted, KNOWN, 3)


def test_a_table_of_items_is_put_in_the_order_of_the_catalog():
    table = SideTable.read({"movieId": [2, 1], "genre": ["x", None]}, "item", "movieId")
    assert table.of(["1", "2", "3"]) == {"genre": ["", "x", ""]}


def test_of_items_that_stand_twice_in_a_table_the_last_holds_and_nameless_ones_are_left_out():
    table = SideTable.read({"movieId": [2, None, 2], "genre": ["x", "y", "z"]}, "item", "movieId")
    assert table.names == ["2"]
    assert table.of(["2"]) == {"genre": ["z"]}


def test_a_list_in_a_cell_holds_several_values():
    table = {"item": ["1", "2", "3"], "genre": [["Drama", "Crime"], [], None], "size": [(1, 2.0), (3,), ()]}
    for data in (table, pl.DataFrame({name: table[name] for name in ("item", "genre")})):
        found = SideTable.read(data, "item", "item").of(["1", "2", "3"])
        assert found["genre"] == ["Drama|Crime", "", ""]
        assert matching("genre=crime", found, 3).tolist() == [True, False, False]
    assert SideTable.read(table, "item", "item").of(["1", "2"])["size"] == ["1|2", "3"]


def test_names_of_the_log_that_a_table_lacks_and_those_it_has_twice_are_told():
    table = SideTable.read({"item": ["1", "2", "2", None], "genre": ["x", "y", "z", "w"]}, "item", "item")
    assert [one.rule for one in table.noticed(["1", "2"])] == ["twice_in_the_table"]
    lost, twice = table.noticed(["1", "2", "3"])
    assert (lost.rule, lost.severity, lost.evidence) == ("not_in_the_table", Severity.NOTE, {"n": 1, "of": 3})
    assert "1 rows of the data (column 'item') name what a later row names" in twice.message
    many = table.noticed(["1", "3", "4"])[0]
    assert many.severity is Severity.WARNING
    assert "leading zeros" in many.remedy
    assert table.noticed(["1"])[0].rule == "twice_in_the_table"


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
