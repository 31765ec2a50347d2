"""The court finds what was planted, and leaves honest columns alone."""

from __future__ import annotations

import json
from itertools import combinations

import numpy as np
import pytest

from mlwright.checks.court import Clock
from mlwright.core.errors import DataError, MissingColumnError, UnknownNameError, UsageError
from mlwright.core.schema import Role
from mlwright.core.shelves import RULES
from mlwright.testing.leaks import KINDS, plant
from mlwright.workflow.options import TrainOptions
from mlwright.workflow.prepare import prepare

from .conftest import accused, judged, people, without

TARGETS = ("left", "spent")
FOR_VALUES, FOR_CLASSES = {"rounded", "parts", "product"}, {"rare_trace"}
PAIRS = [
    (kind, target)
    for kind in KINDS
    for target in TARGETS
    if not (target == "left" and kind in FOR_VALUES) and not (target == "spent" and kind in FOR_CLASSES)
]


def question(target, **given):
    return without(people(**given), *(name for name in TARGETS if name != target))


@pytest.mark.parametrize(("kind", "target"), PAIRS)
def test_a_planted_leak_is_found_and_nothing_else_is_accused(kind, target):
    planted = plant(question(target), target, kind, seed=3)
    found = accused(planted.rows, target)
    assert set(found) == set(planted.columns)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("seed", range(4))
def test_honest_columns_are_not_accused(target, seed):
    assert accused(question(target, seed=seed), target) == {}


@pytest.mark.parametrize("target", TARGETS)
def test_noise_about_noise_is_not_accused(target):
    rows = question(target)
    rng = np.random.default_rng(8)
    rows |= {f"x{n}": rng.normal(size=700).tolist() for n in range(20)}
    rows |= {f"k{n}": rng.integers(0, 40, 700).tolist() for n in range(10)}
    rows[target] = [rows[target][row] for row in rng.permutation(700)]
    assert accused(rows, target) == {}


def test_what_is_proven_is_no_feature_and_that_can_be_taken_back():
    planted = plant(question("left"), "left", "copy")
    name = planted.columns[0]
    prepared, leaks = judged(planted.rows, "left")
    for rows in (prepared.train, prepared.test, prepared.everything):
        assert name not in rows.columns
        assert rows.schema[name].role is Role.UNUSED
    assert leaks[name]["action"] == "dropped"
    assert any(
        name == f.column and f.action == "dropped" and "--vouch" in f.remedy for f in prepared.findings
    )
    for answer, severity in (("warn", "error"), ("keep", "note")):
        kept, leaks = judged(planted.rows, "left", leaks=answer)
        assert name in kept.train.columns
        assert (leaks[name]["verdict"], leaks[name]["action"]) == ("drop", "kept")
        assert next(f.severity for f in kept.findings if f.column == name) == severity


def test_a_strong_charge_that_nobody_heard_stops_the_model_until_someone_vouches(monkeypatch):
    monkeypatch.setattr("mlwright.workflow.leaks._clock", lambda _: Clock(grave=lambda: False))
    planted = plant(question("left"), "left", "post_outcome")
    name = planted.columns[0]
    for given, severity in (({}, "error"), ({"vouch": (name,)}, "note")):
        prepared, leaks = judged(planted.rows, "left", **given)
        assert (leaks[name]["verdict"], leaks[name]["is_decisive"]) == ("warn", True)
        assert next(f.severity for f in prepared.findings if f.column == name) == severity


def test_who_vouches_for_one_column_keeps_that_one_alone():
    rows = plant(question("left"), "left", "copy").rows
    planted = plant(rows, "left", "noisy_copy")
    mine, other = planted.columns[0], next(name for name in rows if name not in question("left"))
    prepared, _ = judged(planted.rows, "left", vouch=(mine,))
    assert mine in prepared.train.columns
    assert other not in prepared.train.columns
    with pytest.raises(MissingColumnError, match="Did you mean"):
        judged(planted.rows, "left", vouch=(mine[:-1] + "~",))


def test_an_excluded_column_is_not_tried():
    planted = plant(question("left"), "left", "copy")
    prepared, leaks = judged(planted.rows, "left", exclude=planted.columns)
    assert leaks == {}
    assert planted.columns[0] not in prepared.train.columns


