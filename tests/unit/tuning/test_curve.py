"""The learning curve against power laws that are known."""

import numpy as np
import pytest

from mlwright.tuning.curve import Curve

ROWS = (1_000, 3_000, 9_000)


def power_law(floor, height, power, scale=0.0, noise=0.2, alike=None, n=4_000):
    rng = np.random.default_rng(0)
    shared = rng.normal(scale=noise, size=(n, 1))
    means = np.array([floor + height * rows**-power for rows in ROWS])
    return Curve(means + shared + rng.normal(scale=0.02, size=(n, 3)), ROWS, alike, scale)


@pytest.mark.parametrize("power", [0.3, 0.5, 1.0])
def test_the_next_gain_of_a_power_law_is_foreseen(power):
    found = power_law(0.3, 3.0, power).further()
    truth = 3.0 * (9_000**-power - 27_000**-power)
    assert found.low - 1e-4 <= truth <= found.high + 1e-4
    assert found.low >= 0


def test_values_are_told_in_their_own_unit():
    curve = power_law(0.5, 10.0, 0.5, scale=20.0, noise=0.01)
    assert curve.points()[-1].value == pytest.approx(20.0 * np.sqrt(0.5 + 10.0 * 9_000**-0.5), rel=0.01)
    truth = 20.0 * (np.sqrt(0.5 + 10.0 * 9_000**-0.5) - np.sqrt(0.5 + 10.0 * 27_000**-0.5))
    assert curve.further().value == pytest.approx(truth, rel=0.05)
    assert curve.to_json()["measure"] == "rmse"


def test_a_flat_curve_promises_nothing():
    found = power_law(0.3, 0.0, 0.5).further()
    assert found.low == pytest.approx(0.0, abs=1e-6)
    assert found.value < 0.002


def test_gains_do_not_grow():
    losses = np.column_stack([np.full(500, value) for value in (1.00, 0.99, 0.80)])
    found = Curve(losses + np.random.default_rng(0).normal(scale=0.01, size=(500, 1)), ROWS, None).further()
    assert found.value == pytest.approx(0.8 * 0.19 / 0.99, abs=0.002), "nor does the share that they take"


def test_two_points_tell_the_gain_alone():
    curve = power_law(0.3, 3.0, 0.5)
    short = Curve(curve.losses[:, 1:], ROWS[1:], None)
    assert short.further() is None
    assert short.to_json()["three_times"] is None
    assert short.gain().value == pytest.approx(curve.gain().value)


def test_rows_that_err_alike_count_once():
    alone = power_law(0.3, 3.0, 0.5, noise=0.0)
    grouped = power_law(0.3, 3.0, 0.5, noise=0.0, alike=np.arange(4_000) // 400)
    widths = [curve.gain().high - curve.gain().low for curve in (alone, grouped)]
    assert widths[1] > 0.5 * widths[0]
    copies = Curve(np.repeat(alone.losses[:40], 100, axis=0), ROWS, np.repeat(np.arange(40), 100))
    few = Curve(alone.losses[:40], ROWS, None)
    assert copies.gain().low == pytest.approx(few.gain().low, abs=1e-3)
