"""Sentences about what the search was worth."""

import pytest

from mlwright.report.worth import learning_points, learning_title, worth


def estimate(value, low, high, direction="max"):
    return {"value": value, "low": low, "high": high, "direction": direction}


def evidence(gain=(0.01, 0.005, 0.015), direction="max", optimism=0.002, further=(0.02, 0.01, 0.03)):
    return {
        "task": {"metric": "roc_auc"},
        "selection": {
            "n_candidates": 7,
            "apparent": estimate(0.85, 0.84, 0.86, direction),
            "optimism": optimism,
            "corrected": estimate(0.848, 0.838, 0.858, direction),
            "simplest": {
                "name": "linear",
                "score": estimate(0.84, 0.83, 0.85),
                "gain": estimate(*gain, direction),
            },
        },
        "learning_curve": {
            "measure": "log_loss",
            "points": [
                {"n_rows": 1000, "loss": estimate(0.5, 0.48, 0.52, "min")},
                {"n_rows": 3000, "loss": estimate(0.4, 0.38, 0.42, "min")},
            ],
            "three_times": estimate(*further),
        },
    }


def test_each_fact_is_one_sentence():
    simplest, choice, rows = worth(evidence())
    assert "linear" in simplest
    assert "better" in simplest
    assert "7 candidates" in choice
    assert "0.002" in choice
    assert "5 %" in learning_title(evidence())
    assert "2 to 8 %" in rows


def test_large_shares_are_written_out():
    much = evidence(further=(0.06, 0.05, 0.132))
    assert "15 %" in learning_title(much)
    assert "(10 to 33 % of it)" in worth(evidence(further=(0.06, 0.04, 0.132)))[2]


def test_a_metric_to_be_small_reads_the_same():
    found = worth(evidence(gain=(-0.01, -0.015, -0.005), direction="min", optimism=-0.002))
    assert "0.01" in found[0]
    assert "-0.01" not in found[0]
    assert "by 0.002" in found[1]


@pytest.mark.parametrize("gain", [(0.001, -0.002, 0.004), (-0.002, -0.006, 0.001)])
def test_what_may_be_chance_is_said_to_be(gain):
    assert "not better beyond chance" in worth(evidence(gain=gain))[0]


def test_rows_that_would_not_help_are_not_asked_for():
    flat = evidence(further=(0.001, 0.0, 0.003))
    assert "other columns" in worth(flat)[2]
    assert "hardly help" in learning_title(flat)


def test_what_is_absent_is_not_told():
    assert worth({}) == []
    assert learning_points({}) == []
    partial = {**evidence(), "learning_curve": None}
    assert len(worth(partial)) == 2
