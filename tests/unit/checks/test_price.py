"""What a random split would have claimed."""

import numpy as np
import pytest

from mlwright.checks.price import price_of_random
from mlwright.core.dataset import Dataset
from mlwright.core.schema import Column, Kind, Schema


def dataset(columns, target, **given):
    schema = Schema(tuple(Column(name=name, kind=Kind.NUMBER) for name in columns))
    return Dataset(schema=schema, columns=columns, n_rows=len(target), target=target, **given)


def relatives(n_groups=150, size=8, own=1.0, seed=0):
    """Rows of a group have a fingerprint, and share a part of the target that nothing else tells."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(n_groups), size)
    print_of = rng.normal(size=(n_groups, 2))[groups]
    shared = rng.normal(size=n_groups)[groups]
    x = rng.normal(size=n_groups * size)
    columns = {"x": x, "a": print_of[:, 0], "b": print_of[:, 1]}
    return dataset(columns, x + own * shared + 0.3 * rng.normal(size=len(x)), groups=groups)


def test_relatives_on_both_sides_flatter():
    found = price_of_random(relatives(), 0, 0)
    assert found["metric"] == "r2"
    assert found["flattery"]["low"] > 0.05
    assert found["flattery"]["value"] == pytest.approx(found["random"]["value"] - found["proper"]["value"])


def test_groups_that_share_nothing_do_not():
    found = price_of_random(relatives(own=0.0), 0, 0)
    assert found["flattery"]["low"] <= 0.01
    assert abs(found["flattery"]["value"]) < 0.1


def test_drift_flatters_too_and_both_are_judged_on_the_later_rows():
    rng = np.random.default_rng(0)
    times = np.arange(3_000.0)
    x = rng.normal(size=3_000)
    level = np.cumsum(rng.normal(size=3_000)) * 0.1
    rows = dataset({"x": x, "when": times}, x + level + 0.1 * rng.normal(size=3_000), times=times)
    found = price_of_random(rows, 0, 0)
    assert found["n_rows"] < 3_000
    assert found["random"]["value"] > found["proper"]["value"]


def test_without_groups_or_times_a_random_split_is_right():
    rng = np.random.default_rng(0)
    assert price_of_random(dataset({"x": rng.normal(size=200)}, rng.normal(size=200)), 0, 0) is None


def test_copies_of_a_relative_do_not_make_the_price_surer():
    once, often = relatives(n_groups=150, size=1), relatives(n_groups=150, size=1)
    often = often.take(np.repeat(np.arange(150), 10))
    one, ten = (price_of_random(rows, 0, 0) for rows in (once, often))
    for score in ("random", "proper"):
        widths = [found[score]["high"] - found[score]["low"] for found in (one, ten)]
        assert widths[1] > 0.6 * widths[0]


def test_the_same_seed_gives_the_same_price_of_whole_groups_alone():
    rows = relatives(n_groups=1_500)
    one, same = (price_of_random(rows, 0, 3) for _ in range(2))
    assert one == same
    assert one["n_rows"] <= 5_000
    assert one["n_rows"] % 8 == 0
