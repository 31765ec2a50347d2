"""Events in the data report: topics with examples and stability, segments, trends, how much."""

from __future__ import annotations

import pytest

from mlwright.report.data_page import build_data_report

from .test_lists import visible


def column(name, kind):
    shape = {"missing_share": 0.0, "n_unique": 900, "low": None, "levels": []}
    return {"name": name, "kind": kind, "role": "feature", **shape}


def told(**changes):
    """Return what `profile --json` prints of a table of posts."""
    garden = {"words": ["rose", "<b>soil</b>"], "share": 0.6, "stability": 0.8, "is_stable": True}
    harbor = {"words": ["boat"], "share": 0.3, "stability": 0.2, "is_stable": False}
    topics = [{**garden, "examples": ["A <i>rose</i>."]}, {**harbor, "examples": []}]
    more = [{"name": "Rose & Co", "lift": 3.14}]
    group = {"label": "gardeners", "n_users": 70, "share_of_users": 0.7, "share_of_events": 0.5}
    segments = [{**group, "more_than_usual": more}]
    things = [
        {"name": "rose", "direction": "rising", "early": 0.1, "late": 0.3},
        {"name": "boat", "direction": "steady", "early": 0.2, "late": 0.2},
    ]
    events = {
        "roles": {"user": "author", "item": None, "text": "my words", "time": "day"},
        "topics": {"topics": topics, "is_stable": True, "share_without": 0.1},
        "segments": {"segments": segments, "stability": 0.735, "is_stable": True},
        "who_with_what": {"segments": ["gardeners"], "topics": ["rose", "boat"], "shares": [[0.9, None]]},
        "trends": {"period": "week", "periods": ["2024-01-01", "2024-03-04"], "things": things},
        "users": {"n": 100, "events_each": {"0.5": 1.0}, "share_of_top_tenth": 0.4},
        "items": None,
    }
    columns = [column("my words", "text"), column("author", "category")]
    return {
        "name": "posts.csv",
        "n_rows": 900,
        "columns": columns,
        "findings": [],
        "events": events | changes,
    }


def test_the_page_holds_what_the_terminal_tells_of_events():
    html = build_data_report(told(), "posts.csv")
    page = visible(html)
    for words in (
        "60 % yes (80 %)", "30 % no (20 %)", "1 of them is unstable", "10 % of the texts are of no topic",
        "Rose &amp; Co (3.1\N{MULTIPLICATION SIGN})", "agreement 0.735", "90 % \N{EN DASH}",
        "by week, from 2024-01-01 to 2024-03-04", "rose 10.0 % 30.0 % up",
        "100 users, half of them with one event or fewer; the busiest tenth is behind 40 % of all events.",
        "mlwright profile posts.csv --user author --text &#39;my words&#39; --time day",
    ):  # fmt: skip
        assert words in page, words
    assert "&lt;b&gt;soil&lt;/b&gt;" in html
    assert "“A &lt;i&gt;rose&lt;/i&gt;.”" in html
    german = visible(build_data_report(told(), "posts.csv", "de"))
    assert "Worum es in den Texten geht" in german
    assert "je Woche" in german


@pytest.mark.parametrize(
    ("part", "says"),
    [
        ("topics", "Too few texts share words"),
        ("segments", "Too few users have three events"),
        ("trends", None),
        ("users", None),
    ],
)
def test_what_could_not_be_told_is_said_or_left_out(part, says):
    page = visible(build_data_report(told(**{part: None})))
    titles = {"trends": "What becomes more or less", "users": "How much"}
    assert says in page if says else titles[part] not in page


def test_where_nothing_is_stable_or_moves_the_page_says_so():
    found = told()
    found["events"]["topics"]["is_stable"] = found["events"]["segments"]["is_stable"] = False
    found["events"]["trends"]["things"] = []
    page = visible(build_data_report(found))
    for words in (
        "Together these topics are unstable",
        "These groups are unstable",
        "No share goes up or down",
    ):
        assert words in page


def test_who_did_not_ask_what_texts_are_about_is_told_how_to():
    found = told() | {"events": None}
    page = visible(build_data_report(found))
    assert "What the texts in my words are about is told with --text &#39;my words&#39;" in page
    assert "is told with" not in visible(build_data_report(told()))
    found["columns"] = found["columns"][1:]
    assert "is told with" not in visible(build_data_report(found))
