"""Preparing: roles are obeyed, rows without a target are left out, the test is sealed."""

import numpy as np
import pytest

import mlwright as mw
from mlwright.core.budget import Budget
from mlwright.core.errors import DataError, MissingColumnError, UnknownNameError, UsageError
from mlwright.core.schema import Role
from mlwright.workflow.leaks import without_leaks
from mlwright.workflow.prepare import fingerprint, prepare

from .conftest import fitted, houses, only, options

FEATURES = ("size", "age", "area")


def prepared(rows, target="price", **given):
    return prepare(rows, target, options(**given))


def test_rows_without_a_target_are_left_out_and_that_is_said():
    rows = only(houses(), *FEATURES, "price")
    for row in range(0, 40, 2):
        rows[row]["price"] = None
    found = prepared(rows)
    assert found.everything.n_rows == 140
    assert found.n_rows_read == 160
    finding = next(f for f in found.findings if f.rule == "missing_target")
    assert (finding.severity.value, finding.action, finding.column) == ("warning", "dropped", "price")
    assert finding.evidence == {"n_missing": 20, "n_rows": 160}
    sizes = [row["age"] for row in rows if row["price"] is not None]
    np.testing.assert_array_equal(found.everything.columns["age"], sizes)


def test_few_missing_targets_are_a_note():
    rows = only(houses(), *FEATURES, "price")
    rows[3]["price"] = None
    finding = next(f for f in prepared(rows).findings if f.rule == "missing_target")
    assert finding.severity.value == "note"


def test_the_two_sides_are_all_rows_and_share_none():
    found = prepared(only(houses(), *FEATURES, "price"))
    both = np.concatenate([found.split.train, found.split.test])
    np.testing.assert_array_equal(np.sort(both), np.arange(160))
    assert found.train.n_rows + found.test.n_rows == 160
    assert found.test.n_rows == pytest.approx(32, abs=2)
    np.testing.assert_array_equal(found.test.target, found.everything.target[found.split.test])


def test_a_group_stays_on_one_side():
    rows = [{**row, "street": f"s{n % 20}"} for n, row in enumerate(only(houses(), *FEATURES, "price"))]
    found = prepared(rows, group="street")
    assert found.split.how == "grouped"
    assert found.split.proof["n_shared_groups"] == 0
    assert not set(found.train.groups) & set(found.test.groups)
    assert "street" not in found.train.columns
    _, search = fitted(rows, "price", group="street")
    groups = found.train.groups
    for train, valid in search.search.store.folds:
        assert not set(groups[train]) & set(groups[valid])


def test_the_test_is_later_than_what_is_learned_from():
    days = np.random.default_rng(1).permutation(160)
    rows = [
        {**row, "when": str(np.datetime64("2020-01-01") + int(day))}
        for row, day in zip(only(houses(), *FEATURES, "price"), days, strict=True)
    ]
    found, search = fitted(rows, "price", time="when")
    assert found.split.how == "forward in time"
    assert found.train.times.max() < found.test.times.min()
    assert found.split.proof["latest_train_time"] < found.split.proof["earliest_test_time"]
    for train, valid in search.search.store.folds:
        assert found.train.times[train].max() < found.train.times[valid].min()


def test_weights_reach_the_learner_and_are_no_feature():
    rows = [{**row, "w": float(n % 3)} for n, row in enumerate(only(houses(), *FEATURES, "price"))]
    found, search = fitted(rows, "price", weight="w")
    np.testing.assert_array_equal(found.train.weights, found.split.train % 3)
    np.testing.assert_array_equal(search.search.store.weights, found.train.weights)
    assert "w" not in found.train.columns
    _, plain = fitted(only(houses(), *FEATURES, "price"), "price")
    assert plain.judged.data != search.judged.data


@pytest.mark.parametrize(
    ("bad", "says"), [(-1.0, r"'w', row 4: found -1.0"), (None, r"'w', row 4: found nan")]
)
def test_a_weight_below_zero_or_missing_is_refused(bad, says):
    rows = [{**row, "w": 1.5 + n % 2} for n, row in enumerate(only(houses(), *FEATURES, "price"))]
    rows[3]["w"] = bad
    with pytest.raises(DataError, match=says):
        prepared(rows, weight="w")


