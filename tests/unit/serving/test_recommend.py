"""Recommendations over HTTP: for users who are known, and for histories in the request."""

from __future__ import annotations

import asyncio
import json

import polars as pl
import pytest

import mlwright as mw
from mlwright.serving.build import make_scorer, make_service
from mlwright.serving.settings import Settings
from mlwright.testing.tastes import taste_log, taste_users

from .test_site import ask

ITEMS = {
    "item": [f"item {number}" for number in range(40)],
    "taste": [str(number % 4) for number in range(40)],
}


@pytest.fixture(scope="module")
def model():
    return mw.train(taste_log(), kind="recommendation", items=ITEMS, max_trials=6)


@pytest.fixture(scope="module")
def app(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("recommend") / "m.mlw"
    model.save(path)
    return make_service(make_scorer(path, path.read_bytes(), Settings()), Settings())[0]


def post(app, body):
    sent = []
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": "/recommend", "query_string": b"",
        "root_path": "", "scheme": "http", "server": ("here", 80),
        "headers": [(b"content-type", b"application/json")],
    }  # fmt: skip

    async def receive():
        return {"type": "http.request", "body": json.dumps(body).encode()}

    async def send(message):
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], json.loads(b"".join(message.get("body", b"") for message in sent[1:]))


def test_a_known_user_gets_what_predict_says(app, model, tmp_path):
    mw.predict(model, {"user": ["user 3"]}, tmp_path / "a.parquet", top=5)
    status, answer = post(app, {"user": "user 3", "k": 5})
    assert status == 200
    assert answer["is_known"]
    assert [one["item"] for one in answer["items"]] == pl.read_parquet(tmp_path / "a.parquet")[
        "item"
    ].to_list()
    assert [one["rank"] for one in answer["items"]] == [1, 2, 3, 4, 5]


def test_a_history_in_the_request_is_enough(app):
    taken = ["item 1", "item 5", "item 9"]
    status, answer = post(app, {"history": taken, "k": 4})
    assert status == 200
    offered = [one["item"] for one in answer["items"]]
    assert not set(taken) & set(offered)
    assert sum(int(item.split()[1]) % 4 == 1 for item in offered) >= 3
    rated = post(app, {"history": [{"item": item, "rating": 5} for item in taken], "k": 4})[1]
    assert rated == answer  # the highest grade is what an item without one counts for


def test_an_item_is_asked_for_what_goes_with_it(app):
    status, answer = post(app, {"item": "item 5", "k": 4})
    assert status == 200
    assert answer["is_known"]
    assert answer == post(app, {"history": ["item 5"], "k": 4})[1]
    assert "item 5" not in [one["item"] for one in answer["items"]]
    assert sum(int(one["item"].split()[1]) % 4 == 1 for one in answer["items"]) >= 3
    assert not post(app, {"item": "none such"})[1]["is_known"]


def test_a_stranger_gets_what_is_popular_and_is_told(app):
    status, answer = post(app, {"user": "nobody"})
    assert (status, answer["is_known"], len(answer["items"])) == (200, False, 10)
    assert post(app, {"history": []})[1] == answer


def test_filters_and_seen_items(app):
    taken = ["item 1", "item 5"]
    assert {
        int(one["item"].split()[1]) % 4
        for one in post(app, {"user": "user 0", "k": 40, "filter": "taste=2"})[1]["items"]
    } == {2}
    everything = post(app, {"history": taken, "k": 40, "allow_seen": True})[1]["items"]
    assert len(everything) == 40
    assert len(post(app, {"history": taken, "k": 40})[1]["items"]) == 38


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"user": "a", "history": []},
        {"user": None},
        {"user": True},
        {"history": "item 1"},
        {"history": [None]},
        {"history": [{"rating": 3}]},
        {"history": [{"item": "item 1", "rating": "high"}]},
        {"user": "a", "k": 0},
        {"user": "a", "k": 2.5},
        {"user": "a", "k": 10**9},
        {"user": "a", "allow_seen": 1},
        {"user": "a", "filter": 3},
        {"user": "a", "filter": "drama"},
        {"user": "a", "filter": "gender=drama"},
        {"user": ["a"]},
        {"user": {}},
        {"item": None},
        {"item": ["item 1"]},
        {"history": [["item 1"]]},
        {"history": {"item": "item 1"}},
        {"history": ["item 1"] * 10_001},
        {"history": [{"item": "item 1", "rating": True}]},
        {"history": [{"item": "item 1", "rating": [5]}]},
        {"history": [{"item": "item 1", "rating": float("nan")}]},
        {"history": [{"item": "item 1", "rating": -float("inf")}]},
        {"user": "a", "k": True},
        {"user": "a", "k": "5"},
        {"user": "a", "k": -1},
        {"user": "a", "k": 2**70},
        {"user": "a", "allow_seen": None},
        {"user": "a", "filter": ["taste=1"]},
        {"user": "a", "filter": "taste=1 and nothing=2"},
    ],
)
def test_what_cannot_be_used_is_refused_as_a_problem(app, body):
    status, answer = post(app, body)
    assert status in (400, 422)
    assert answer["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {"history": [f"unknown {number}" for number in range(10_000)]},
        {
            "history": [
                "x" * 100_000,
                "\N{GRINNING FACE}",
                "item\x1f1",
                "two\nlines",
                "\x00",
                "\x01",
                "",
            ]
        },
        {"history": [1, 1.0, 2**53, 1e308, -0.0]},
        {"history": [{"item": "item 1", "rating": -1e308, "note": {"a": []}}]},
        {"history": ["item 1"] * 10_000, "k": 1_000},
        {"user": 10**400},
        {"user": "\x1f"},
        {"item": ""},
        {"user": "a", "filter": "taste=\N{SNOWMAN}"},
    ],
)
def test_odd_questions_are_answered(app, body):
    status, answer = post(app, body)
    assert status == 200
    scores = [one["score"] for one in answer["items"]]
    assert scores == sorted(scores, reverse=True)
    assert bool(scores) != ("filter" in body)


