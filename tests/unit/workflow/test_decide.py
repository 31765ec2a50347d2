"""Decisions of trained models: in the program, judged on the sealed test, refused where senseless."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

import mlwright as mw
from mlwright.core.errors import DataError, MissingColumnError, UnknownNameError, UsageError
from mlwright.core.task import Link, Task
from mlwright.data.raw import Raw
from mlwright.report.advice import decision_lines
from mlwright.report.build import build_report
from mlwright.report.card import model_card
from mlwright.report.parts import fairness
from mlwright.tuning.halves import pays
from mlwright.workflow.costs import decided_today
from mlwright.workflow.decide import BY_THE_MODEL, judge_decisions
from mlwright.workflow.doubts import costs_more
from mlwright.workflow.evaluate import evaluate
from mlwright.workflow.predict import predict_file, predict_frame

from .conftest import fitted, houses, only, trained

FEATURES = ("size", "age", "area")


def world(n_rows, seed):
    """Return rows, the chance of each, and its stake; the best rule is known."""
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=n_rows).round(4), rng.normal(size=n_rows).round(4)
    chance = 1 / (1 + np.exp(-(1.5 * x - z - 1.0)))
    stakes = rng.lognormal(0.0, 0.7, n_rows).round(3) + 0.001
    came = np.where(rng.random(n_rows) < chance, "yes", "no")
    rows = {"x": x, "z": z, "amount": stakes, "left": came}
    return rows, chance, stakes


def sold(n_rows=400):
    rng = np.random.default_rng(1)
    rows = only(houses(n_rows), *FEATURES, "is_sold")
    for row in rows:
        row["amount"] = round(float(rng.lognormal(3, 1)), 2)
        row["called"] = "yes" if rng.random() < 0.5 else "no"
    return rows


@pytest.fixture(scope="module")
def staked():
    return trained(sold(), "is_sold", cost="fn=5,fp=20", stakes="amount", today="called")


@pytest.mark.parametrize(
    ("given", "fn", "fp", "by_stakes"),
    [({"cost": "fn=10,fp=1"}, 10, 1, False), ({"cost": {"fn": 4, "fp": 6}}, 4, 6, False),
     ({"cost": "fn=3,fp=2", "stakes": "amount"}, 3, 2, True)],
)  # fmt: skip
def test_the_regret_is_within_two_percent_of_what_the_best_rule_saves(given, fn, fp, by_stakes):
    model = trained(world(4_000, 1)[0], "left", **given)
    rows, chance, stakes = world(20_000, 2)
    saves = chance * fn * (stakes if by_stakes else 1.0) - (1 - chance) * fp
    acts = model.decide({name: cells for name, cells in rows.items() if name != "left"}) == "yes"
    oracle = np.maximum(saves, 0.0).sum()
    assert oracle - saves[acts].sum() <= 0.02 * oracle


def test_alone_in_a_batch_and_after_saving_the_decision_is_the_same(staked, tmp_path):
    rows = sold(60)
    together = staked.decide(rows)
    assert set(together) == {"yes", "no"}
    assert [staked.decide(row)[0] for row in rows] == together.tolist()
    staked.save(tmp_path / "m.mlw")
    frame = predict_frame(mw.load(tmp_path / "m.mlw"), rows)
    assert frame.columns[:3] == ["row", "prediction", "decision"]
    assert frame["decision"].to_list() == together.tolist()


def test_evaluating_the_rows_that_judged_measures_the_decisions_again():
    rows = sold()
    model = trained(rows[:300], "is_sold", test=rows[300:], cost="fn=5,fp=20", stakes="amount")
    again, told = evaluate(model, rows[300:])["decision"], model.evidence["decision"]
    assert again == {key: told[key] for key in ("n_rows", "counts", "cost", "against")}


def test_groups_are_compared_by_what_is_decided_for_them():
    rows = sold(800)
    model = trained(rows, "is_sold", cost="fn=50,fp=1", sensitive=("area",))
    told = model.evidence["fairness"][0]
    decided = {one["decision"]: one["n"] for one in model.evidence["decision"]["counts"]}
    picked = sum(group["n"] * group["rates"]["selection_rate"]["value"] for group in told["groups"])
    assert told["of"] == "decisions"
    assert picked == pytest.approx(decided["yes"])
    assert "It decides yes" in " ".join(fairness(model.evidence)[0]["says"])


def test_a_higher_stake_turns_the_decision_once_and_a_missing_one_counts_as_usual(staked):
    row = {"size": 95.0, "age": 20.0, "area": "west"}
    decided = staked.decide([{**row, "amount": amount} for amount in (0.0, 1.0, 5.0, 50.0, 1e4, 1e30)])
    order = (decided == "yes").astype(int)
    assert order[0] == 0
    assert order[-1] == 1
    assert (np.diff(order) >= 0).all()
    usual = float(np.mean([r["amount"] for r in sold()]))
    assert staked.decide({**row, "amount": None}) == staked.decide({**row, "amount": usual})


def test_todays_decision_is_no_feature_and_is_compared(staked):
    assert "called" not in staked.inputs
    assert "amount" in staked.inputs
    told = staked.evidence["decision"]
    names = [one["what"] for one in told["against"]]
    assert names == ["doing nothing", "acting on everything", "deciding for the likeliest", "today's rule"]
    for one in told["against"]:
        assert one["total"]["value"] == pytest.approx(one["per_row"]["value"] * told["n_rows"])
    assert {(one["cost"], one["factor"]) for one in told["sensitivity"]} == {
        (name, factor) for name in ("fn", "fp") for factor in (0.5, 2.0)
    }


def test_what_is_saved_is_what_the_costs_say():
    rows = only(houses(400), *FEATURES, "is_sold")
    learned, test = rows[:300], rows[300:]
    model = trained(learned, "is_sold", test=test, cost="fn=500,fp=20,tp=5,tn=-1")
    told = model.evidence["decision"]
    truth = np.array([row["is_sold"] == "yes" for row in test])
    acts = model.decide(test) == "yes"
    cost = np.where(truth, np.where(acts, 5.0, 500.0), np.where(acts, 20.0, -1.0))
    nothing = np.where(truth, 500.0, -1.0)
    assert told["cost"]["per_row"]["value"] == pytest.approx(cost.mean())
    assert told["against"][0]["total"]["value"] == pytest.approx((nothing - cost).sum())
    assert {one["decision"]: one["n"] for one in told["counts"]} == {
        "no": int((~acts).sum()),
        "yes": int(acts.sum()),
    }
    assert told["threshold"] == pytest.approx(21 / (21 + 495), abs=1e-9)
    assert [(one["cost"], one["factor"]) for one in told["sensitivity"]][:2] == [("tn", 0.5), ("tn", 2.0)]
    for one in told["sensitivity"]:
        other = {"fn": 500.0, "fp": 20.0, "tp": 5.0, "tn": -1.0}
        other[one["cost"]] *= one["factor"]
        needless, needed = other["fp"] - other["tn"], other["fn"] - other["tp"]
        best = model.predict_proba(test)[:, 1] > needless / (needless + needed)
        lost = [
            np.where(truth, np.where(acts_then, other["tp"], other["fn"]),
                     np.where(acts_then, other["fp"], other["tn"])).mean()
            for acts_then in (acts, best)
        ]  # fmt: skip
        assert one["lost"]["value"] == pytest.approx(lost[0] - lost[1])
    assert "fn=500,fp=20,tp=5,tn=-1" in model.evidence["options"]["cost"]


@pytest.mark.parametrize(("capacity", "share"), [(40, 0.1), ("10%", 0.1), ("4000", 1.0)])
def test_a_capacity_is_a_share_and_becomes_a_cutoff(capacity, share):
    told = trained(only(houses(400), *FEATURES, "is_sold"), "is_sold", capacity=capacity).evidence["decision"]
    assert told["capacity"] == {"asked": str(capacity), "share": share, "is_kept": True}
    acted = told["counts"][1]["n"] / told["n_rows"]
    assert acted <= share + 0.12  # the cutoff is from training rows; eighty test rows scatter by three errors
    nothing, chance = told["against"]
    assert chance["what"] == "acting on as many rows at random"
    # Misses cost 1 and nothing else does: whoever acts at random on a share saves that share of all misses.
    misses = nothing["per_row"]["value"] + told["cost"]["per_row"]["value"]
    assert chance["per_row"]["value"] == pytest.approx(nothing["per_row"]["value"] - acted * misses)


def test_a_capacity_that_no_answers_could_turn_into_a_cutoff_is_not_claimed_to_be_kept():
    prepared, found = fitted(only(houses(200), *FEATURES, "is_sold"), "is_sold", capacity="10%")
    prediction = found.judged.program.run(prepared.test.columns)
    for is_kept in (True, False):
        told = judge_decisions(prepared, replace(found, is_capacity_kept=is_kept), prediction, 0)
        assert told["capacity"]["is_kept"] is is_kept
        (line,) = [one for one in decision_lines({"decision": told}) if "At most 10%" in one]
        assert ("this became a fixed cutoff" in line) is is_kept
        assert ("not kept" in line) is not is_kept


def test_copies_of_a_row_that_stand_together_do_not_make_savings_surer():
    rows = only(houses(400), *FEATURES, "is_sold")
    prepared, found = fitted(rows, "is_sold", cost="fn=5,fp=20")
    prediction = found.judged.program.run(prepared.test.columns)
    copied = np.repeat(np.arange(prepared.test.n_rows), 20)
    test = replace(prepared.test.take(copied), groups=copied)
    one = judge_decisions(prepared, found, prediction, 0)["cost"]["per_row"]
    many = judge_decisions(replace(prepared, test=test), found, prediction.take(copied), 0)["cost"]["per_row"]
    assert many["value"] == pytest.approx(one["value"])
    assert many["high"] - many["low"] > 0.7 * (one["high"] - one["low"])


def test_groups_prove_a_cutoff_not_rows(monkeypatch):
    seen = []

    def proof(gain, order, alike=None):
        seen.append((len(order), alike))
        return pays(gain, order, alike)

    monkeypatch.setattr("mlwright.tuning.policy.pays", proof)
    rows = [{**row, "street": n // 4} for n, row in enumerate(only(houses(400), *FEATURES, "is_sold"))]
    prepared, _ = fitted(rows, "is_sold", cost="fn=5,fp=20", group="street")
    ((n_rows, alike),) = seen
    assert n_rows == len(alike)
    assert len(np.unique(alike)) == len(np.unique(prepared.train.groups))


def test_a_matrix_decides_between_more_classes(tmp_path):
    path = tmp_path / "costs.csv"
    path.write_text("true,c,a,b\na,50,0,1\nc,0,1,1\nb,2,2,0\n")
    model = trained(only(houses(400), *FEATURES, "grade"), "grade", cost=path)
    told = model.evidence["decision"]
    assert told["costs"] == [[0.0, 1.0, 50.0], [2.0, 0.0, 2.0], [1.0, 1.0, 0.0]]
    rows = only(houses(50, seed=4), *FEATURES)
    expected = model.predict_proba(rows) @ np.array(told["costs"])
    assert model.decide(rows).tolist() == model.classes_[expected.argmin(axis=1)].tolist()
    assert told["threshold"] is None
    assert [one["what"] for one in told["against"]][:3] == [f"always deciding {label}" for label in "abc"]


def test_the_report_and_the_card_say_what_to_do(staked):
    lines = decision_lines(staked.evidence)
    assert lines[0].startswith("Decide yes for the")
    assert "where acting is expected to save more than it costs: it saves" in lines[0]
    assert any(line.startswith("Against today's rule it") or "may be chance" in line for line in lines)
    assert any(line.startswith(("What if the costs are wrong", "If a cost")) for line in lines)
    page, card = build_report(staked.evidence), model_card(staked.evidence)
    assert "Decisions and value" in page
    assert "What to decide" in card
    assert "Decide yes for the" in page


def test_without_costs_nothing_is_decided(sale_model):
    assert sale_model.evidence["decision"] is None
    assert "decision" not in predict_frame(sale_model, houses(5)).columns
    with pytest.raises(UsageError, match="Train with --cost"):
        sale_model.decide(houses(5))


@pytest.mark.parametrize(
    ("target", "given", "says"),
    [
        ("is_sold", {"cost": "fn=5,xx=2"}, "No cost is called 'xx'.*Known: fn, fp, tn, tp"),
        ("is_sold", {"cost": {1: 2}}, "No cost is called 1.*Known: fn, fp, tn, tp"),
        ("grade", {"cost": {1: 2}}, "--cost 1 is for two classes"),
        ("is_sold", {"cost": "fn=5,fn=6"}, "names 'fn' twice"),
        ("is_sold", {"cost": "fn=many"}, "fn is 'many'; a finite amount"),
        ("is_sold", {"cost": "fn=5,20"}, "holds '20'. Write names and amounts"),
        ("is_sold", {"cost": "fn=0,fp=20"}, "never decide 'yes'"),
        ("is_sold", {"cost": "fn=5,fp=-20"}, "always decide 'yes'"),
        ("is_sold", {"cost": "nowhere.csv"}, "'nowhere.csv' cannot be read.*fn=500,fp=20"),
        ("is_sold", {"capacity": -5}, "is '-5'; give a number of rows from 1 on"),
        ("is_sold", {"capacity": "120%"}, "is '120%'"),
        ("is_sold", {"capacity": "some"}, "is 'some'"),
        ("is_sold", {"stakes": "size"}, "Say what one costs with --cost"),
        ("is_sold", {"today": "area"}, "Say what mistakes cost with --cost"),
        ("is_sold", {"cost": "fn=5,fp=1", "stakes": "area"}, "must be a feature.*category"),
        ("is_sold", {"cost": "tp=-5,fp=1", "stakes": "age"}, "cost of a miss, which is 0"),
        ("is_sold", {"cost": "fn=5,fp=1", "stakes": "age", "exclude": ("age",)}, "both excluded and used"),
        ("is_sold", {"cost": "fn=5,fp=1", "today": "area"}, "'area' must hold what was decided.*'no', 'yes'"),
        ("is_sold", {"cost": "fn=5,fp=1", "today": "is_sold"}, "names the target"),
        ("price", {"cost": "fn=5,fp=1"}, "--cost is about deciding between classes; .*'price' is a number"),
        ("price", {"capacity": 5}, "--capacity is about"),
        ("grade", {"cost": "fn=5,fp=1"}, "for two classes; the target 'grade' has 3.*cost matrix"),
        ("grade", {"capacity": 5}, "needs two classes; the target 'grade' has 3"),
    ],
)  # fmt: skip
def test_what_cannot_be_decided_is_refused(target, given, says):
    with pytest.raises(UsageError, match=f"(?s){says}"):
        trained(only(houses(), *FEATURES, target), target, **given)


def test_names_and_cells_that_are_wrong_are_named():
    rows = only(houses(), *FEATURES, "is_sold")
    with pytest.raises(UnknownNameError):
        trained(rows, "is_sold", cost="fm=5")
    for option in ("stakes", "today"):
        with pytest.raises(MissingColumnError, match=r"'siz'.*Did you mean 'size'"):
            trained(rows, "is_sold", cost="fn=5,fp=1", **{option: "siz"})
    with pytest.raises(DataError, match="'size', row 6: found None, expected a stake of 0 or more"):
        trained(rows, "is_sold", cost="fn=5,fp=1", stakes="size")


@pytest.mark.parametrize(
    ("classes", "cells", "decided"),
    [
        ((1, 2), ["1", "1", "1"], [0, 0, 0]),  # always the first label, not always yes
        ((1, 2), ["0", "1", "1"], [0, 1, 1]),
        ((0, 1), [1, 0, 1], [1, 0, 1]),
        (("no", "yes"), ["yes", "no", "yes"], [1, 0, 1]),
        (("bad", "good"), ["Yes", "false", "1"], [1, 0, 1]),
    ],
)
def test_todays_decisions_are_labels_before_they_are_yes_and_no(classes, cells, decided):
    task = Task(kind="any", link=Link.SIGMOID, target="y", metric="m", metrics=("m",), classes=classes)
    raw = Raw({"now": cells}, len(cells))
    assert decided_today("now", raw, np.arange(len(cells)), task).tolist() == decided


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("true,a,b\na,0,1\nb,1,0\n", "a row for each of 3 classes"),
        (
            "true,a,b,d\na,0,1,1\nb,1,0,1\nd,1,1,0\n",
            r"columns of the.*\['a', 'b', 'd'\].*'a', 'b', 'c'",
        ),
        ("true,a,b,b\na,0,1,1\nb,1,0,1\nc,1,1,0\n", "name a class twice"),
        ("true,a,b,c\na,0,1,x\nb,1,0,1\nc,1,1,0\n", "'a' decided as 'c' is 'x'; a finite amount"),
        ("true,a,b,c\na,1,1,1\nb,2,2,2\nc,3,3,3\n", "nothing to choose"),
    ],
)
def test_a_matrix_that_does_not_fit_is_refused(tmp_path, text, says):
    (tmp_path / "costs.csv").write_text(text)
    with pytest.raises(UsageError, match=says):
        trained(only(houses(), *FEATURES, "grade"), "grade", cost=str(tmp_path / "costs.csv"))


def test_stakes_that_tell_the_answer_stay_and_are_told():
    rows = sold()
    for row in rows:
        row["amount"] = 100.5 if row["is_sold"] == "yes" else round(row["amount"] / 100, 3)
    model = trained(rows, "is_sold", cost="fn=5,fp=20", stakes="amount")
    assert "amount" in model.inputs
    assert model.decide(rows[:40]).tolist() == [row["is_sold"] for row in rows[:40]]
    told = [leak for leak in model.evidence["leaks"] if leak["column"] == "amount"]
    assert [leak["action"] for leak in told] == ["kept"]


def test_a_capacity_when_predicting_is_kept_to_the_row_and_spent_where_it_saves_most(staked):
    rows = sold(300)
    free = predict_frame(staked, rows, capacity=300)
    stakes = np.array([row["amount"] for row in rows])
    chance = free["probability_yes"].to_numpy()
    saved = chance * 5 * stakes - (1 - chance) * 20
    assert ((free["decision"] == "yes").to_numpy() == (saved > 0)).all()
    for most in (0, 7, 40):
        acts = (predict_frame(staked, rows, capacity=most)["decision"] == "yes").to_numpy()
        assert acts.sum() == min(most, (saved > 0).sum())
        assert not acts.any() or saved[acts].min() >= saved[~acts].max() - 1e-4


def test_a_capacity_is_that_of_all_rows_however_many_are_answered_at_once(staked, tmp_path, monkeypatch):
    rows = sold(300)
    expected = predict_frame(staked, rows, capacity=40)
    monkeypatch.setattr("mlwright.data.scan._MOST_ROWS", 11)
    monkeypatch.setattr("mlwright.data.scan._FEWEST_ROWS", 11)
    pl.DataFrame(rows).write_parquet(tmp_path / "rows.parquet")
    predict_file(staked, tmp_path / "rows.parquet", tmp_path / "calls.parquet", capacity=40)
    assert pl.read_parquet(tmp_path / "calls.parquet").equals(expected)


def test_a_capacity_needs_costs(price_model):
    with pytest.raises(UsageError, match="Train with --cost"):
        predict_frame(price_model, only(houses(20), "size", "age", "area"), capacity=5)


def test_today_is_read_as_labels_before_yes_and_no():
    rows = only(houses(300), *FEATURES, "is_sold")
    for row in rows:
        row["is_sold"] = {"yes": "Yes", "no": "no"}[row["is_sold"]]  # Yes comes first, so no is acted on
        row["called"] = row["is_sold"]
    told = trained(rows, "is_sold", cost="fn=5,fp=20", today="called").evidence["decision"]
    truth_pays = next(one for one in told["against"] if one["what"] == "today's rule")
    assert truth_pays["per_row"]["value"] == pytest.approx(-told["cost"]["per_row"]["value"])


def test_amounts_that_are_the_same_in_every_row_get_no_bound_for_shares():
    rows = [
        {**row, "is_sold": "yes" if n < 4 else "no"} for n, row in enumerate(only(houses(300), *FEATURES))
    ]
    told = trained(rows, "is_sold", cost="fn=1000000,fp=999999").evidence["decision"]
    for one in told["against"]:
        if one["per_row"]["value"] == 0.0:
            assert one["per_row"]["high"] == one["per_row"]["low"] == 0.0


def test_stakes_of_given_test_rows_are_checked():
    rows = sold(200)
    test = [{**row, "amount": -5.0} for row in sold(40)]
    with pytest.raises(DataError, match=r"'amount', row 1: found -5.0"):
        trained(rows, "is_sold", cost="fn=5,fp=20", stakes="amount", test=test)


def test_a_capacity_counts_the_rows_of_the_data_also_those_without_a_target():
    rows = sold(400)
    rows = [{**row, "is_sold": None} if n % 2 else row for n, row in enumerate(rows)]
    told = trained(rows, "is_sold", cost="fn=5,fp=20", capacity=40).evidence["decision"]
    assert told["capacity"]["share"] == pytest.approx(0.1)


@pytest.mark.parametrize(("saved", "is_told"), [((-3.0, -4.0, -2.0), True), ((-3.0, -7.0, 1.0), False)])
def test_a_dull_rule_that_is_cheaper_is_an_error(saved, is_told):
    amount = dict(zip(("value", "low", "high"), saved, strict=True))
    others = [{"what": "doing nothing", "per_row": {"value": 9.0, "low": 8.0, "high": 10.0}},
              {"what": BY_THE_MODEL, "per_row": {"value": -9.0, "low": -9.5, "high": -8.5}}]  # fmt: skip
    found = costs_more({"against": [*others, {"what": "acting on everything", "per_row": amount}]})
    assert [one.severity.value for one in found] == ["error"] * is_told
    assert not is_told or "by 3 a row (95 % interval 2 to 4)" in found[0].message
    assert costs_more(None) == []
