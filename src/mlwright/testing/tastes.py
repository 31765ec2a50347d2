"""A log of users with tastes, for tests of recommenders: what is right is known."""

from __future__ import annotations

from typing import Any

import numpy as np

N_TASTES = 4
"""Item i is of taste i % 4, and so is user i; users take items of their taste eight times in nine."""


def taste_log(n_users: int = 60, n_items: int = 40, n_each: int = 12, seed: int = 0) -> dict[str, list[Any]]:
    """Return columns "user", "item", "rating" (1 to 5, what is of a user's taste is liked) and "time" [s].

    Users take items one after the other, each item at most once.
    """
    rng = np.random.default_rng(seed)
    found: dict[str, list[Any]] = {"user": [], "item": [], "rating": [], "time": []}
    for user in range(n_users):
        near = np.array([8.0 if item % N_TASTES == user % N_TASTES else 1.0 for item in range(n_items)])
        near *= 1.0 / (1.0 + np.arange(n_items) / n_items)
        items = rng.choice(n_items, n_each, replace=False, p=near / near.sum())
        start = 1_000_000_000 + int(rng.integers(0, 10_000_000))
        for place, item in enumerate(items.tolist()):
            is_liked = item % N_TASTES == user % N_TASTES
            found["user"].append(f"user {user}")
            found["item"].append(f"item {item}")
            found["rating"].append(int(rng.integers(4, 6) if is_liked else rng.integers(1, 4)))
            found["time"].append(start + 3_600 * place)
    return found


def taste_users(n_users: int = 60, n_new: int = 20) -> dict[str, list[Any]]:
    """Return what is known of the users of `taste_log`, and of "new 0" and so on, who took nothing.

    Of taste t is who likes sport t, and somewhat older; "word" says nothing.
    """
    users = [*(f"user {user}" for user in range(n_users)), *(f"new {user}" for user in range(n_new))]
    tastes = [user % N_TASTES for user in (*range(n_users), *range(n_new))]
    return {
        "user": users,
        "sport": [f"sport {taste}|all" for taste in tastes],
        "age": [20 + 10 * taste + at % 7 for at, taste in enumerate(tastes)],
        "word": ["some" if at % 3 else None for at in range(len(users))],
    }
