"""A service of a recommender speaks of users and items everywhere, never of the columns of its program."""

from __future__ import annotations

import asyncio
import json
import threading

import polars as pl
import pytest

import mlwright as mw
from mlwright.core.errors import UnknownNameError, UsageError
from mlwright.program.runtime import CHUNK_ROWS_RANKING, Program
from mlwright.serving import face, tastes
from mlwright.serving.build import exchange, make_scorer, make_service
from mlwright.serving.log_files import open_folder
from mlwright.serving.prediction_log import check_log
from mlwright.serving.settings import Extra, LogPolicy, Settings
from mlwright.serving.terms import check_terms, terms_of
from mlwright.serving.together import Together
from mlwright.testing.tastes import taste_log

from .test_site import ask

N = 40
ITEMS = {
    "item": [f"item {number}" for number in range(N)],
    "title": [f"The tale of {number}" for number in range(N)],
    "taste": [f"taste {number % 4}" for number in range(N)],
}
TAKEN = ["item 1", "item 5", "item 9"]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("recommender") / "films.mlw"
    mw.train(taste_log(), kind="recommendation", items=ITEMS, max_trials=4).save(path)
    return path


@pytest.fixture
def service(path):
    return made(path)


def made(path, **settings):
    settings = Settings(**settings)
    return make_service(make_scorer(path, path.read_bytes(), settings), settings)


def post(app, path, body, query=b"", content_type=b"application/json", accept=b""):
    sent = []
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": path, "query_string": query,
        "root_path": "", "scheme": "http", "server": ("here", 80),
        "headers": [(b"content-type", content_type), (b"accept", accept)],
    }  # fmt: skip

    async def receive():
        return {
            "type": "http.request",
            "body": body if isinstance(body, bytes) else json.dumps(body).encode(),
        }

    async def send(message):
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], body if accept == b"application/jsonlines" else json.loads(body)


def counted(app):
    lines = ask(app, "/metrics")[2].decode().splitlines()
    return {
        name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")
    }


@pytest.mark.parametrize(
    "body",
    [
        {"instances": [{"user": "user 3"}, {"history": TAKEN, "k": 4}]},
        {
            "dataframe_records": [
                {"user": "user 3", "history": None},
                {"user": None, "history": TAKEN, "k": 4},
            ]
        },
        {"inputs": [{"user": "user 3"}, {"history": TAKEN, "k": 4}]},
        {"inputs": {"user": ["user 3", None], "history": [None, TAKEN], "k": [None, 4]}},
        {
            "dataframe_split": {
                "columns": ["user", "history", "k"],
                "data": [["user 3", None, None], [None, TAKEN, 4]],
            }
        },
    ],
)
def test_invocations_answer_several_questions_at_once(service, body):
    app = service[0]
    expected = [post(app, "/recommend", one)[1] for one in ({"user": "user 3"}, {"history": TAKEN, "k": 4})]
    assert post(app, "/invocations", body) == (200, {"predictions": expected})


def test_invocations_have_params_and_lines(service):
    app = service[0]
    body = {"instances": [{"user": "user 3"}], "params": {"k": 2, "allow_seen": True}}
    expected = post(app, "/recommend", {"user": "user 3", "k": 2, "allow_seen": True})[1]
    assert post(app, "/invocations", body)[1] == {"predictions": [expected]}
    lines = b'{"user": "user 3", "k": 2, "allow_seen": true}\n' * 2
    sent = {"content_type": b"application/jsonlines", "accept": b"application/jsonlines"}
    status, found = post(app, "/invocations", lines, **sent)
    assert (status, [json.loads(line) for line in found.splitlines()]) == (200, [expected] * 2)


def test_vertex_asks_where_it_wants_to(path, monkeypatch):
    monkeypatch.setenv("AIP_PREDICT_ROUTE", "/vertex")
    status, answer = post(made(path)[0], "/vertex", {"instances": [{"history": TAKEN}]})
    assert (status, len(answer["predictions"])) == (200, 1)


def test_many_questions_are_answered_as_each_alone(service):
    app = service[0]
    questions = [{"user": f"user {number}", "k": 3} for number in range(50)]
    alone = [post(app, "/predict", question)[1] for question in questions]
    assert post(app, "/predict", questions) == (200, alone)


def test_lots_are_no_larger_than_a_ranking_may_be(service, monkeypatch):
    scorer, sizes = service[1].scorer, []
    answer = Program.run_lines
    monkeypatch.setattr(Program, "run_lines", lambda *a: sizes.append(len(a[1])) or answer(*a))

    async def ask_at_once(counts):
        together, found = Together(), []
        for n in counts:
            lines = scorer.tastes.read([{"user": f"user {number}"} for number in range(n)])[0].typed
            together.answer(scorer, lines, found.append)
        await asyncio.sleep(0)
        return [len(one.scores) for one in found]

    counts = [1] * 20 + [15, 2, 16, 1]
    assert asyncio.run(ask_at_once(counts)) == counts
    assert sum(sizes) == sum(counts)
    assert max(sizes) == CHUNK_ROWS_RANKING


