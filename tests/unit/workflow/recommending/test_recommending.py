"""From a log to a model and its answers, through the facade."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

import mlwright as mw
from mlwright.artifact.golden import check_golden
from mlwright.core.errors import ArtifactError, DataError, MlwrightError, UsageError
from mlwright.core.recommender import Histories
from mlwright.ranking.popular import Popular
from mlwright.testing.check_recommender import program_of
from mlwright.testing.tastes import taste_log
from mlwright.workflow import verbs
from mlwright.workflow.family import Wishes
from mlwright.workflow.recommending import prepare, train
from mlwright.workflow.recommending.answer import recommend_file
from mlwright.workflow.recommending.program import build

ITEMS = {
    "item": [f"item {number}" for number in range(40)],
    "taste": [str(number % 4) for number in range(40)],
}


@pytest.fixture(scope="module")
def model():
    return mw.train(taste_log(), kind="recommendation", items=ITEMS, max_trials=8)


@pytest.fixture
def ask(model, tmp_path):
    def answer(data, of=None, **wishes):
        place = tmp_path / "answers.parquet"
        mw.predict(of or model, data, place, **wishes)
        return pl.read_parquet(place)

    return answer


def taste(name):
    return int(name.split()[1]) % 4


def test_tastes_are_found_and_beat_what_is_popular(model):
    assert model.evidence["gain"]["low"] > 0
    assert not [one for one in model.evidence["findings"] if one["severity"] == "error"]
    assert model.evidence["baseline"]["ndcg_at_10"]["value"] < model.evidence["test"]["ndcg_at_10"]["value"]


def test_users_are_recommended_what_is_to_their_taste_and_new_to_them(ask):
    log, found = taste_log(), ask(None, top=3)
    taken = set(zip(log["user"], log["item"], strict=True))
    assert found.columns == ["user", "item", "rank", "score"]
    assert len(found) == 3 * 60
    assert not taken & set(zip(found["user"], found["item"], strict=True))
    assert (
        np.mean([taste(user) == taste(item) for user, item in zip(found["user"], found["item"], strict=True)])
        > 0.6
    )
    assert found["rank"].to_list() == [1, 2, 3] * 60


def test_a_filter_that_lets_nothing_through_is_told(model, tmp_path):
    told = []
    wishes = Wishes(filter="taste=9")
    assert recommend_file(model, {"user": ["user 7"]}, tmp_path / "a.csv", wishes, told.append) == 1
    assert "'taste=9' lets none of the 40 items through" in told[0].message
    recommend_file(model, {"user": ["user 7"]}, tmp_path / "a.csv", Wishes(filter="taste=1"), told.append)
    assert len(told) == 1


def test_a_new_user_is_answered_by_a_history(ask):
    history = {"user": ["new"] * 3, "item": ["item 1", "item 5", "item 9"], "rating": [5, 5, 5]}
    found = ask(history, top=4)
    assert set(found["user"]) == {"new"}
    assert not set(found["item"]) & set(history["item"])
    assert np.mean([taste(item) == 1 for item in found["item"]]) >= 0.75


def test_a_known_user_is_answered_as_a_new_one_with_the_same_history(ask):
    log = taste_log()
    rows = [row for row, user in enumerate(log["user"]) if user == "user 7"]
    history = {name: [cells[row] for row in rows] for name, cells in log.items()}
    known, new = ask({"user": ["user 7"]}), ask(history)
    assert known["item"].to_list() == new["item"].to_list()
    np.testing.assert_allclose(known["score"], new["score"], rtol=1e-6)


def test_a_user_whom_nobody_knows_gets_what_is_popular(model, ask, tmp_path):
    told = []
    verbs.predict(model, {"user": ["nobody"]}, tmp_path / "a.csv", Wishes(), told.append)
    found = ask({"user": ["nobody"]}, top=5)
    assert len(found) == 5
    assert any("they get what is popular" in event.message for event in told)


def test_seen_items_come_back_only_when_asked_for(ask):
    history = {"user": ["new"] * 3, "item": ["item 1", "item 5", "item 9"]}
    assert not set(ask(history, top=40)["item"]) & set(history["item"])
    assert set(history["item"]) <= set(ask(history, top=40, allow_seen=True)["item"])


def test_a_filter_leaves_other_items_out(ask):
    found = ask(None, top=40, filter="taste=2")
    assert {taste(item) for item in found["item"]} == {2}


def test_a_filter_that_no_item_fits_is_said(model, tmp_path):
    told = []
    verbs.predict(model, None, tmp_path / "a.csv", Wishes(filter="taste=5"), told.append)
    assert any("the filter 'taste=5' lets none of the 40 items through" in event.message for event in told)
    assert (tmp_path / "a.csv").read_text() == "user,item,rank,score\n"


def test_what_half_of_the_users_would_have_given_is_told(model):
    found = model.evidence["ranking"]["more_users"]
    assert (found["n_users"], found["n_fewer"]) == (60, 30)
    values = {key: found[key]["value"] for key in ("all", "fewer", "gain")}
    assert values["gain"] == pytest.approx(values["all"] - values["fewer"])
    assert values["all"] == max(one["score"]["value"] for one in model.evidence["leaderboard"])


def test_what_counts_as_liked_is_a_rating_that_there_is(model):
    assert model.evidence["ranking"]["liked_from"] == 4


def test_saved_and_loaded_it_answers_the_same(model, ask, tmp_path):
    model.save(tmp_path / "a.mlw")
    again = mw.load(tmp_path / "a.mlw")
    assert ask(None, again).equals(ask(None))
    assert again.evidence == json.loads(json.dumps(model.evidence))


def test_equal_work_and_seed_give_equal_bytes(model, tmp_path):
    other = mw.train(taste_log(), kind="recommendation", items=ITEMS, max_trials=8)
    for name, one in (("a.mlw", model), ("b.mlw", other)):
        one.save(tmp_path / name)
    assert (tmp_path / "a.mlw").read_bytes() == (tmp_path / "b.mlw").read_bytes()


def test_the_order_of_rows_does_not_matter(model):
    log = taste_log()
    order = np.random.default_rng(0).permutation(len(log["user"]))
    mixed = {name: [cells[row] for row in order] for name, cells in log.items()}
    other = mw.train(mixed, kind="recommendation", items=ITEMS, max_trials=8)
    assert other.program == model.program
    assert other.memory == model.memory


def fresh_log(seed=0):
    """Return a log of users who each like one kind of item, and take what came out in the last ten days."""
    rng = np.random.default_rng(seed)
    log = {"user": [], "item": [], "time": []}
    for user in range(200):
        for day in np.sort(rng.integers(10, 100, 25)).tolist():
            item = 4 * int(rng.integers(day // 2 - 5, day // 2)) + user % 4  # two days an item of each kind
            for name, cell in (("user", f"u{user}"), ("item", f"i{item}"), ("time", 1.6e9 + 86_400 * day)):
                log[name].append(cell)
    items = {"item": [f"i{item}" for item in range(240)], "kind": [f"kind {item % 4}" for item in range(240)]}
    items["day"] = [item // 2 for item in range(240)]
    return log, items


def test_items_that_nobody_has_taken_are_offered_by_what_is_known_of_them():
    log, items = fresh_log()
    plain = mw.train(log, kind="recommendation", max_trials=20).evidence
    model = mw.train(log, kind="recommendation", items=items, max_trials=20)
    told, beside = model.evidence, model.evidence["ranking"]["beside"]
    assert any(row["learner"] == "content" and row["weight"] for row in told["leaderboard"])
    assert told["data"]["n_new_items"] > 0
    assert beside["n_relevant_new_items"] > 0.5 * beside["n_relevant"], "the catalog renews itself"
    assert beside["n_offered_new_items"] > 0
    assert plain["ranking"]["beside"]["n_offered_new_items"] == 0
    assert told["test"]["ndcg_at_10"]["low"] > plain["test"]["ndcg_at_10"]["high"]


def test_what_other_splits_would_have_claimed_is_told():
    log, _ = fresh_log()
    price = mw.train(log, kind="recommendation", max_trials=20).evidence["split"]["price"]
    assert price["random"]["value"] > price["proper"]["value"], "random events are of items that were there"
    assert price["flattery"]["low"] > 0
    assert price["flattery"]["value"] == pytest.approx(price["random"]["value"] - price["proper"]["value"])
    assert 0 <= price["last"]["low"] <= price["last"]["high"] <= 1
    untimed = {name: log[name] for name in ("user", "item")}
    assert mw.train(untimed, kind="recommendation", max_trials=5).evidence["split"]["price"] is None


@pytest.mark.filterwarnings("ignore:On the sealed test")  # so few candidates are not to ship
def test_that_candidates_learned_from_a_part_of_the_events_is_said(monkeypatch):
    monkeypatch.setattr(train, "_MOST_TO_CHOOSE", 500)
    log, _ = fresh_log()
    told = {
        one["what"]: one["why"]
        for one in mw.train(log, kind="recommendation", max_trials=4).evidence["decisions"]
    }
    assert ", learned from " in told["recommenders"]
    assert "those of users at random" in told["recommenders"]


@pytest.mark.filterwarnings("ignore:On the sealed test")  # so few candidates are not to ship
def test_items_that_cannot_be_ranked_are_told_those_of_the_table_too(monkeypatch):
    monkeypatch.setattr(prepare, "MOST_ITEMS", 220)
    log, items = fresh_log()
    assert len(set(log["item"])) < 220 < len(items["item"])
    model = mw.train(log, kind="recommendation", items=items, max_trials=3)
    assert len(model.task.classes) == 220
    assert "large_catalog" in [one["rule"] for one in model.evidence["findings"]]


def test_items_first_taken_in_the_sealed_part_are_known_to_what_ships():
    log, _ = fresh_log()
    model = mw.train(log, kind="recommendation", max_trials=5)
    assert model.evidence["refit"]["done"]
    assert set(model.task.classes) == set(log["item"])
    assert model.evidence["data"]["n_items"] < len(model.task.classes), "the test was ranked without them"
    kept = mw.train(log, kind="recommendation", max_trials=5, refit="no")
    assert len(kept.task.classes) == kept.evidence["data"]["n_items"]


@pytest.mark.filterwarnings("ignore:On the sealed test")  # there is nothing to learn
def test_users_without_events_to_learn_from_end_no_training():
    rng = np.random.default_rng(0)
    early = [(f"u{user}", f"i{item}", 1e9 + at) for user in range(1_200) for at, item in
             enumerate(rng.integers(0, 60, 4))]  # fmt: skip
    late = [(f"n{user}", f"i{item}", 2e9 + user) for user, item in enumerate(rng.integers(0, 60, 1_500))]
    user, item, time = map(list, zip(*early, *late, strict=True))
    log = {"user": user, "item": item, "time": time}
    model = mw.train(log, kind="recommendation", max_trials=6)
    assert any(row["learner"] == "kernel" for row in model.evidence["leaderboard"])


@pytest.mark.filterwarnings("ignore:On the sealed test")  # there is nothing to learn
def test_times_that_many_events_share_can_be_cut():
    rng = np.random.default_rng(0)
    n = 3_000
    log = {
        "user": [f"u{user}" for user in rng.integers(0, 150, n)],
        "item": [f"i{item}" for item in rng.integers(0, 80, n)],
        "time": rng.choice([2019.0, 2020.0, 2021.0], n, p=[0.5, 0.35, 0.15]).tolist(),
    }
    evidence = mw.train(log, kind="recommendation", max_trials=4).evidence
    assert evidence["split"]["how"] == "later in time"
    assert evidence["split"]["proof"]["last_train_time"] < evidence["split"]["proof"]["last_test_time"]


def test_where_everybody_only_repeats_nothing_can_be_judged():
    log = {name: [] for name in ("user", "item", "time")}
    for user in range(40):
        for at in range(20):
            for name, cell in (("user", f"u{user}"), ("item", f"i{at % 4}"), ("time", 1e9 + at)):
                log[name].append(cell)
    with pytest.raises(DataError, match="no user liked anything that is new to them"):
        mw.train(log, kind="recommendation", max_trials=3)


def test_a_column_that_is_only_called_like_a_rating_is_left_out_and_a_named_one_is_not():
    log = taste_log()
    log["preference"] = ["like" if rating > 3 else "meh" for rating in log.pop("rating")]
    log["day"] = ["Mon"] * len(log["user"])
    del log["time"]
    told = mw.train(log, kind="recommendation", max_trials=3).evidence
    assert [one["column"] for one in told["findings"] if one["rule"] == "no_such_column"] == [
        "preference",
        "day",
    ]
    assert "'preference' cannot be read as a rating" in told["decisions"][0]["why"]
    with pytest.raises(DataError, match="cannot rate"):
        mw.train(log, kind="recommendation", rating="preference", max_trials=3)


def test_a_table_of_users_with_a_title_is_no_log(ask):
    users = {"user": ["user 7", "user 8"], "title": ["baker", "judge"]}
    assert ask(users)["item"].to_list() == ask({"user": ["user 7", "user 8"]})["item"].to_list()


def test_later_events_evaluate_it(model):
    later = taste_log(seed=1)
    found = mw.evaluate(model, later)
    assert found["n_rows"] > 0
    assert set(found["metrics"]) == set(model.evidence["test"])
    assert {"coverage", "novelty", "diversity", "popularity_lift"} <= set(found["ranking"]["beside"])


def test_a_file_to_judge_by_stays_out_of_the_model():
    log = taste_log()
    late = [row % 12 > 9 for row in range(len(log["user"]))]
    train, test = (
        {
            name: [cell for cell, is_late in zip(cells, late, strict=True) if is_late is side]
            for name, cells in log.items()
        }
        for side in (False, True)
    )
    one = mw.train(train, user="user", item="item", test=test, max_trials=4)
    assert one.evidence["split"]["how"].startswith("the later fifth of each user")
    assert not one.evidence["refit"]["done"]
    assert one.evidence["test"]["recall_at_10"]["value"] == pytest.approx(
        mw.evaluate(one, test)["metrics"]["recall_at_10"]["value"]
    )


def test_the_columns_of_users_and_items_say_what_kind_it_is():
    one = mw.train(taste_log(), user="user", item="item", max_trials=8)
    assert one.task.kind == "recommendation"
    assert "'time' as time by its name" in one.evidence["decisions"][0]["why"]


def test_noise_is_not_to_be_shipped():
    rng = np.random.default_rng(3)
    chances = 1.0 / (1.0 + np.arange(60))
    taken = [rng.choice(60, 15, replace=False, p=chances / chances.sum()) for _ in range(80)]
    log = {
        "user": [user for user, items in enumerate(taken) for _ in items],
        "item": [int(item) for items in taken for item in items],
        "time": rng.random(80 * 15).tolist(),
    }
    with pytest.warns(UserWarning, match="not better than"):
        one = mw.train(log, kind="recommendation", max_trials=8)
    assert [f["rule"] for f in one.evidence["findings"] if f["severity"] == "error"] == [
        "not_better_than_baseline"
    ]


@pytest.mark.parametrize(
    ("log", "options", "told"),
    [
        ({"user": ["a", "b"], "item": ["x", "x"]}, {}, "one item only"),
        ({"user": ["a", "a"], "item": ["x", "y"]}, {}, "one user only"),
        ({"user": ["a", "b"], "item": ["x", "y"]}, {}, "has 3 events or more"),
        ({"who": ["a"], "what": ["x"]}, {}, "plainly the user"),
        (taste_log(), {"target": "rating"}, "no target"),
        (taste_log(), {"cost": "fn=1"}, "--cost means nothing"),
        (taste_log(), {"item": "itm"}, "itm"),
        (taste_log(), {"metric": "rmse"}, "rmse"),
        (taste_log(), {"items": {"item": ["other"], "a": ["b"]}}, "name items alike"),
    ],
)
def test_what_cannot_be_used_is_said(log, options, told):
    with pytest.raises(MlwrightError, match=told):
        mw.train(log, kind="recommendation", max_trials=1, **options)


def test_rows_have_a_target_and_know_no_users():
    rows = {"size": list(range(50)), "price": [3 * n for n in range(50)]}
    with pytest.raises(UsageError, match="--target COLUMN"):
        mw.train(rows, max_trials=1)
    with pytest.raises(UsageError, match="--user means nothing"):
        mw.train(rows, "price", kind="regression", user="size", max_trials=1)


def test_wishes_of_other_questions_are_refused(model, tmp_path):
    with pytest.raises(UsageError, match="--intervals means nothing"):
        mw.predict(model, None, tmp_path / "a.csv", intervals=0.9)
    with pytest.raises(UsageError, match="--top is 0"):
        mw.predict(model, None, tmp_path / "a.csv", top=0)
    with pytest.raises(DataError, match="names no user"):
        mw.predict(model, {"user": [None]}, tmp_path / "a.csv")
    assert not (tmp_path / "a.csv").exists()


def test_the_card_and_the_report_speak_of_it(model, tmp_path):
    assert "Which item will a user take next?" in model.card
    page = mw.write_report(model, tmp_path / "report.html").read_text()
    assert "nDCG@10" in page


@pytest.fixture(scope="module")
def large():
    """A model of some thousand items."""
    items = [f"item {number:05d}" for number in np.random.default_rng(0).permutation(6_000)]
    users = [f"user {number % 300}" for number in range(6_000)]
    log = {"user": users * 2, "item": items + items[1:] + items[:1]}
    with pytest.warns(UserWarning, match="not better than popularity"):  # chance has no taste
        return mw.train(log, kind="recommendation", max_trials=1)


def test_a_model_of_a_large_catalog_can_be_loaded(large, tmp_path):
    large.save(tmp_path / "a.mlw")
    again = mw.load(tmp_path / "a.mlw")
    assert len(again.classes_) == len(large.classes_) > 5_000
    assert len(again.golden["places"][0]) == len(again.golden["scores"][0]) < 100


def test_the_length_of_a_very_long_row_of_scores_is_no_reason_not_to_ship():
    n_items = 100_000
    popularity = np.full(n_items, 2e-4, np.float32)
    popularity[0] = 1.0  # beside it, the squares of all others are lost one by one in single precision
    blend, task = program_of(Popular(popularity), n_items)
    known = Histories(
        starts=np.array([0, 1, 2]), items=np.array([0, 5]), strengths=np.ones(2, np.float32), n_items=n_items
    )
    assert build(blend, task, known, 0).largest_difference < 1e-6


@pytest.mark.parametrize(
    "change",
    [
        lambda golden: golden["places"][3].__setitem__(0, 10**6),
        lambda golden: golden["places"].pop(),
        lambda golden: golden["places"][0].pop(),
        lambda golden: golden["scores"][5].__setitem__(1, 7.0),
        lambda golden: golden.pop("places"),
    ],
)
def test_golden_rows_of_a_large_catalog_are_believed_only_if_they_fit(large, change):
    golden = json.loads(json.dumps(large.golden))
    change(golden)
    with pytest.raises(ArtifactError, match="golden"):
        check_golden(large.runtime, large.schema, large.task, golden)
