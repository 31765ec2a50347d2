"""Training: the test stays sealed, and the evidence says what happened."""

import json
import re
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

import mlwright as mw
from mlwright.core.errors import DataError, UsageError
from mlwright.report.verdict import verdict
from mlwright.report.words import headline
from mlwright.tuning.search import Search
from mlwright.workflow.build import make_store
from mlwright.workflow.fit import n_folds

from .conftest import fitted, houses, only, trained

FEATURES = ("size", "age", "area")
EVIDENCE = Path(__file__).parents[3] / "docs" / "reference" / "evidence.md"


def judged(rows, target, **given):
    prepared, found = fitted(rows, target, **given)
    return prepared, found.judged.data


def by_street(target):
    """Return rows of streets: the split then looks at neither the features nor the target."""
    return [{**row, "street": n // 4} for n, row in enumerate(only(houses(), *FEATURES, target))]


@pytest.mark.parametrize("target", ["price", "is_sold", "grade"])
def test_cells_of_sealed_rows_change_no_byte_of_the_judged_program(target):
    rows = by_street(target)
    prepared, before = judged(rows, target, group="street")
    for row in prepared.split.test:
        # Other values in the same formats: reading stays as it was.
        rows[row] |= {"age": rows[row]["age"] + 1000.5, "size": 5000.0 + row, "area": "south"}
    other, after = judged(rows, target, group="street")
    np.testing.assert_array_equal(other.split.test, prepared.split.test)
    assert after == before


@pytest.mark.parametrize("target", ["price", "is_sold"])
def test_targets_of_a_test_that_was_given_change_no_byte(target):
    rows = only(houses(), *FEATURES, target)
    learned, test = rows[:120], rows[120:]
    _, before = judged(learned, target, test=test)
    turned = [{**row, target: other[target]} for row, other in zip(test, test[::-1], strict=True)]
    _, after = judged(learned, target, test=turned)
    assert after == before


def test_targets_of_sealed_rows_change_no_byte():
    rows = by_street("price")
    prepared, before = judged(rows, "price", group="street")
    for row in prepared.split.test:
        rows[row]["price"] = rows[row]["price"] + 0.25
    other, after = judged(rows, "price", group="street")
    np.testing.assert_array_equal(other.split.test, prepared.split.test)
    assert after == before


def test_the_same_seed_gives_the_same_file(tmp_path, sale_model):
    rows = only(houses(), "number", *FEATURES, "is_sold")
    again = trained(rows, "is_sold", id=("number",))
    for name, model in (("one", sale_model), ("two", again)):
        model.save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert trained(rows, "is_sold", id=("number",), seed=1).program != again.program


@pytest.mark.parametrize(("refit", "is_done"), [("no", False), ("yes", True)])
def test_the_evidence_says_whether_and_why_it_was_fitted_again(refit, is_done):
    model = trained(only(houses(), *FEATURES, "price"), "price", refit=refit)
    told = model.evidence["refit"]
    assert told["n_seeds"] == 3  # on so few rows
    assert told["done"] is is_done
    assert (told["judged_program"] != told["shipped_program"]) is is_done
    assert told["n_rows"] == (160 if is_done else model.evidence["split"]["n_train"])
    assert told["shipped_program"] == sha256(model.program).hexdigest() == model.evidence["program"]["sha256"]
    assert re.search("--refit yes" if is_done else "switched off", told["why"])


def test_refit_auto_decides_by_the_learning_curve(price_model):
    told = price_model.evidence["refit"]
    assert re.search(
        r"more rows (do not )?help.*: learning from all rows instead of a third lowers", told["why"]
    )
    assert told["done"] is ("do not" not in told["why"])


def test_a_target_of_noise_ends_in_an_error_finding():
    rng = np.random.default_rng(5)
    rows = [
        {"a": float(rng.normal()), "b": float(rng.normal()), "y": float(rng.normal())} for _ in range(150)
    ]
    evidence = trained(rows, "y").evidence
    found = [f for f in evidence["findings"] if f["rule"] == "not_better_than_baseline"]
    assert [finding["severity"] for finding in found] == ["error"]
    assert found[0]["evidence"]["gain"] == evidence["gain"]


def test_a_target_that_can_be_told_has_no_such_finding(price_model, sale_model, grade_model):
    for model in (price_model, sale_model, grade_model):
        assert "not_better_than_baseline" not in {f["rule"] for f in model.evidence["findings"]}
        name = model.task.metric
        gain, test, plain = (model.evidence[key] for key in ("gain", "test", "baseline"))
        assert gain["value"] == pytest.approx(test[name]["value"] - plain[name]["value"])


TEXT = EVIDENCE.read_text(encoding="utf-8")
DOCUMENTED = {
    name
    for line in TEXT.splitlines()
    if line.startswith("| `")
    for name in re.findall(r"`(\w+)`", line.split("|")[1])
}


def documented(title):
    """Return the names in backticks that the reference gives for a part of the evidence."""
    part = re.search(rf"^\*\*{re.escape(title)}\*\*: (.*?)\n\n", TEXT, flags=re.MULTILINE | re.DOTALL)
    return set(re.findall(r"`(\w+)`", re.sub(r"\(.*?\)", "", part[1], flags=re.DOTALL)))


def test_the_evidence_is_json_and_has_every_documented_key(price_model, sale_model, grade_model):
    for model in (price_model, sale_model, grade_model):
        evidence = model.evidence
        assert json.loads(json.dumps(evidence, allow_nan=False)) == evidence
        assert set(evidence) == DOCUMENTED
        assert set(evidence["task"]) == documented("task")
        assert set(evidence["split"]) == {"how", "n_train", "n_test", "proof", "price", "folds"}
        assert set(evidence["leaderboard"][0]) == documented("leaderboard")
        assert set(evidence["data"]["columns"][0]) == documented("data.columns")
        for finding in evidence["findings"]:
            assert set(finding) == documented("findings")


def test_with_trials_counted_nothing_in_the_evidence_is_a_time(sale_model):
    evidence = sale_model.evidence
    assert (evidence["created"], evidence["ledger"], evidence["budget"]["elapsed_s"]) == (None, [], None)
    assert {row["fit_s"] for row in evidence["leaderboard"]} == {None}
    assert evidence["budget"]["max_trials"] == 1


@pytest.mark.slow
def test_the_use_of_a_time_limit_is_told():
    """That it is kept, `benchmarks/load.py` measures: a test may run on a busy machine."""
    evidence = trained(
        only(houses(), *FEATURES, "price"), "price", max_trials=None, time_limit_s=5.0
    ).evidence
    assert evidence["budget"]["elapsed_s"] > 0.0
    assert evidence["created"]
    assert {"search", "judge"} <= {entry["phase"] for entry in evidence["ledger"]}


def test_what_matters_is_important(price_model):
    order = [item["column"] for item in price_model.evidence["importance"]]
    assert order[0] == "size"
    assert set(order) == set(FEATURES)
    drops = {item["column"]: item["drop"] for item in price_model.evidence["importance"]}
    assert drops["size"]["low"] > 0


def test_the_leaderboard_is_sorted_and_its_weights_add_up(price_model):
    board = price_model.evidence["leaderboard"]
    losses = [row["score"]["value"] for row in board]
    assert losses == sorted(losses)
    assert sum(row["weight"] for row in board) == pytest.approx(1.0)
    assert len(board) == 2


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"refit": "maybe"}, "--refit 'maybe'"),
        ({"max_trials": 0}, "from 1 on, got 0"),
        ({"max_trials": 1.5}, "whole number from 1 on, got 1.5"),
        ({"seed": -1}, "whole number between 0 and 2147483647, got -1"),
        ({"seed": 1.5}, r"whole number between 0 and 2147483647, got 1\.5"),
        ({"seed": "1"}, "whole number between 0 and 2147483647, got '1'"),
    ],
)
def test_an_option_out_of_range_is_refused(given, says):
    with pytest.raises(UsageError, match=says):
        trained(houses(), "price", **given)


