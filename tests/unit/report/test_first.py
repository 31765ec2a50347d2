"""The first screen: whatever the evidence is like, it says what a stakeholder must know, first of all."""

from __future__ import annotations

import pytest

from mlwright.report import advice, first, plain, words
from mlwright.report.build import build_brief, build_report
from mlwright.report.concerns import concerns
from mlwright.report.language import languages, spoken
from mlwright.report.verdict import verdict
from mlwright.workflow import decide


def estimate(value, low, high, direction="max"):
    return {"value": value, "low": low, "high": high, "direction": direction}


def same(value, direction="max"):
    return estimate(value, value, value, direction)


def finding(rule, severity="error", column=None, message="It is so."):
    return {
        "rule": rule, "severity": severity, "column": column, "message": message, "evidence": {},
        "remedy": "Do this.", "action": "kept",
    }  # fmt: skip


def good(evidence):
    return evidence


def useless(evidence):
    evidence["test"] = {"roc_auc": same(0.5), "accuracy": same(0.758)}
    evidence["gain"] = same(0.0)
    evidence["findings"] = [finding("not_better_than_baseline", column="income")]


def unlearned(evidence):
    useless(evidence)
    evidence["selection"] = None


def chance(evidence):
    evidence["gain"] = estimate(0.01, -0.02, 0.04)


def worse(evidence):
    evidence["gain"] = estimate(-0.1, -0.2, -0.05)


def barely(evidence):
    evidence["test"]["roc_auc"] = estimate(0.5001, 0.5, 0.5003)
    evidence["baseline"]["roc_auc"] = same(0.5001)
    evidence["gain"] = estimate(1e-8, 1e-9, 2e-8)


def leaky(evidence):
    evidence["findings"] = [finding("target_copy", column="paid", message="It repeats the answer.")]
    evidence["leaks"] = [{"column": "paid", "verdict": "drop", "action": "kept"}]


def tiny(evidence):
    evidence["split"]["n_test"] = 24
    evidence["findings"] = [finding("few_test_rows", message="Only 24 rows judge it.")]


def doubtful(evidence):
    evidence["findings"] = [finding("few_test_rows", "warning", message="Only 24 rows judge it.")]
    evidence["split"]["n_test"] = 24


def few(evidence):
    evidence["split"]["n_test"] = 60


def drifting(evidence):
    evidence["split"]["price"] = {
        "metric": "roc_auc", "n_rows": 900, "random": same(0.9), "proper": same(0.8),
        "flattery": estimate(0.1, 0.05, 0.15),
    }  # fmt: skip


def unfair(evidence):
    rates = {"selection_rate": estimate(0.4, 0.35, 0.45), "error_rate": estimate(0.1, 0.08, 0.12)}
    lower = {**rates, "selection_rate": estimate(0.1, 0.05, 0.15)}
    evidence["fairness"] = [
        {
            "column": "sex", "metric": "roc_auc", "n_left_out": 0, "is_feature": True, "of": "answers",
            "groups": [
                {"group": "m", "n": 700, "score": same(0.9), "off": 0, "rates": rates},
                {"group": "f", "n": 700, "score": same(0.9), "off": 0, "rates": lower},
            ],
            "gaps": {"selection_rate": {**estimate(0.3, 0.24, 0.36), "between": ["m", "f"]}},
            "worst": None,
        }
    ]  # fmt: skip


def uncalibrated(evidence):
    evidence["calibration_error"] = estimate(0.12, 0.1, 0.14, "min")


def beaten(evidence):
    evidence["findings"] = [finding("not_better_than_in_place")]


def left_behind(evidence):
    evidence["findings"] = [finding("level_moved", column="income")]


def never_yes(evidence):
    evidence["confusion"] = {"classes": ["<=50K", ">50K"], "counts": [[1137, 0], [363, 0]]}


def order_alone(evidence):
    for name in ("log_loss", "brier"):
        evidence["test"][name] = estimate(0.48, 0.45, 0.50, "min")
        evidence["baseline"][name] = same(0.46, "min")


