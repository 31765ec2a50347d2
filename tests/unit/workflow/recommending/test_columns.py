from __future__ import annotations

import pytest

from mlwright.core.errors import MissingColumnError, UsageError
from mlwright.workflow.recommending.columns import recognize


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("userId", "movieId", "rating", "timestamp"), ("userId", "movieId", "rating", "timestamp")),
        (("user_id", "item_id", "play_count"), ("user_id", "item_id", "play_count", "")),
        (("Customer ID", "ASIN", "Stars", "Date"), ("Customer ID", "ASIN", "Stars", "Date")),
        (("a", "visitor", "article", "b"), ("visitor", "article", "", "")),
        (("title", "user", "item"), ("user", "item", "", "")),
        (("User-ID", "ISBN", "Book-Rating"), ("User-ID", "ISBN", "Book-Rating", "")),
        (("Benutzer", "Artikel", "Bewertung", "Zeit"), ("Benutzer", "Artikel", "Bewertung", "Zeit")),
        (
            ("usuario", "art\u00edculo", "valoraci\u00f3n"),
            ("usuario", "art\u00edculo", "valoraci\u00f3n", ""),
        ),
    ],
)
def test_usual_names_are_recognized(names, found):
    columns = recognize(names, {}, "log.csv")
    assert (columns.user, columns.item, columns.rating, columns.time) == found


def test_what_is_told_comes_before_what_is_usual():
    columns = recognize(("user", "who", "item"), {"user": "who"}, "log.csv")
    assert columns.user == "who"
    assert "'who' as user as told" in columns.why
    assert "'item' as item by its name" in columns.why


def test_a_rating_or_a_time_may_be_none():
    names = ("user", "item", "rating", "time")
    columns = recognize(names, {"rating": "none", "time": "none"}, "log.csv")
    assert columns.named == {"user": "user", "item": "item"}
    assert "no rating as told" in columns.why
    assert recognize((*names, "none"), {"time": "none"}, "log.csv").time == "none"
    with pytest.raises(MissingColumnError, match="'none'"):
        recognize(names, {"user": "none"}, "log.csv")


def test_a_column_that_is_not_plain_must_be_named():
    with pytest.raises(
        UsageError, match=r"No column of log.csv is plainly the item: 'user', 'x'.*--item COLUMN"
    ):
        recognize(("user", "x"), {}, "log.csv")


@pytest.mark.parametrize("names", [("196", "242", "3", "881250949"), ("ann", "7"), ("1::1193::5",)])
def test_a_first_row_in_the_place_of_names_is_told(names):
    with pytest.raises(UsageError, match=r"--user COLUMN\. If this is its first row, put a line of names"):
        recognize(names, {}, "u.data")
    with pytest.raises(UsageError, match=r"--item COLUMN\.$"):
        recognize(("user", "x"), {}, "log.csv")


def test_a_named_column_must_be_there():
    with pytest.raises(MissingColumnError, match="userid"):
        recognize(("userId", "item"), {"user": "userid"}, "log.csv")


def test_a_column_has_one_role():
    with pytest.raises(UsageError, match="'user' is named for two roles, --user and --item"):
        recognize(("user", "item"), {"user": "user", "item": "user"}, "log.csv")
