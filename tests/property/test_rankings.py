"""What holds for every history that may come, of a model that was trained once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mlwright as mw
from mlwright.core.dataset import Lines
from mlwright.ranking.matrix import best
from mlwright.ranking.words import written, written_strengths
from mlwright.testing.tastes import taste_log, taste_users
from mlwright.workflow.recommending.judged import HIDDEN_SCORE

ITEMS = [f"item {number}" for number in range(40)]
histories = st.lists(st.sampled_from([*ITEMS, "nobody's", "ä \N{SNOWMAN}", "a\tb"]), unique=True, max_size=30)
strengths = st.floats(0.0625, 1.0, width=32)


@st.composite
def rows(draw):
    """A history with strengths, and items that are hidden, among them those that were taken."""
    items = draw(histories)
    weights = [draw(strengths) for _ in items]
    hidden = [*items, *draw(histories)]
    return written(items), written_strengths(weights), written(hidden)


@pytest.fixture(scope="module")
def model():
    return mw.train(taste_log(), kind="recommendation", max_trials=9)


@pytest.fixture(scope="module")
def loaded(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("loaded") / "a.mlw"
    model.save(path)
    return mw.load(path)


@given(asked=st.lists(rows(), min_size=1, max_size=20))
@settings(deadline=None, max_examples=40)
def test_an_answer_alone_is_the_one_in_a_batch(model, asked):
    together = model.answer(Lines(asked)).scores
    alone = np.concatenate([model.answer(Lines([row])).scores for row in asked])
    assert np.array_equal(together, alone)
    assert np.isfinite(together).all()


@given(asked=st.lists(rows(), min_size=2, max_size=12), chance=st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=20)
def test_the_order_of_the_rows_and_the_file_do_not_matter(model, loaded, asked, chance):
    together = model.answer(Lines(asked)).scores
    order = chance.sample(range(len(asked)), len(asked))
    assert np.array_equal(model.answer(Lines([asked[at] for at in order])).scores, together[order])
    assert np.array_equal(loaded.answer(Lines(asked)).scores, together)


CONTAINERS = {
    "dict": dict,
    "list of dicts": lambda log: [
        dict(zip(log, cells, strict=True)) for cells in zip(*log.values(), strict=True)
    ],
    "pandas": pd.DataFrame,
    "pandas of objects": lambda log: pd.DataFrame(log, dtype=object),
    "polars": pl.DataFrame,
    "Arrow": pa.table,
    "categories": lambda log: pl.DataFrame(log).with_columns(pl.col("user", "item").cast(pl.Categorical)),
    "more columns in another order": lambda log: {"more": log["time"], **dict(reversed(log.items()))},
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_the_container_of_a_log_does_not_matter(model, container, tmp_path):
    log = {name: cells[:100] for name, cells in taste_log(seed=5).items()}
    for data, name in ((log, "a"), (CONTAINERS[container](log), "b")):
        mw.predict(model, data, tmp_path / f"{name}.parquet")
    one, other = (pl.read_parquet(tmp_path / f"{name}.parquet") for name in "ab")
    assert len(one) > 50
    assert one.equals(other)


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_the_file_of_a_log_does_not_matter(model, ending, tmp_path):
    log = pl.DataFrame(taste_log(seed=5)).head(100)
    write = {"csv": log.write_csv, "parquet": log.write_parquet, "jsonl": log.write_ndjson}[ending]
    write(tmp_path / f"log.{ending}")
    mw.predict(model, log, tmp_path / "a.parquet")
    mw.predict(model, tmp_path / f"log.{ending}", tmp_path / "b.parquet")
    assert pl.read_parquet(tmp_path / "a.parquet").equals(pl.read_parquet(tmp_path / "b.parquet"))


@given(row=rows())
@settings(deadline=None, max_examples=40)
def test_what_is_hidden_is_never_among_the_best(model, row):
    scores = model.answer(Lines([row])).scores
    hidden = set(row[2].split("\x1f"))
    places = best(scores, 40)[0]
    offered = [model.task.classes[place] for place in places if scores[0, place] > HIDDEN_SCORE / 2]
    assert not hidden & set(offered)
    assert len(offered) == len(set(ITEMS) - hidden)


@pytest.fixture(scope="module")
def knowing():
    """A model that looks at what is known of users."""
    return mw.train(taste_log(), kind="recommendation", users=taste_users(), max_trials=6)


traits = st.lists(
    st.sampled_from(
        [*(f"sport={taste}" for taste in range(4)), "sport=sport 1", "sport=all", "\N{SNOWMAN}=1"]
    ),
    unique=True,
)


@given(asked=st.lists(st.tuples(rows(), traits), min_size=1, max_size=20))
@settings(deadline=None, max_examples=30)
def test_what_is_known_of_one_user_is_of_no_matter_to_another(knowing, asked):
    cells = [(*row, written(words)) for row, words in asked]
    together = knowing.answer(Lines(cells)).scores
    alone = np.concatenate([knowing.answer(Lines([row])).scores for row in cells])
    assert np.array_equal(together, alone)
    assert np.isfinite(together).all()


@given(row=rows(), words=traits)
@settings(deadline=None, max_examples=30)
def test_words_in_any_order_or_twice_say_the_same(knowing, row, words):
    one, other = ((*row, written(some)) for some in (words, [*reversed(words), *words]))
    assert np.array_equal(knowing.answer(Lines([one])).scores, knowing.answer(Lines([other])).scores)


@given(row=rows())
@settings(deadline=None, max_examples=20)
def test_items_that_nobody_knows_only_age_the_others(model, row):
    strange = written(["x", "y"])
    alone = model.answer(Lines([("", "", "")])).scores
    assert np.array_equal(model.answer(Lines([(strange, "1\x1f1", "")])).scores, alone)


@given(
    scores=st.lists(st.lists(st.integers(0, 5), min_size=12, max_size=12), min_size=1, max_size=5),
    n=st.integers(1, 15),
)
def test_the_best_are_those_of_a_stable_sort(scores, n):
    table = np.array(scores, dtype=np.float32)
    assert best(table, n).tolist() == np.argsort(-table, axis=1, kind="stable")[:, :n].tolist()