def relatives(evidence):
    evidence["findings"] = [finding("group_like", "warning", "player", "It looks like a group.")]


def interrupted(evidence):
    evidence["findings"] = [finding("interrupted", "warning", None, "The run was interrupted.")]


def rarer(evidence):
    good(evidence)
    evidence["confusion"] = {"classes": ["<=50K", ">50K"], "counts": [[19, 168], [16, 1297]]}
    few = {"precision": estimate(0.54, 0.4, 0.7), "recall": estimate(0.10, 0.06, 0.15)}
    evidence["rarer_class"] = {"class": "<=50K", "n": 187, **few}


MATRIX = [
    (order_alone, "unsure", "It may ship to put cases in order, and for nothing else: it is right in", ""),
    (
        relatives,
        "unsure",
        "It may ship where it knows player; how good it is elsewhere, the test hardly tells: it",
        "player: It looks like a group.",
    ),
    (interrupted, "unsure", "It may ship, but its training was interrupted: it is right in", ""),
    (rarer, "good", "It ships:", "It misses many: of 100 cases where income is <=50K it finds 10 (6 to 15)."),
    (good, "good", "It ships: it is right in 85 of 100 cases; always giving the most usual answer", ""),
    (useless, "bad", "It does not ship: it is no better than a model that ignores every column.", ""),
    (unlearned, "bad", "It does not ship: the search ended before anything was learned.", ""),
    (chance, "bad", "It does not ship: it is no better than a model that ignores every column.", ""),
    (worse, "bad", "It does not ship: it is worse than a model that ignores every column.", ""),
    (barely, "unsure", "It could ship, but hardly gains anything", ""),
    (
        leaky,
        "bad",
        "It does not ship yet: paid must be dealt with first.",
        "paid gives the answer away and is used",
    ),
    (tiny, "bad", "It does not ship yet: there are too few test rows", "Only 24 rows judge it."),
    (doubtful, "unsure", "It may ship, but only 24 rows judged it: it is right in", "Only 24 rows judge it."),
    (few, "good", "It ships:", "Only 60 rows judged it"),
    (drifting, "good", "It ships:", "Time or groups matter here"),
    (unfair, "good", "It ships:", "It answers >50K in 40 % of cases where sex is m, in 10 % where it is f"),
    (uncalibrated, "good", "It ships:", "Its chances are off by 12 points on average"),
    (beaten, "bad", "It does not ship: it is not better than the model in place.", ""),
    (left_behind, "bad", "It does not ship yet: the level of income has moved", ""),
    (
        never_yes,
        "good",
        "It ships to put cases in order, not to say yes or no:",
        "It never says that income is >50K. Use its chances",
    ),
]


@pytest.mark.parametrize(
    ("change", "tone", "says", "watches"), MATRIX, ids=[one[0].__name__ for one in MATRIX]
)
@pytest.mark.parametrize("build", [build_report, build_brief])
def test_the_first_screen_is_right_for_every_sort_of_model(change, tone, says, watches, build, income, read):
    income["findings"] = []
    change(income)
    html = build(income)
    first_line = read(html[html.index("<h1") : html.index("</h1>")])
    assert first_line[1:].startswith(says)
    assert verdict(income).tone == tone
    assert watches in read(html[html.index("What to watch") : html.index("</section>")])
    assert first_line.startswith({"good": "✓", "bad": "✕", "unsure": "?"}[tone])


def test_of_an_answer_that_is_never_given_no_share_is_told(income):
    never_yes(income)
    told = " ".join(plain.meaning(income))
    assert "It never says that income is >50K" in told
    assert "it finds" not in told
    assert "it is right in" not in told
    assert "misses many" not in " ".join(one.says for one in concerns(income))
    income["confusion"]["counts"] = [[1134, 3], [363, 0]]
    assert plain.never(income, "says") == [
        "Of 1,500 rows it says in 3 that income is >50K: too few to tell how often it is right then."
    ]
    assert "It hardly ever says that income is >50K: in 3 of 1,500 rows" in str(concerns(income))
    income["confusion"]["counts"] = [[1130, 7], [360, 3]]
    assert plain.never(income, "says") == []