def test_more_questions_than_a_lot_are_answered_in_a_thread(service, monkeypatch):
    names = []
    run = Program.run
    monkeypatch.setattr(Program, "run", lambda *a: names.append(threading.current_thread().name) or run(*a))
    assert post(service[0], "/predict", [{"user": "user 1"}] * (CHUNK_ROWS_RANKING + 1))[0] == 200
    assert names
    assert all(name.startswith("score") for name in names)


def test_the_form_is_found_once(service, path, monkeypatch):
    app, _ = service
    found = ask(app, "/form")[2]
    with monkeypatch.context() as patch:
        patch.setattr(face, "taste_form", None)
        assert ask(app, "/form")[2] == found
    exchange(app.desk, make_scorer(path.parent / "new.mlw", path.read_bytes(), Settings()))
    assert json.loads(ask(app, "/form")[2])["name"] == "new"


def test_too_many_at_once_and_odd_ones_are_refused(service, path, monkeypatch):
    app = service[0]
    status, answer = post(app, "/predict", [{"user": "a"}, {"user": "a", "k": 0}])
    assert (status, answer["row"]) == (422, 2)
    assert answer["detail"].startswith("Row 2: ")
    monkeypatch.setattr(tastes, "_MOST_SCORES", 3 * N)
    app = made(path)[0]
    assert post(app, "/predict", [{"user": "a"}] * 3)[0] == 200
    assert post(app, "/predict", [{"user": "a"}] * 4)[0] == 413
    for body in (
        {},
        [],
        {"instances": []},
        {"instances": 3},
        {"instances": [], "inputs": []},
        {"inputs": {"a": 1}},
    ):
        assert post(app, "/invocations", body)[0] == 422


def test_the_operator_says_how_many_and_whether_others_may_come(service, path):
    open_, closed = service[0], made(path, max_rows=5, extra=Extra.REJECT)[0]
    assert post(open_, "/recommend", [{"user": "a"}] * 6)[0] == 200
    assert post(closed, "/recommend", [{"user": "a"}] * 5)[0] == 200
    status, answer = post(closed, "/recommend", [{"user": "a"}] * 6)
    assert (status, answer["detail"][:28]) == (413, "6 questions came at once; of")
    asked = {"user": "a", "note": "x"}
    assert post(open_, "/recommend", asked) == post(open_, "/recommend", {"user": "a"})
    assert post(open_, "/invocations", {"instances": [asked]})[0] == 200
    status, answer = post(closed, "/recommend", asked)
    assert (status, "there is no 'note' here" in answer["detail"]) == (422, True)
    for app, may in ((open_, True), (closed, False)):
        described = json.loads(ask(app, "/openapi.json")[2])
        assert described["components"]["schemas"]["Row"]["additionalProperties"] is may


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"history": [{"item": "item 1", "rating": 10**400}]}, "the rating of item 1 of history is 1000"),
        ({"history": [{"item": "item 1", "rating": -(10**400)}]}, "the rating of item 1 of history is -100"),
        ({"user": "a", "filter": "taste=" + "x" * 995}, "filter holds 1,001 letters; at most 1,000 may"),
        ({"user": "a", "k": 0}, "k is 0, expected"),
        ({"user": "a", "k": "ten"}, 'k is "ten", expected'),
        ({"user": "a", "allow_seen": 1}, "allow_seen is 1, expected"),
        ({"user": True}, "user is true, expected"),
        ({"history": "item 1"}, 'history is "item 1", expected'),
        ({"history": ["item 1", None]}, "item 2 of history is null"),
        ({"history": [{"item": "item 1", "rating": "high"}]}, 'the rating of item 1 of history is "high"'),
        ({"user": "a", "filter": 3}, "filter is 3, expected"),
        ({"k": 3}, "expected one of"),
    ],
)
def test_refusals_show_what_was_found(service, body, says):
    status, answer = post(service[0], "/recommend", body)
    assert status == 422
    assert says in answer["detail"]


def test_what_stands_in_the_address_is_refused_for_the_true_reason(service):
    for path in ("/recommend", "/predict", "/invocations"):
        body = {"user": "a"} if path != "/invocations" else {"instances": [{"user": "a"}]}
        status, answer = post(service[0], path, body, query=b"k=3")
        assert (status, "There is no 'k' in the address" in answer["detail"]) == (422, True)
        status, answer = post(service[0], path, body, query=b"explain=true")
        assert (status, "ranks 'item' for whoever asks" in answer["detail"]) == (422, True)