def test_the_honest_score_is_that_of_the_table_without_the_leak():
    planted = plant(question("left"), "left", "noisy_copy")
    _, leaks = judged(planted.rows, "left")
    leak = leaks[planted.columns[0]]
    assert leak["evidence"]["alone"]["value"] > 0.97
    assert leak["evidence"]["with"]["low"] > leak["honest"]["high"]
    assert 0.6 < leak["honest"]["value"] < 0.9
    assert leak["evidence"]["gain"]["low"] > 0


def test_the_evidence_is_json():
    for kind in ("post_outcome", "dates", "encoded_key"):
        prepared, _ = judged(plant(question("left"), "left", kind).rows, "left")
        assert json.loads(json.dumps(prepared.leaks, allow_nan=False)) == list(prepared.leaks)


def test_in_an_easy_question_a_column_that_tells_all_goes_free():
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 2, 600)
    rows = {name: (4.0 * kind + rng.normal(0.0, 0.5, 600)).tolist() for name in ("length", "width", "weight")}
    rows |= {"height": (1.5 * kind + rng.normal(0.0, 0.5, 600)).tolist(), "sort": [f"s{k}" for k in kind]}
    assert "drop" not in accused(rows, "sort").values()


def test_a_good_score_alone_is_warned_of_and_not_dropped():
    rng = np.random.default_rng(0)
    x = rng.normal(size=900)
    rows = {"x": x.round(3).tolist(), "noise": rng.normal(size=900).round(3).tolist()}
    rows["price"] = (x + rng.normal(0.0, 0.08, 900)).round(3).tolist()
    prepared, leaks = judged(rows, "price")
    assert list(prepared.train.columns) == ["x", "noise"]
    assert (leaks["x"]["verdict"], leaks["x"]["charges"]) == ("warn", ["dominance", "near_perfect"])
    assert leaks["x"]["evidence"]["alone"]["low"] > 0.96
    assert "a good column may do that" in leaks["x"]["why"]


def test_the_last_column_is_never_dropped():
    rows = {"x": list(range(400)), "y": [3.5 * n for n in range(400)]}
    prepared, leaks = judged(rows, "y")
    assert list(prepared.train.columns) == ["x"]
    assert leaks["x"]["verdict"] == "warn"


def test_targets_of_the_test_do_not_change_a_ruling():
    rows = plant(question("spent"), "spent", "noisy_copy").rows
    learned, test = (
        {name: cells[part] for name, cells in rows.items()} for part in (slice(500), slice(500, 700))
    )
    turned = {**test, "spent": test["spent"][::-1]}
    before, after = (judged(learned, "spent", test=given)[1] for given in (test, turned))
    assert before
    assert after == before


def test_the_same_seed_gives_the_same_rulings():
    rows = plant(question("left"), "left", "post_outcome").rows
    assert judged(rows, "left")[0].leaks == judged(rows, "left")[0].leaks


def leaking(n_levels, n_rows=900):
    """Rows of so many sizes, which a leak tells apart."""
    rng = np.random.default_rng(0)
    rows = {"size": rng.integers(0, n_levels, n_rows).astype(float).tolist()}
    rows["price"] = [900.0 * size / n_levels + float(rng.normal(0, 40)) for size in rows["size"]]
    return plant(rows, "price", "copy").rows


@pytest.mark.parametrize(
    ("n_levels", "n_test"), [(300, (150, 200)), (3_000, (120, 180)), (10**9, (180, 180))]
)
@pytest.mark.parametrize("intervals", ["approximate", "certified"])
def test_rows_that_become_copies_are_on_one_side_and_most_of_the_test_stays(n_levels, n_test, intervals):
    prepared, _ = judged(leaking(n_levels), "price", intervals=intervals)
    assert list(prepared.train.columns) == ["size"]
    held = prepared.train.take(np.arange(0)) if prepared.held is None else prepared.held
    parts = [set(rows.columns["size"]) for rows in (prepared.train, prepared.test, held)]
    assert not any(one & other for one, other in combinations(parts, 2))
    counts = {name: n for name, n in prepared.split.proof.items() if name.endswith("shared_duplicates")}
    assert set(counts.values()) == {0}
    assert n_test[0] <= prepared.test.n_rows <= n_test[1]
    for rows, at in ((prepared.train, "train"), (prepared.test, "test"), (held, "held")):
        chosen = getattr(prepared.split, at)
        np.testing.assert_array_equal(rows.target, prepared.everything.target[chosen])
    assert prepared.split.proof["n_test"] == prepared.test.n_rows
    assert prepared.split.proof["n_train"] == prepared.train.n_rows == len(prepared.keys)
    assert prepared.task.offset == pytest.approx(prepared.train.target.mean(), abs=30)