def test_a_measure_in_which_the_baseline_is_better_is_told(bikes):
    assert "By MAPE" not in str(concerns(bikes))
    bikes["test"]["mape"] = estimate(0.195, 0.185, 0.207, "min")
    bikes["baseline"]["mape"] = estimate(0.159, 0.143, 0.175, "min")
    assert "By MAPE it is worse than" in str(concerns(bikes))


@pytest.mark.parametrize("language", languages())
def test_an_order_is_worth_what_its_first_tenth_holds(income, language):
    few = {"precision": estimate(0.031, 0.02, 0.04), "recall": estimate(0.27, 0.19, 0.36)}
    income["first_tenth"] = {"class": ">50K", "share": 0.012, "n": 150, **few}
    with spoken(language):
        assert "27 (19 " not in " ".join(plain.meaning(income))
        income["confusion"] = {"classes": ["<=50K", ">50K"], "counts": [[1482, 0], [18, 0]]}
        told = " ".join(plain.meaning(income))
        assert all(figure in told.replace(",", ".") for figure in ("27 (19 ", "3.1 %", "1.2 %"))


def test_cases_that_are_harder_are_told_apart_from_those_it_is_too_sure_of(income):
    worse = {"inside": estimate(0.5, 0.4, 0.6, "min"), "outside": estimate(0.2, 0.1, 0.3, "min")}
    one = {"rule": "age > 60", "metric": "log_loss", "n": 99, **worse, "is_surprised": False}
    income["slices"] = [one]
    told = next(one for one in concerns(income) if "age > 60" in one.says)
    assert (told.severity, told.says[:22]) == ("note", "Some cases are harder.")
    income["slices"] = [one | {"is_surprised": True}]
    told = next(one for one in concerns(income) if "age > 60" in one.says)
    assert (told.severity, told.says[:25]) == ("warning", "It is weaker in a part. W")


def test_a_class_that_few_rows_judge_is_watched(income):
    told = "Only in 7 of the test rows income is >50K: what is said of such cases may be far from the truth."
    income["confusion"] = {"classes": ["<=50K", ">50K"], "counts": [[1400, 93], [3, 4]]}
    assert told in [one.says for one in first.watch(income)]
    income["confusion"]["counts"] = [[1400, 63], [3, 34]]
    assert next(one for one in concerns(income) if "Only in 37" in one.says).severity == "note"
    income["confusion"]["counts"] = [[1400, 63], [3, 134]]
    assert told[:8] not in " ".join(one.says for one in concerns(income))


def test_years_have_no_mark_of_thousands(income):
    points = [
        {"at": at, "mean": mean, "low": 0.1, "high": 0.9}
        for at, mean in ((1988, 0.2), (2000, 0.3), (2011, 0.5))
    ]
    income["dependence"] = [{"column": "year", "class": ">50K", "points": points}]
    assert "As year goes from 1988 to 2011, " in first.effect(income, "year")
    points[2]["at"] = 2687
    assert "As year goes from 1,988 to 2,687, " in first.effect(income, "year")


def test_at_most_three_things_are_to_watch_the_gravest_first_and_none_twice(income):
    income["findings"] = [finding("a", "note"), finding("b", "warning"), finding("c"), finding("c")]
    drifting(income)
    uncalibrated(income)
    watched = first.watch(income)
    assert len(watched) == len({one.says for one in watched}) == first.MOST_WATCHED
    assert watched[0].severity == "error"


def test_a_ranking_is_measured_by_rankings_and_judged_by_users(income):
    income["task"] |= {"metric": "ndcg_at_10", "question": "Which film will a user take next?"}
    income["task"] |= {"classes": [], "baseline": "the best of the naive ones, popularity"}
    income["split"]["unit"] = "users"
    income["test"] = {"ndcg_at_10": estimate(0.21, 0.2, 0.22)}
    income["baseline"] = {"ndcg_at_10": estimate(0.15, 0.14, 0.16)}
    income["gain"] = estimate(0.06, 0.05, 0.07)
    assert first.answer(income) == "It ships: it beats the best naive ranking, beyond chance."
    assert words.question(income) == "Which film will a user take next?"
    income["split"]["how"] = "later in time"
    assert "users, by what they did after all that it learned from" in words.headline(income)
    income["gain"] = estimate(-0.06, -0.07, -0.05)
    assert first.answer(income) == "It does not ship: it is worse than the best naive ranking."
    assert "sealed test users the model is worse than the best naive ranking" in verdict(income).reason


