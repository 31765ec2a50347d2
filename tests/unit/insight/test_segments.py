"""Segments of made-up users of whom the truth is known."""

import numpy as np

from mlwright.insight.segments import SMALLEST_CELL, find_segments, more_than_usual

NAMES = [f"item {number}" for number in range(60)]


def events(n_users=300, n_groups=3, seed=0):
    """Return users and items: a group prefers its own twenty items four times in five."""
    rng = np.random.default_rng(seed)
    users = np.repeat(np.arange(n_users), 15)
    own = (users % n_groups) * 20 + rng.integers(0, 20, len(users))
    return users, np.where(rng.random(len(users)) < 0.8, own, rng.integers(0, 60, len(users)))


def test_planted_segments_are_found_and_described():
    users, items = events()
    found = find_segments(users, items, NAMES)
    assert len(found.segments) == 3
    assert found.is_stable
    for number in range(3):
        members = np.flatnonzero(found.of == number)
        groups = np.bincount(members % 3, minlength=3)
        assert groups.max() > 0.95 * len(members)
        told = {item["name"] for item in found.segments[number]["more_than_usual"]}
        assert told <= set(NAMES[groups.argmax() * 20 : groups.argmax() * 20 + 20])


def test_users_that_are_all_alike_have_no_stable_segments():
    rng = np.random.default_rng(0)
    found = find_segments(np.repeat(np.arange(300), 15), rng.integers(0, 60, 4_500), NAMES)
    assert found is None or not found.is_stable


def test_too_few_users_are_not_grouped():
    users, items = events(n_users=40)
    assert find_segments(users, items, NAMES) is None


def test_what_fewer_users_than_a_cell_do_is_not_told():
    few = SMALLEST_CELL - 1
    users = np.concatenate([np.repeat(np.arange(few), 30), np.arange(100, 400)])
    items = np.concatenate([np.zeros(few * 30, np.int64), np.arange(300) % 5 + 1])
    is_few = users < few
    assert more_than_usual(items[is_few], items, users[is_few], NAMES) == []