@pytest.mark.parametrize("rows", [[{"x": 1, "y": 2}], [{"x": 1, "y": None}] * 5])
def test_nothing_to_learn_from_is_said(rows):
    with pytest.raises(DataError):
        trained(rows, "y")


def test_a_leak_is_left_out_of_the_program_and_told_in_the_evidence():
    rows = [{**row, "deed": 2.5 * row["price"] + 7.0} for row in only(houses(), *FEATURES, "price")]
    model = trained(rows, "price")
    assert "deed" not in model.evidence["program"]["inputs"]
    leak = next(leak for leak in model.evidence["leaks"] if leak["column"] == "deed")
    assert set(leak) - {"sentences"} == documented("leaks")
    assert (leak["verdict"], leak["action"]) == ("drop", "dropped")
    assert any(
        one["what"] == "leaks left out" and one["choice"] == "deed" for one in model.evidence["decisions"]
    )
    assert trained(rows, "price", leaks="keep").evidence["test"]["rmse"]["value"] < 3.0


def test_what_speaks_against_a_model_is_a_warning_in_python():
    spent = np.random.default_rng(0).normal(size=150).round(6)
    rows = {"x": 2 * spent, "z": np.arange(150) % 7, "y": spent}
    with pytest.warns(UserWarning, match="x: .*it"):
        model = mw.train(rows, "y", max_trials=1, leaks="warn")
    assert repr(model).startswith("<mlwright model of 'y': rmse ")
    assert "1 error found" in repr(model)