def test_money_is_told_first(income, read):
    saved = {"per_row": estimate(12.3, 10.0, 14.6), "total": estimate(1230, 1000, 1460)}
    income["decision"] = {
        "costs": [[0, 20], [500, 0]], "classes": ["<=50K", ">50K"], "n_rows": 100, "threshold": 0.04,
        "counts": [{"decision": "<=50K", "n": 60}, {"decision": ">50K", "n": 40}],
        "against": [{"what": "doing nothing", **saved}],
    }  # fmt: skip
    assert first.answer(income) == "It ships: it saves 12.3 a case against doing nothing."
    assert "Saved per case, against" in read(build_report(income))


@pytest.mark.parametrize(
    ("saved", "says"),
    [
        ((3.0, 1.0, 7.0), "costs 3.0 (1.0 to 7.0) less than with this: doing nothing."),
        ((3.0, -1.0, 7.0), "costs 3.0 (-1.0 to 7.0) less than with this: doing nothing. That may be chance."),
        (
            (-3.0, -9.0, 4.0),
            "costs 3 (-4 to 9) more than with this: doing nothing. That may be chance.",
        ),
        ((-3.0, -9.0, -1.0), "costs 3.0 (1.0 to 9.0) more than with this: doing nothing."),
        ((3.0, None, None), "costs 3 less than with this: doing nothing."),
    ],
)
def test_money_is_told_with_its_true_interval(income, saved, says):
    income["decision"] = {"against": [{"what": "doing nothing", "per_row": estimate(*saved)}]}
    assert first.how_good(income)[0] == f"Decided by it, a case {says}"


@pytest.mark.parametrize("language", languages())
def test_a_rule_of_today_reads_the_same_wherever_it_stands(income, language):
    saved = {"per_row": estimate(3.0, 1.0, 7.0), "total": estimate(300, 100, 700)}
    income["decision"] = {"against": [{"what": "today's rule", **saved}]}
    with spoken(language):
        rule = advice.rival("today's rule")
        assert first.answer(income).endswith(f" {rule}.")
        assert first.how_good(income)[0].endswith(f": {rule}.")
        assert "der " not in str(rule)


def test_a_number_is_told_in_its_own_unit(bikes):
    assert first.answer(bikes).startswith(
        "It ships: its answers are off by 39.5 on average; always giving the"
    )


def test_the_model_in_place_stands_beside_the_new_one(income, read):
    income["in_place"] = {
        "verdict": "ship", "why": "better", "metric": "roc_auc", "n_rows": 1500, "n_needed": None,
        "old": estimate(0.85, 0.83, 0.87), "new": income["test"]["roc_auc"],
        "difference": estimate(0.05, 0.04, 0.06),
        "changes": {
            "n_rows": 1500, "is_value": False, "n_changed": 90, "n_better": 60, "n_worse": 30, "middle": 0.1,
            "where": [{"column": "age", "group": "60 to 90", "n": 100, "distance": 0.3}],
        },
    }  # fmt: skip
    page = read(build_report(income))
    assert "It is better than the model in place, beyond chance." in page
    assert "Of 1,500 rows, 90 get another answer: 60 become right, 30 become wrong." in page


def test_leaks_are_watched_as_people_would_say_it(income):
    income["findings"] = [
        finding("target_copy", "warning", "paid", "Leak, left out: it repeats the target. ROC AUC 0.9."),
        finding("dominance", "warning", "age", "Possible leak."),
    ]
    income["leaks"] = [
        {"column": "paid", "verdict": "drop", "action": "dropped"},
        {"column": "age", "verdict": "warn", "action": "kept"},
    ]
    watched = [(one.severity, one.place) for one in first.watch(income)]
    assert watched[0] == ("warning", "leaks")
    assert "when age is filled in" in first.watch(income)[0].says
    told = " ".join(one.says for one in first.watch(income))
    assert "ROC AUC" not in told
    assert told.count("paid") <= 1


