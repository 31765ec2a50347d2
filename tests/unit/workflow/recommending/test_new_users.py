"""What is known of users besides items: a table of users, from training to answers."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

import mlwright as mw
from mlwright.core.errors import ArtifactError, DataError
from mlwright.testing.tastes import taste_log, taste_users
from mlwright.workflow.recommending.memory import Memory


@pytest.fixture(scope="module")
def model():
    return mw.train(taste_log(), kind="recommendation", users=taste_users(), max_trials=8)


@pytest.fixture
def ask(model, tmp_path):
    def answer(data, of=None, **wishes):
        place = tmp_path / "answers.parquet"
        mw.predict(of or model, data, place, **wishes)
        return pl.read_parquet(place)

    return answer


def tastes(found):
    return [int(name.split()[1]) % 4 for name in found["item"]]


def test_users_who_took_nothing_get_what_users_like_them_take(model, ask):
    told = model.evidence["ranking"]["new_users"]
    assert told["gain"]["low"] > 0
    assert told["known"]["value"] == pytest.approx(told["unknown"]["value"] + told["gain"]["value"])
    found = ask({"user": [f"new {user}" for user in range(20)]}, top=5)
    wanted = [int(name.split()[1]) % 4 for name in found["user"]]
    assert np.mean([one == other for one, other in zip(tastes(found), wanted, strict=True)]) > 0.8


def test_columns_of_the_asking_table_tell_of_users_whom_nobody_knows(ask):
    found = ask({"user": ["x", "y"], "sport": ["sport 1", "sport 2"], "age": [31, 42]}, top=4)
    assert set(tastes(found)[:4]) == {1}
    assert set(tastes(found)[4:]) == {2}
    nothing = ask({"user": ["x", "z"], "sport": [None, "golf"], "age": [None, None]}, top=4)
    assert nothing["item"].to_list()[:4] == nothing["item"].to_list()[4:], "they get what is popular"


def test_what_the_table_says_holds_before_what_is_remembered(ask):
    assert set(tastes(ask({"user": ["new 1"], "sport": ["sport 3"], "age": [51]}, top=4))) == {3}
    told = {"user": ["new 1", "new 1"], "sport": ["sport 3", None], "age": [51, None]}
    assert set(tastes(ask(told, top=4))) == {1}, "the last line of a user holds, and says nothing"


def test_an_answer_does_not_depend_on_who_else_asks(ask):
    together = ask({"user": ["new 3", "nobody", "user 5", "new 2"]}, top=4)
    for name in ("new 3", "nobody", "user 5", "new 2"):
        alone = ask({"user": [name]}, top=4)
        assert alone.equals(together.filter(pl.col("user") == name))


def test_users_of_the_table_are_among_all_users(ask):
    assert {f"new {user}" for user in range(20)} <= set(ask(None, top=1)["user"])


def test_a_number_that_is_none_ends_it_and_names_the_user(ask):
    with pytest.raises(DataError, match="'age' of user 'x' holds 'old'"):
        ask({"user": ["x"], "age": ["old"]})


def test_a_number_that_is_none_stops_no_training_and_is_told(ask):
    users = taste_users()
    users["age"] = [str(age) for age in users["age"]]
    users["age"][5], users["age"][7], users["age"][70] = "unknown", "?", "forty"
    model = mw.train(taste_log(), kind="recommendation", users=users, max_trials=3)
    note = next(one for one in model.evidence["findings"] if one["rule"] == "no_number")
    assert note["evidence"] == {"n": 1}, "unknown is said, forty is odd"
    assert "age=to" in json.dumps(model.evidence["ranking"]["groups"]) or "age" in str(model.memory)
    found = ask({"user": ["x", "y"], "age": ["?", None]}, of=model, top=4)
    assert found["item"].to_list()[:4] == found["item"].to_list()[4:]


def test_it_is_told_who_gets_good_lists(model):
    groups = model.evidence["ranking"]["groups"]
    assert "sport=all" not in [one["what"] for one in groups], "everybody is of it"
    assert [one["n_users"] for one in groups] == sorted((one["n_users"] for one in groups), reverse=True)
    decision = next(one for one in model.evidence["decisions"] if one["what"] == "users who took nothing")
    assert decision["choice"] == "by sport, age, word"


def test_saved_and_loaded_it_answers_the_same_and_equal_work_gives_equal_bytes(model, ask, tmp_path):
    model.save(tmp_path / "a.mlw")
    assert ask(None, mw.load(tmp_path / "a.mlw")).equals(ask(None))
    mw.train(taste_log(), kind="recommendation", users=taste_users(), max_trials=8).save(tmp_path / "b.mlw")
    assert (tmp_path / "a.mlw").read_bytes() == (tmp_path / "b.mlw").read_bytes()


def test_where_what_is_known_is_chance_new_users_get_what_is_popular():
    rng = np.random.default_rng(0)
    users = {"user": [f"user {user}" for user in range(60)], "coin": rng.choice(["a", "b"], 60).tolist()}
    model = mw.train(taste_log(), kind="recommendation", users=users, max_trials=8)
    assert model.evidence["ranking"]["new_users"] is None
    assert "traits" not in model.runtime.columns


def test_a_table_that_names_users_otherwise_is_refused():
    with pytest.raises(DataError, match="both name users alike"):
        mw.train(taste_log(), kind="recommendation", users={"user": ["7"], "sport": ["a"]}, max_trials=1)


def test_a_later_log_may_tell_of_new_users(model):
    log = taste_log(seed=2)
    log["user"] = [f"later {user}" for user in log["user"]]
    plain = mw.evaluate(model, log)["metrics"]["ndcg_at_10"]["value"]
    tastes_of = [int(user.split()[-1]) % 4 for user in log["user"]]
    told = {**log, "sport": [f"sport {taste}" for taste in tastes_of]}
    assert mw.evaluate(model, told)["metrics"]["ndcg_at_10"]["value"] > plain + 0.1


def test_a_damaged_memory_of_users_is_refused(model):
    n_items = len(model.task.classes)
    assert Memory.from_bytes(model.memory, n_items).to_bytes() == model.memory
    with pytest.raises(ArtifactError, match=r"memory\.bin"):
        Memory.from_bytes(model.memory[:-4] + b"\xff\xff\xff\x7f", n_items)