def test_the_split_stays_where_no_row_becomes_a_copy():
    rows = leaking(10**9)
    before = prepare(rows, "price", TrainOptions(intervals="certified"))
    after, _ = judged(rows, "price", intervals="certified")
    assert list(after.train.columns) == ["size"]
    for name in ("train", "test", "held"):
        np.testing.assert_array_equal(getattr(after.split, name), getattr(before.split, name))
    assert after.split.proof == before.split.proof
    assert after.task == before.task


@pytest.mark.parametrize("n_levels", [300, 3_000])
def test_the_cells_for_a_model_in_place_are_those_of_the_test_that_is_left(n_levels):
    prepared, _ = judged(leaking(n_levels), "price", baseline="in_place.mlw")
    np.testing.assert_array_equal(np.asarray(prepared.test_cells.columns["price"]), prepared.test.target)


def test_beside_a_test_that_was_given_copies_held_back_are_counted():
    rows = leaking(300)
    prepared, _ = judged(rows, "price", intervals="certified", test=leaking(10**9, 100))
    proof = prepared.split.proof
    held, learned = prepared.held.columns["size"], prepared.train.columns["size"]
    assert proof["n_held_back_shared_duplicates"] == np.isin(held, learned).sum() > 0


def test_copies_in_rows_that_were_given_to_judge_by_are_counted_without_the_leak():
    rows = {
        "size": [float(n % 200) for n in range(600)],
        "price": [(n % 200) + 40.0 * (n % 7) for n in range(600)],
    }
    rows = plant(rows, "price", "copy").rows
    rows["size"] = [size + 0.001 * n for n, size in enumerate(rows["size"])]
    test = {name: cells[:40] for name, cells in rows.items()}
    test["price"] = [price + 0.5 for price in test["price"]]
    test["amount_other_unit"] = [cell + 0.1 for cell in test["amount_other_unit"]]
    prepared, _ = judged(rows, "price", test=test)
    assert list(prepared.train.columns) == ["size"]
    assert [f.evidence["n_seen"] for f in prepared.findings if f.rule == "test_seen"] == [40]


def test_rows_of_another_kind_to_judge_by_are_reported_without_their_target():
    rows = question("spent")
    shifted = {**rows, "income": [x * 3.0 for x in rows["income"]]}
    findings = {}
    for name, spent in (("as they are", shifted["spent"]), ("turned", shifted["spent"][::-1])):
        prepared, _ = judged(rows, "spent", test={**shifted, "spent": spent})
        findings[name] = next(f for f in prepared.findings if f.rule == "drift")
    assert "'income'" in findings["turned"].message
    assert findings["as they are"] == findings["turned"]
    same, _ = judged(rows, "spent", test=question("spent", seed=5))
    assert not any(f.rule == "drift" for f in same.findings)


def test_copies_that_disagree_are_counted():
    rng = np.random.default_rng(1)
    size = np.repeat(rng.normal(size=300), 2)
    rows = {"size": size.tolist(), "sold": np.tile(["yes", "no"], 300).tolist(), "age": (size * 2).tolist()}
    prepared, _ = judged(rows, "sold")
    finding = next(f for f in prepared.findings if f.rule == "conflicting_duplicates")
    assert finding.evidence["n_rows"] == prepared.train.n_rows
    assert finding.evidence["n_wrong_at_least"] == prepared.train.n_rows // 2


def test_a_history_of_the_target_is_no_leak_but_its_future_is():
    rng = np.random.default_rng(2)
    sales = np.cumsum(rng.normal(size=900)) + 50.0
    rows = {
        "day": [str(np.datetime64("2020-01-01") + n) for n in range(2, 898)],
        "yesterday": sales[1:897].tolist(),
        "tomorrow": sales[3:899].tolist(),
        "sales": sales[2:898].tolist(),
    }
    found = accused(rows, "sales", time="day")
    assert found["tomorrow"] == "drop"
    assert found.get("yesterday") != "drop"


def test_an_unknown_answer_or_kind_of_leak_is_refused():
    with pytest.raises(UsageError, match="drop, warn, keep"):
        TrainOptions(leaks="remove")
    with pytest.raises(UnknownNameError, match="copy"):
        plant(question("left"), "left", "copie")
    with pytest.raises(DataError, match="needs a target of numbers"):
        plant(question("left"), "left", "parts")


def test_every_rule_says_what_it_is_about():
    for rule in map(RULES.get, RULES.names()):
        assert rule.title
        assert rule.says.endswith(".")
