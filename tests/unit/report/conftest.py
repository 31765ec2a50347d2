"""What a recommender leaves behind."""

from __future__ import annotations

import pytest


def estimate(value, half=0.01):
    return {"value": value, "low": value - half, "high": value + half, "direction": "max"}


def films_by(**changes):
    """Return what a recommender leaves behind, as `workflow/recommending/evidence.py` writes it."""
    group = "users who took {} items before".format
    ranking = {
        "users": [
            {"what": group("1 to 9"), "n_users": 400, "ndcg_at_10": estimate(0.10)},
            {"what": group("10 to 99"), "n_users": 300, "ndcg_at_10": estimate(0.20)},
        ],
        "beside": {
            "coverage": 0.25,
            "novelty": 3.5,
            "diversity": 0.5,
            "popularity_lift": 1.2,
            "n_relevant": 1000,
            "n_relevant_new_items": 20,
        },
        "baseline_beside": {"coverage": 0.01, "novelty": 1.5, "diversity": 0.4, "popularity_lift": 3.0},
        "liked_from": 4.0,
        "examples": [
            {
                "history": ["7"],
                "offered": ["8", "9"],
                "hits": ["9"],
                "titles": {"7": "Seven <b>", "9": "Nine"},
            },
        ],
    }
    return {
        "name": "log.csv",
        "task": {"kind": "recommendation", "target": "film", "metric": "ndcg_at_10", "classes": []},
        "data": {
            "n_rows": 5000,
            "n_items": 60,
            "columns": [
                {"name": "person", "kind": "identifier", "role": "id", "missing_share": 0.0, "n_unique": 700},
                {"name": "film", "kind": "category", "role": "target", "missing_share": 0.0, "n_unique": 60},
            ],
        },
        "split": {"how": "later in time", "n_train": 4000, "n_test": 700, "unit": "users", "folds": {"n": 1}},
        "importance": [],
        "importance_left_out": 0,
        "leaks": [],
        "test": {"ndcg_at_10": estimate(0.15), "hit_rate_at_10": estimate(0.60)},
        "baseline": {"ndcg_at_10": estimate(0.10), "hit_rate_at_10": estimate(0.40)},
        "gain": estimate(0.05),
        "ranking": ranking | changes,
        "findings": [],
        "options": {"kind": ["recommendation"], "user": ["person"]},
    }


@pytest.fixture
def films():
    """Return a function that makes the evidence of a recommender, with other parts of its ranking."""
    return films_by