def test_the_other_protocol_points_to_what_answers(service):
    status, answer = post(service[0], "/v2/models/films/infer", {"inputs": []})
    assert status == 404
    assert "/recommend" in answer["error"]
    assert "/recommend" in json.loads(ask(service[0], "/v2/models/films")[2])["error"]
    assert "/recommend" in json.loads(ask(service[0], "/nowhere")[2])["detail"]


def test_the_model_is_described_as_what_it_is_asked(service):
    app = service[0]
    told = json.loads(ask(app, "/model")[2])
    assert {"strengths", "hidden"}.isdisjoint(json.dumps(told["question"]))
    assert (told["n_items"], told["attributes"], told["route"]) == (N, ["title", "taste"], "/recommend")
    assert "classes" not in told["task"]
    status, answer = post(app, told["route"], told["example"])
    assert (status, answer["is_known"], len(answer["items"])) == (200, True, 10)
    described = json.loads(ask(app, "/openapi.json")[2])
    assert {"/recommend", "/predict", "/invocations"} <= set(described["paths"])
    row = described["components"]["schemas"]["Row"]
    assert (set(row["properties"]), row["example"]) == (set(tastes.KEYS) - {tastes.TOLD}, told["example"])


def test_the_form_names_popular_items_and_nobody(service):
    form = json.loads(ask(service[0], "/form")[2])
    assert {one["item"]: one["called"] for one in form["popular"]}["item 7"] == "The tale of 7"
    assert form["filters"] == [f"taste={taste}" for taste in sorted(set(ITEMS["taste"]))]
    assert "user 3" not in json.dumps(form)
    assert b"page/recommend.js" in ask(service[0], "/")[2]


def test_counters_tell_users_and_histories_and_name_no_item(service):
    app = service[0]
    post(app, "/recommend", {"user": "user 3"})
    post(app, "/recommend", [{"user": "nobody"}, {"history": TAKEN, "k": 4}])
    found = counted(app)
    assert found['mlwright_questions_total{by="user",known="true"}'] == 1
    assert found['mlwright_questions_total{by="user",known="false"}'] == 1
    assert found['mlwright_questions_total{by="history",known="true"}'] == 1
    assert found["mlwright_offered_items_total"] == 24
    assert found["mlwright_rows_total"] == found["mlwright_history_items_count"] == 3
    assert found['mlwright_history_items_bucket{le="0.0"}'] == 1
    assert not [name for name in found if "item 1" in name or "unseen" in name or "answers" in name]


def logged(path, folder, features):
    app, live = made(path, log=LogPolicy(open_folder(folder), features))
    post(app, "/recommend", [{"user": "user 3", "k": 2}, {"history": TAKEN, "k": 3}])
    live.log.close()
    return pl.read_parquet(folder / "*.parquet")


def test_the_log_has_lists_and_no_column_of_an_item(path, tmp_path):
    found = logged(path, tmp_path / "none", "none")
    assert found.columns == [
        "request_id", "row", "time", "model", "route", "k", "items", "scores", "is_known"
    ]  # fmt: skip
    assert found["k"].to_list() == [2, 3]
    assert found["items"].list.len().to_list() == found["scores"].list.len().to_list() == [2, 3]
    assert found["is_known"].all()
    whole = logged(path, tmp_path / "all", "all")
    assert whole["feature_user"].to_list() == ["user 3", None]
    assert whole["feature_history"].to_list() == [None, TAKEN]
    settings = Settings()
    scorer = make_scorer(path, path.read_bytes(), settings)
    check_log(LogPolicy(tmp_path / "all", "all"), scorer)
    with pytest.raises(UsageError, match="other columns"):
        check_log(LogPolicy(tmp_path / "all", "user"), scorer)
    with pytest.raises(UnknownNameError, match="strengths"):
        check_log(LogPolicy(tmp_path / "new", "strengths"), scorer)


def test_a_recommender_of_other_items_may_follow(service, path, tmp_path):
    app, live = service
    log = taste_log()
    log["item"] = [f"film {item.split()[1]}" for item in log["item"]]
    items = {**ITEMS, "item": [name.replace("item", "film") for name in ITEMS["item"]]}
    mw.train(log, kind="recommendation", items=items, max_trials=6).save(tmp_path / "films.mlw")
    other = make_scorer(path, (tmp_path / "films.mlw").read_bytes(), Settings())
    check_terms(terms_of(live.scorer), terms_of(other))
    exchange(app.desk, other)
    status, answer = post(app, "/recommend", {"history": ["film 1", "film 5"]})
    assert (status, answer["is_known"]) == (200, True)
    assert all(one["item"].startswith("film") for one in answer["items"])
    assert counted(app)["mlwright_offered_items_total"] == 10