def test_a_class_of_many_that_is_seldom_found_is_watched(income):
    income["task"] |= {"target": "quality", "classes": ["3", "5", "7"]}
    income["confusion"] = {
        "classes": ["3", "5", "7"], "counts": [[2, 33, 0], [0, 300, 20], [0, 50, 90]],
    }  # fmt: skip
    told = "It seldom finds some: of 35 test rows where quality is 3 it finds 2."
    assert told in [one.says for one in first.watch(income)]
    for counts in ([[0, 9, 0], [0, 300, 20], [0, 50, 90]], [[20, 15, 0], [0, 300, 20], [0, 50, 90]]):
        income["confusion"]["counts"] = counts
        assert "seldom finds" not in " ".join(one.says for one in concerns(income))


def test_what_has_been_dealt_with_is_not_to_be_watched(income):
    income["findings"] = [
        {**finding("identifier", "note", "id", "It names the row."), "action": "dropped"},
        finding("group_like", "note", "shop", "It looks like a group."),
    ]
    told = [one.says for one in first.watch(income)]
    assert "shop: It looks like a group." in told
    assert "id: It names the row." not in told


def test_a_model_that_is_worth_nothing_leans_on_nothing(income):
    income["importance"] = [{"column": "age", "drop": estimate(0.1, 0.05, 0.15)}]
    income["importance_left_out"] = 3
    assert "It leans on one column, age" in " ".join(one.says for one in concerns(income))
    useless(income)
    assert "It leans on" not in " ".join(one.says for one in concerns(income))