def test_ids_are_kept_and_no_feature():
    found = prepared(only(houses(), "number", *FEATURES, "price"), id=("number",))
    assert found.schema["number"].role is Role.ID
    assert found.train.ids["number"][0] == f"H{found.split.train[0]:05d}"
    assert "number" not in found.train.columns


def test_an_excluded_column_is_not_used():
    found = prepared(only(houses(), *FEATURES, "price"), exclude=("age",))
    assert set(found.train.columns) == {"size", "area"}
    assert found.schema["age"].role is Role.UNUSED


def test_a_given_test_judges_and_nothing_is_sealed_off():
    rows = only(houses(), *FEATURES, "price")
    found = prepared(rows[:100], test=rows[100:])
    assert (found.train.n_rows, found.test.n_rows, found.everything.n_rows) == (100, 60, 160)
    assert found.split.how == "given"
    np.testing.assert_array_equal(found.everything.target, [row["price"] for row in rows])


def test_copies_in_a_given_test_are_counted():
    rows = only(houses(), *FEATURES, "price")
    rows = [{**row, "size": 50.0 + n} for n, row in enumerate(rows)]
    assert prepared(rows[:100], test=rows[90:]).split.proof["n_shared_duplicates"] == 10


def test_a_given_test_without_the_target_is_refused():
    rows = only(houses(), *FEATURES, "price")
    with pytest.raises(MissingColumnError, match="'price'"):
        prepared(rows[:100], test=only(rows[100:], *FEATURES))


@pytest.mark.parametrize("role", ["group", "time", "weight"])
def test_a_role_for_a_column_that_is_not_there_is_refused(role):
    with pytest.raises(MissingColumnError, match=r"'agee'.*'age'"):
        prepared(only(houses(), *FEATURES, "price"), **{role: "agee"})


def test_an_unknown_target_kind_or_metric_is_refused():
    rows = only(houses(), *FEATURES, "price")
    with pytest.raises(MissingColumnError, match="Did you mean 'price'"):
        prepared(rows, "prise")
    with pytest.raises(UnknownNameError, match="rmse"):
        prepared(rows, metric="rmsee")
    with pytest.raises(UnknownNameError):
        prepared(rows, kind="regresion")


@pytest.mark.parametrize(
    ("target", "kind"), [("price", "regression"), ("is_sold", "binary"), ("grade", "multiclass")]
)
def test_the_kind_of_question_is_recognized(target, kind):
    assert prepared(only(houses(), *FEATURES, target), target).task.kind == kind


def test_what_is_not_learned_from_does_not_set_the_scale_of_the_target():
    rows = only(houses(), *FEATURES, "price")
    found = prepared(rows[:100], test=[{**row, "price": row["price"] * 1e6} for row in rows[100:]])
    known = found.train.target
    assert found.task.offset == pytest.approx(known.mean())
    assert found.task.scale == pytest.approx(known.std())
    sealed = prepared(rows)
    assert sealed.task.offset == pytest.approx(sealed.train.target.mean())
    assert sealed.task.scale == pytest.approx(sealed.train.target.std())


def test_equal_data_have_equal_fingerprints_and_others_others():
    rows = only(houses(), *FEATURES, "price")
    first = prepared(rows).fingerprint
    assert prepared({name: [row[name] for row in rows] for name in rows[0]}).fingerprint == first
    rows[0]["age"] += 1
    assert prepared(rows).fingerprint != first
    assert len(fingerprint(prepared(rows).train)) == 64


def test_labels_that_differ_only_in_writing_are_pointed_out():
    labels = ["Yes", "yes ", "no", "caf\u00e9", "cafe\u0301", "no"]
    rows = [{"x": row % 7 + row / 100, "y": labels[row % 6]} for row in range(60)]
    found = [f for f in prepare(rows, "y", options(kind="multiclass")).findings if f.rule == "labels_alike"]
    assert [sorted(f.evidence["labels"]) for f in found] == [["Yes", "yes"], ["cafe\u0301", "caf\u00e9"]]
    assert "'cafe\\u0301', 'caf\\xe9'" in found[1].message