def test_a_target_of_tiny_numbers_is_judged_like_any_other():
    rows = [{**row, "price": row["price"] * 1e-30} for row in only(houses(), "size", "age", "area", "price")]
    evidence = trained(rows, "price").evidence
    assert "not_better_than_baseline" not in {finding["rule"] for finding in evidence["findings"]}
    assert "e-30" in headline(evidence)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_rows_of_one_class_cannot_judge_and_the_verdict_says_so():
    rows = only(houses(), "size", "age", "area", "is_sold")
    test = [{**row, "size": row["size"] + 1.0} for row in rows if row["is_sold"] == "yes" and row["size"]]
    evidence = trained(rows, "is_sold", test=test).evidence
    assert f"All {len(test)} rows to judge by are yes" in verdict(evidence).reason
    assert "not_better_than_baseline" not in {finding["rule"] for finding in evidence["findings"]}


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_rows_that_it_learned_from_are_not_called_rows_it_never_saw():
    rows = only(houses(), "size", "age", "area", "price")
    assert "it has learned from" in headline(trained(rows, "price", test=rows[:60]).evidence)


def test_features_of_all_rows_are_not_made_where_that_alone_would_take_too_long(monkeypatch):
    made = []

    def noted(rows, *given, **named):
        made.append(rows.n_rows)
        return make_store(rows, *given, **named)

    monkeypatch.setattr("mlwright.workflow.finish.make_store", noted)
    monkeypatch.setattr(
        "mlwright.workflow.fit.Search", lambda *given, **named: Search(*given, **{**named, "prepare_s": 60.0})
    )
    rows = only(houses(), *FEATURES, "price")
    refit = trained(rows, "price", refit="auto", max_trials=None, time_limit_s=4.0).evidence["refit"]
    assert made == []
    assert refit["why"] == "there was no time to fit it again on all rows"


@pytest.mark.parametrize(("per_letter", "limits", "told"), [
    (1.0, {"time_limit": 3.0}, "words alone"), (1e-9, {"time_limit": 3.0}, None),
    (1.0, {"max_trials": 1}, None),
])  # fmt: skip
def test_texts_that_would_take_the_time_are_read_as_words_alone(per_letter, limits, told, monkeypatch):
    in_haste = []

    def noted(*given, **named):
        in_haste.append(named["in_haste"])
        return make_store(*given, **named)

    monkeypatch.setattr("mlwright.workflow.fit._S_PER_LETTER", per_letter)
    for module in ("fit", "finish"):
        monkeypatch.setattr(f"mlwright.workflow.{module}.make_store", noted)
    words = np.random.default_rng(0).choice(["good", "bad", "so", "very", "film", "plot"], (400, 30))
    rows = {"note": [" ".join(line) for line in words], "y": ["good" in line[:3] for line in words]}
    model = mw.train(rows, "y", **limits)
    decided = {decision["what"]: decision["choice"] for decision in model.evidence["decisions"]}
    assert decided.get("texts") == told
    assert set(in_haste) == {bool(told)}
    assert not told or len(in_haste) == 2  # the features of the folds, and those of all rows
    assert (b"tokenexp" in model.program) == (not told)


def test_a_short_run_judges_on_one_fold_where_rows_are_many():
    assert [n_folds(n, is_short=True) for n in (500, 5_999, 6_000, 100_000)] == [8, 5, 1, 1]
    assert [n_folds(n) for n in (500, 5_999, 6_000, 30_000, 100_000)] == [8, 5, 5, 3, 1]