def decided(*saved):
    """Return decisions that save so much a row against each alternative, with an interval of 2 around it."""
    names = ["doing nothing", "acting on everything", "deciding for the likeliest"]
    against = [
        {"what": what, "per_row": estimate(one, one - 1, one + 1), "total": estimate(one, one - 1, one + 1)}
        for what, one in zip(names, saved, strict=True)
    ]
    return {
        "costs": [[0, 1], [5, 0]], "classes": ["<=50K", ">50K"], "n_rows": 100, "against": against,
        "counts": [{"decision": "<=50K", "n": 60}, {"decision": ">50K", "n": 40}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("saved", "tone", "says"),
    [
        ((9.0, 2.0, 0.0), "good", "It ships: it saves 2.0 a case against acting on everything."),
        ((2.0, 9.0, 0.0), "good", "It ships: it saves 2.0 a case against doing nothing."),
        (
            (9.0, 0.5, 0.1),
            "unsure",
            (
                "It could ship, but with these costs it saves nothing beyond chance against acting on "
                "everything."
            ),
        ),
        ((9.0, -3.0, 0.1), "bad", "It does not ship: acting on everything costs less than deciding by it."),
    ],
)
def test_what_is_saved_is_measured_by_the_best_that_one_could_do_without(income, saved, tone, says):
    income["findings"] = [finding("costs_more")] if tone == "bad" else []
    income["decision"] = decided(*saved)
    assert first.answer(income) == says
    assert verdict(income).tone == tone
    against = "acting on everything" if saved[1] < saved[0] else "doing nothing"
    assert first.how_good(income)[0].endswith(f"than with this: {against}.") or "chance" in says
    assert f" a row against {against}" in advice.advice(income)


def test_a_model_in_place_that_the_rows_cannot_beat_is_told_first(income):
    income["findings"] = [finding("not_better_than_in_place", "warning")]
    income["in_place"] = {
        "verdict": "not_enough_data", "metric": "roc_auc", "old": estimate(0.9, 0.8, 1.0),
        "new": estimate(0.9, 0.8, 1.0), "difference": estimate(0.0, -0.1, 0.1),
    }  # fmt: skip
    assert first.answer(income) == (
        "It may ship, but whether it is better than the model in place, these rows cannot tell."
    )
    assert verdict(income).tone == "unsure"


def test_training_and_report_call_the_alternative_that_needs_the_model_alike():
    assert words.BY_THE_MODEL == decide.BY_THE_MODEL


def test_a_share_that_a_dull_answer_drives_up_is_no_gain(income):
    income["test"] = {
        "roc_auc": estimate(0.88, 0.866, 0.894), "accuracy": estimate(0.68, 0.66, 0.69),
        "recall": estimate(0.92, 0.9, 0.94), "precision": estimate(1.0, 0.03, 1.0),
    }  # fmt: skip
    income["baseline"] = {
        "roc_auc": same(0.5),
        "accuracy": same(0.8),
        "recall": same(0.0),
        "precision": same(0.0),
    }
    assert first.answer(income) == (
        "It ships to put cases in order, not to say yes or no: shown one case where income is >50K and one "
        "where it is not, it tells them apart 88 times in 100; guessing does so 50 times."
    )
    told = (
        "Its answers are right in 68 of 100 cases, always giving the most usual one in 80: use its order of"
    )
    assert told in " ".join(one.says for one in first.watch(income))
    income["test"]["accuracy"] = estimate(0.79, 0.77, 0.81)
    assert told[:20] not in " ".join(one.says for one in first.watch(income))


def test_what_is_optimized_is_told_where_the_paired_gain_shows_it(bikes):
    bikes["test"] = {
        "rmse": estimate(1_900.0, 1_200.0, 3_000.0, "min"),
        "mae": estimate(730.0, 570.0, 1_000.0, "min"),
    }
    bikes["baseline"] = {"rmse": same(2_000.0, "min"), "mae": same(710.0, "min")}
    bikes["gain"] = estimate(-94.0, -162.0, -25.0, "min")
    assert first.answer(bikes) == (
        "It ships: counting large errors more, its answers are off by 1,900; always giving the same answer "
        "is off by 2,000."
    )
    assert first.picture(bikes)[0].startswith("Distance from the true cnt, large ones counting more")
    bikes["gain"] = estimate(-9.0, -62.0, 25.0, "min")
    assert first.picture(bikes)[0].startswith("Distance from the true cnt, large ones counting more")


def test_what_was_learned_in_part_is_something_learned(income):
    income["selection"] = None
    assert first.answer(income).startswith("It ships: it is right in 85 of 100 cases")
    income["gain"] = estimate(0.0, -0.1, 0.1)
    assert first.answer(income) == "It does not ship: the search ended before anything was learned."


def test_a_column_in_doubt_that_gives_the_whole_answer_is_asked_about_first(income):
    income["findings"] = [finding("target_copy", "warning", "bar")]
    leak = {"column": "bar", "verdict": "warn", "action": "kept", "charges": ["dominance", "near_perfect"]}
    income["leaks"] = [leak]
    assert first.answer(income) == (
        "It may ship, once somebody knows when bar is filled in: it gives nearly the whole answer alone."
    )
    assert verdict(income).tone == "unsure"
    income["leaks"] = [{**leak, "charges": ["dominance"]}]
    assert verdict(income).tone == "good"


def test_of_two_classes_the_rarer_is_told_of(income):
    rarer(income)
    told = plain.meaning(income)
    assert "Of 100 cases where income is <=50K it finds 10 (6 to 15)." in told
    assert "Of 100 cases where it says that income is <=50K, it is right in 54 (40 to 70)." in told
    income["confusion"]["counts"] = [[0, 187], [0, 1313]]
    assert plain.never(income, "watch")[0].startswith("It never says that income is <=50K.")


def test_a_gain_that_nobody_would_notice_is_hardly_one(bikes):
    bikes["gain"] = estimate(-3.0, -9.0, -0.5, "min")
    bikes["baseline"]["rmse"] = same(bikes["test"]["rmse"]["value"] * 1.04, "min")
    assert first.answer(bikes).startswith("It could ship, but hardly gains anything over")
    assert verdict(bikes).tone == "unsure"


@pytest.mark.parametrize(
    ("sign", "says"), [(1, "too low: the truth lies above"), (-1, "too high: the truth lies below")]
)
def test_answers_that_miss_in_one_direction_are_watched(sign, says, bikes):
    error = bikes["test"]["mae"]["value"]
    ends = sorted(sign * share * error for share in (0.1, 0.5))
    bikes["residuals"]["bias"] = {"value": sign * 0.3 * error, "low": ends[0], "high": ends[1]}
    assert says in " ".join(one.says for one in concerns(bikes))
    for bias in (
        {"value": sign * 0.1 * error, "low": ends[0], "high": ends[1]},  # little of the error
        {"value": sign * 0.3 * error, "low": -0.1 * error, "high": 0.5 * error},  # maybe chance
    ):
        bikes["residuals"]["bias"] = bias
        assert says not in " ".join(one.says for one in concerns(bikes))


@pytest.mark.parametrize(
    ("folds", "says"),
    [
        ((395.0, 315.0, 501.0), "on the test 184 (170 to 201). Do not count on the better"),
        ((100.0, 90.0, 110.0), "on the test 184 (170 to 201). Count on the worse"),
        ((210.0, 195.0, 240.0), ""),
        ((230.0, 205.0, 260.0), ""),  # apart, but not far
    ],
)
def test_folds_that_say_something_else_than_the_test_are_watched(folds, says, bikes):
    bikes["test"]["rmse"] = estimate(184.0, 170.0, 201.0, "min")
    bikes["selection"] = {"corrected": estimate(*folds, "min")}
    told = " ".join(one.says for one in concerns(bikes))
    assert says in told if says else "How good it is depends on the rows" not in told


def test_of_parts_that_hold_too_little_the_worst_is_named(income):
    def part(name, n, held):
        return {
            "column": None,
            "slice": name,
            "n": n,
            "coverage": estimate(held, held - 0.01, held + 0.01),
            "off": -1,
        }

    income["intervals"] = {
        "mode": "approximate", "answers": "sets", "level": 0.9, "coverage": estimate(0.9, 0.89, 0.91),
        "slices": [part("neither", 729, 0.82), part("hate", 59, 0.492), part("tiny", 12, 0.1)],
    }  # fmt: skip
    told = " ".join(one.says for one in concerns(income))
    assert "where the answer is hate, they held the truth in 49.2 % of 59 rows" in told


def test_ranges_that_are_far_wider_than_asked_are_noted(bikes):
    wide = {"level": 0.5, "coverage": estimate(0.785, 0.71, 0.85)}
    usual = {"level": 0.9, "coverage": estimate(0.92, 0.87, 0.95)}
    bikes["intervals"] = {"mode": "approximate", "answers": "intervals", "levels": [wide, usual]}
    told = "The ranges of level 50 % are wider than asked for: they held the truth in 78.5 % of cases."
    assert told in [one.says for one in concerns(bikes)]
    wide["coverage"] = estimate(0.6, 0.55, 0.65)
    assert told[:20] not in " ".join(one.says for one in concerns(bikes))


def test_a_column_that_does_little_alone_is_told_by_what_is_lost_without_it(income):
    point = {"mean": 0.2, "low": 0.1, "high": 0.3}
    name = words.drivers(income)[0]["column"]
    income["dependence"] = [
        {"column": name, "class": ">50K", "points": [{"at": 1.0, **point}, {"at": 2.0, **point}]}
    ]
    assert first.effect(income, name).startswith(
        "With the values of this column shuffled, ROC AUC is worse by 0."
    )
    income["importance"], income["importance_left_out"] = income["importance"][:1], 0
    assert (
        first.effect(income, income["importance"][0]["column"])
        == "It is the only column that the model reads."
    )


def test_answers_that_are_no_better_than_the_usual_one_are_no_answers(income):
    income["baseline"]["accuracy"] = same(income["test"]["accuracy"]["low"] + 0.001)
    assert first.answer(income).startswith("It ships to put cases in order, not to say yes or no:")
    income["baseline"]["accuracy"] = same(income["test"]["accuracy"]["low"] - 0.001)
    assert first.answer(income).startswith("It ships: it is right in")


def test_sets_that_are_empty_are_called_so(income):
    part = {"column": None, "slice": "spam", "n": 116, "coverage": estimate(0.77, 0.7, 0.84), "off": -1}
    income["intervals"] = {
        "mode": "approximate", "answers": "sets", "level": 0.9, "coverage": estimate(0.9, 0.89, 0.91),
        "slices": [{**part, "size": estimate(0.77, 0.7, 0.84, "min")}],
    }  # fmt: skip
    told = {one.says: one.severity for one in concerns(income)}
    empty = (
        "Where the answer is spam, its sets of likely labels are often empty: they name the truth in 77.0 % "
    )
    assert told[empty + "of 116 rows, not in 90 %."] == "note"


def test_columns_that_tell_what_somebody_is_are_asked_about(income):
    roles = {column["name"]: column["role"] for column in income["data"]["columns"]}
    assert roles["sex"] == roles["race"] == "feature"
    told = next(one.says for one in concerns(income) if "--sensitive" in one.says)
    assert told.startswith("It reads ")
    assert {"sex", "race", "age"} <= set(told.replace(",", " ").replace(":", " ").split())
    for column in income["data"]["columns"]:
        column["role"] = "unused"
    assert not [one for one in concerns(income) if "--sensitive" in one.says]


def test_moments_of_the_past_are_no_drivers(bikes):
    points = [{"at": f"2011-01-{day:02}", "mean": 10.0 * day, "low": 0.0, "high": 99.0} for day in (1, 2, 3)]
    name = words.drivers(bikes)[0]["column"]
    bikes["dependence"] = [{"column": name, "kind": "datetime", "class": None, "points": points}]
    assert first.effect(bikes, name).startswith("With the values of this column shuffled, ")


def test_how_it_was_judged_is_no_danger(income):
    income["findings"] = [
        finding("time_order", "warning", "when", "The rows stand in order."),
        finding("b", "warning"),
    ]
    told = [one.says for one in first.watch(income)]
    assert told[0] == "It is so."
    assert "when: The rows stand in order." not in told[:2]


def test_what_was_found_in_several_columns_is_said_once(income):
    income["findings"] = [
        finding("binary", "warning", name, "Its cells are bytes.") for name in ("left", "right")
    ]
    told = [one.says for one in first.watch(income)]
    assert told[0] == "left: Its cells are bytes. So it is with right."
    names = [f"c{number}" for number in range(9)]
    income["findings"] = [finding("binary", "warning", name, "Its cells are bytes.") for name in names]
    assert first.watch(income)[0].says.endswith(" So it is with c1, c2, c3 and 5 more.")


def test_when_the_rows_are_from_that_judge_is_said(bikes):
    bikes["data"]["columns"] = [{"name": "when", "kind": "datetime", "role": "time"}]
    proof = {"latest_train_time": "2012-04-12T23:00:00", "earliest_test_time": "2012-04-13T00:00:00"}
    bikes["split"]["proof"] = {**proof, "latest_test_time": "2012-08-07T11:00:00"}
    told = "These rows are from 2012-04-13 to 2012-08-07; those it learned from end on 2012-04-12."
    assert told in first.lede(bikes)
    bikes["data"]["columns"][0]["kind"] = "number"
    assert "These rows are from" not in first.lede(bikes)
    bikes["split"]["proof"] = proof
    assert "These rows are from" not in first.lede(bikes)


def test_classes_that_are_seldom_found_are_told_together(income):
    income["task"] |= {"target": "quality", "classes": ["3", "4", "5", "9"]}
    income["confusion"] = {
        "classes": ["3", "4", "5", "9"],
        "counts": [[0, 0, 4, 0], [0, 5, 30, 0], [0, 2, 400, 0], [0, 0, 1, 0]],
    }
    told = "It seldom finds some: of 40 test rows where quality is 3, 4 or 9 it finds 5."
    assert told in [one.says for one in concerns(income) if one.severity == "warning"]