@pytest.mark.parametrize(
    ("target", "cells", "given", "says"),
    [
        ("is_sold", {"age": -1.0}, {"cost": "fn=5", "stakes": "age"}, "'age', row 8: found -1.0"),
        ("is_sold", {"is_sold": "perhaps"}, {}, "in row 8 is 'perhaps', which is no known class"),
    ],
)
def test_a_bad_cell_is_named_with_its_row_in_the_table_also_where_rows_lack_a_target(
    target, cells, given, says
):
    rows = only(houses(), *FEATURES, target)
    bad = [{**row, target: None} if n < 5 else dict(row) for n, row in enumerate(rows)]
    bad[7] |= cells
    with pytest.raises(DataError, match=says):
        prepared(rows, target, test=bad, **given)
    if given:
        with pytest.raises(DataError, match=says):
            prepared(bad, target, **given)


def test_a_decision_of_today_that_is_none_is_named_with_its_row_in_the_table():
    rows = [{**row, "now": "no"} for row in only(houses(), *FEATURES, "is_sold")]
    rows[0]["is_sold"] = None
    rows[4]["now"] = "perhaps"
    with pytest.raises(UsageError, match="in row 5 is 'perhaps'"):
        prepared(rows, "is_sold", cost="fn=5,fp=1", today="now")


def test_a_quantity_that_is_no_number_is_named_with_its_row_in_the_table():
    rows = [{**row, "price": None if n < 5 else f"price {n}"} for n, row in enumerate(houses())]
    with pytest.raises(DataError, match="target in row 6 is 'price 5', no number"):
        prepared(rows, "price", kind="regression")


@pytest.mark.parametrize("leak", [False, True])
def test_groups_of_a_given_test_that_are_learned_from_are_counted_and_told(leak):
    rows = [{**row, "street": f"s{n // 8:02}"} for n, row in enumerate(only(houses(), *FEATURES, "price"))]
    if leak:
        rows = [{**row, "leak": np.exp(row["price"] / 50.0)} for row in rows]
    chosen = options(group="street", test=rows[84:])
    found = without_leaks(prepare(rows[:100], "price", chosen), chosen, Budget(max_trials=1))
    assert bool([one for one in found.leaks if one["action"] == "dropped"]) == leak
    assert found.split.proof["n_shared_groups"] == 3  # those of the rows 80 to 103
    told = [one.evidence for one in found.findings if one.rule == "test_groups_seen"]
    assert told == [{"n_shared_groups": 3}]
    assert len(np.unique(found.everything.groups)) == 20
    apart = prepared(rows[:80], group="street", test=rows[80:])
    assert apart.split.proof["n_shared_groups"] == 0
    assert "test_groups_seen" not in {one.rule for one in apart.findings}


def dated(n_rows, n_weightless):
    return [
        {**row, "day": f"2024-{1 + n // 28:02}-{1 + n % 28:02}", "w": float(n >= n_weightless)}
        for n, row in enumerate(only(houses(n_rows), *FEATURES, "price"))
    ]


def test_rows_that_weigh_nothing_are_in_no_fold_but_are_judged():
    found, search = fitted(dated(160, 80), "price", time="day", weight="w")
    assert np.flatnonzero(found.train.weights == 0).tolist() == list(range(80))
    folds = search.search.store.folds
    assert len(folds) > 1
    assert min(rows.min() for pair in folds for rows in pair) >= 80
    early = [{**row, "w": 1.0 - row["w"]} for row in dated(160, 80)]
    assert (prepared(early, time="day", weight="w").test.weights == 0).all()


def test_rows_to_learn_from_must_weigh_something():
    with pytest.raises(DataError, match=r"All 128 rows to learn from weigh 0 in 'w'.*--test"):
        fitted(dated(160, 140), "price", time="day", weight="w")


def test_a_table_of_pictures_alone_is_refused_by_their_name():
    rows = {"picture": [b"\x89PNG\r\n\x1a\n\x00%d" % n for n in range(40)], "label": [0, 1] * 20}
    with pytest.raises(DataError, match="'picture' is unused \\(bytes that are no text\\)"):
        mw.train(rows, "label", max_trials=1)
