"""Where users take the same again: offered and judged only if that is asked for."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import mlwright as mw
from mlwright.core.errors import UsageError
from mlwright.report.build import build_report
from mlwright.workflow.recommending.columns import LogColumns
from mlwright.workflow.recommending.events import Events, Scale, noticed
from mlwright.workflow.recommending.memory import Memory


def basket_log(seed=0):
    """Users who mostly buy what they always buy, some of it more often, and now and then something else."""
    rng = np.random.default_rng(seed)
    log = {"user": [], "item": [], "time": []}
    for user in range(60):
        own = rng.choice(40, 5, replace=False)
        chances = np.array([0.4, 0.25, 0.15, 0.12, 0.08])
        for day in range(30):
            item = rng.choice(own, p=chances) if rng.random() < 0.8 else rng.integers(0, 40)
            cells = (f"u{user}", f"i{item}", 1.6e9 + 86_400 * day)
            for name, cell in zip(log, cells, strict=True):
                log[name].append(cell)
    return log


@pytest.fixture(scope="module")
def model():
    with pytest.warns(UserWarning, match="not better than repeats"):  # it knows all there is to know
        return mw.train(basket_log(), kind="recommendation", allow_seen=True, max_trials=8)


@pytest.fixture
def ask(model, tmp_path):
    def answer(data, **wishes):
        mw.predict(model, data, tmp_path / "answers.parquet", **wishes)
        return pl.read_parquet(tmp_path / "answers.parquet")

    return answer


def test_what_users_took_before_is_judged_and_is_the_naive_way(model):
    evidence = model.evidence
    assert evidence["task"]["naive"] == "repeats"
    beside = evidence["ranking"]["beside"]
    assert 0.5 * beside["n_relevant"] < beside["n_relevant_seen"] < beside["n_relevant"]
    assert 0 < beside["n_offered_seen"] <= beside["n_offered"]
    popular = max(row["score"]["value"] for row in evidence["leaderboard"] if row["learner"] == "popularity")
    assert evidence["baseline"]["ndcg_at_10"]["low"] > popular
    assert evidence["options"]["allow-seen"] == ["yes"]


def test_how_often_counts_where_nothing_else_does(model):
    memory = Memory.from_bytes(model.memory, len(model.task.classes))
    assert memory.allows_seen
    assert memory.scale.says == "repeats"
    assert len(np.unique(memory.histories.strengths)) > 3
    assert (
        "how often" in next(one for one in model.evidence["decisions"] if one["what"] == "ratings")["choice"]
    )


def test_answers_hold_what_was_taken_unless_told_otherwise(ask):
    log = basket_log()
    taken = set(zip(log["user"], log["item"], strict=True))
    usual, hidden = ask(None, top=3), ask(None, top=3, allow_seen=False)
    assert len(taken & set(zip(usual["user"], usual["item"], strict=True))) > 0.9 * 3 * 60
    assert not taken & set(zip(hidden["user"], hidden["item"], strict=True))


def test_a_later_log_judges_by_the_same_rule(model):
    beside = mw.evaluate(model, basket_log(seed=0))["ranking"]["beside"]
    assert beside["n_relevant_seen"] == beside["n_relevant"]


@pytest.mark.filterwarnings("ignore:On the sealed test")  # there is nothing else to learn
def test_without_the_option_nothing_taken_is_offered_or_counted_and_the_option_is_named():
    hidden = mw.train(basket_log(), kind="recommendation", max_trials=4).evidence
    assert "n_relevant_seen" not in hidden["ranking"]["beside"]
    assert "repeats" not in [row["learner"] for row in hidden["leaderboard"]]
    (note,) = [one for one in hidden["findings"] if one["rule"] == "repeated_pairs"]
    assert "--allow-seen" in note["remedy"]


def test_few_repeats_name_no_option():
    events = Events(
        users=np.arange(100) // 2,
        items=np.append(np.arange(99), 98),
        user_names=[str(user) for user in range(50)],
        item_names=[str(item) for item in range(99)],
    )
    (note,) = noticed(events, LogColumns("user", "item"), allows_seen=False)
    assert "--allow-seen" not in note.remedy
    assert Scale.of_repeats(events) == Scale("repeats", 1.0, 2.0)
    assert Scale.of_repeats(events.take(np.arange(99))) == Scale()


def test_the_report_says_by_what_rule(model):
    page = build_report(model.evidence)
    assert "whether or not they had it before" in page
    assert "is not offered" not in page
    assert "by what a user took before" in page
    german = build_report(model.evidence, language="de")
    assert "ob sie es schon hatten oder nicht" in german


def test_rows_know_no_repeats():
    with pytest.raises(UsageError, match="--allow-seen means nothing"):
        mw.train({"a": [1, 2] * 20, "y": [3, 4] * 20}, "y", allow_seen=True, max_trials=1)