@pytest.mark.parametrize("body", [{"user": "\ud800"}, {"history": ["\ud800"]}, {"item": "\udfff"}])
def test_half_a_character_is_no_failure(app, body):
    assert post(app, body)[0] in (200, 400, 422)


def test_the_description_of_the_service_names_it(app):
    described = json.loads(ask(app, "/openapi.json")[2])
    assert "/recommend" in described["paths"]
    assert described["components"]["schemas"]["Answer"]["required"] == ["items", "is_known"]


def test_models_of_rows_recommend_nothing(tmp_path):
    rows = {"size": list(range(50)), "price": [3 * n for n in range(50)]}
    mw.train(rows, "price", max_trials=1, refit="no").save(tmp_path / "m.mlw")
    scorer = make_scorer(tmp_path / "m.mlw", (tmp_path / "m.mlw").read_bytes(), Settings())
    assert post(make_service(scorer, Settings())[0], {})[0] == 404


@pytest.fixture(scope="module")
def knowing(tmp_path_factory):
    """A service of a model that knows something of users."""
    path = tmp_path_factory.mktemp("knowing") / "m.mlw"
    mw.train(taste_log(), kind="recommendation", users=taste_users(), max_trials=6).save(path)
    return make_service(make_scorer(path, path.read_bytes(), Settings()), Settings())[0]


def test_what_is_known_of_somebody_new_is_enough(knowing):
    status, answer = post(knowing, {"attributes": {"sport": "sport 2", "age": 43}, "k": 4})
    assert (status, answer["is_known"]) == (200, True)
    assert {int(one["item"].split()[1]) % 4 for one in answer["items"]} == {2}
    known = {"sport": "sport 2|all", "age": 46, "word": "some"}
    assert post(knowing, {"user": "new 2"}) == post(knowing, {"attributes": known})
    told = {"sport": ["sport 2", "all"], "age": 43}
    assert post(knowing, {"attributes": told}) == post(
        knowing, {"attributes": {**told, "sport": "sport 2|all"}}
    )
    beside = post(knowing, {"user": "nobody", "attributes": {"sport": "sport 2", "age": 43}, "k": 4})
    assert beside == (200, answer)
    several = post(knowing, [{"attributes": {}, "k": 2}, {"user": "nobody", "k": 2}])[1]
    assert several[0] == several[1]
    assert not several[0]["is_known"]


@pytest.mark.parametrize(
    ("attributes", "says"),
    [
        ([], "expected an object"),
        ({"shoe": 1}, "users have no 'shoe'"),
        ({"age": True}, "expected a text, a number or an array of them"),
        ({"age": "old"}, "column of numbers"),
        ({"age": [[1]]}, "expected a text, a number or an array of them"),
        ({"age": [1, 2]}, "column of numbers"),
    ],
)
def test_attributes_that_cannot_be_used_are_refused(knowing, attributes, says):
    status, answer = post(knowing, {"attributes": attributes})
    assert status in (400, 422)
    assert says in answer["detail"]


def test_the_page_asks_for_what_the_program_reads_of_users(knowing, app):
    sport, age, word = json.loads(ask(knowing, "/form")[2])["attributes"]
    assert (sport["kind"], sorted(sport["levels"]), sport["are_all"]) == (
        "category",
        ["all", "sport 0", "sport 1", "sport 2", "sport 3"],
        False,  # several of somebody
    )
    assert (age["kind"], age["low"], age["high"], age["is_integer"]) == ("number", 22, 54, True)
    assert (word["kind"], word["levels"], word["are_all"]) == ("category", ["some"], True)
    assert json.loads(ask(app, "/form")[2])["attributes"] == []


def test_a_model_that_knows_nothing_of_users_says_so(app):
    assert "--users FILE" in post(app, {"user": "user 1", "attributes": {"age": 3}})[1]["detail"]


def test_the_description_names_what_is_known_of_users(knowing, app):
    shapes = [
        json.loads(ask(one, "/openapi.json")[2])["components"]["schemas"]["Row"] for one in (knowing, app)
    ]
    assert list(shapes[0]["properties"]["attributes"]["properties"]) == ["sport", "age", "word"]
    assert json.loads(ask(knowing, "/model")[2])["user_attributes"] == ["sport", "age", "word"]
    assert "attributes" not in shapes[1]["properties"]
