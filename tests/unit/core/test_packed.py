"""Packed networks: each step goes down the slope that small changes of the parameters show."""

import numpy as np
import pytest

from mlwright.core.packed import Packed

_OPTIONS = {"members": 2, "rate": 1e-3, "decay": 0.0, "dropout": 0.0}
_SIZES = (3, 5, 5, 2)


def made(**changes):
    return Packed(_SIZES, {**_OPTIONS, **changes}, np.random.default_rng(0))


def loss(nets, given, wanted):
    """Return the mean squared error, from the outputs that a step of a throwaway copy is told."""
    told = []

    def slope_of(outputs):
        told.append(outputs.copy())
        return np.zeros_like(outputs)

    copy = made()
    for mine, theirs in zip(copy.views, nets.views, strict=True):
        mine[:] = theirs
    copy.step(given, slope_of, 0, 10)
    return float(np.mean(np.sum((told[0].astype(np.float64) - wanted) ** 2, axis=(0, 2))))


@pytest.fixture
def rows():
    rng = np.random.default_rng(1)
    given = rng.normal(size=(40, 3)).astype(np.float32)
    return given, rng.normal(size=(40, 2)).astype(np.float32)


def test_the_first_step_of_each_parameter_goes_down_its_slope(rows):
    given, wanted = rows
    nets = made()
    before = [view.copy() for view in nets.views]
    slopes = []
    for view in nets.views:
        flat = view.reshape(-1)
        each = np.zeros(flat.size)
        for place in range(flat.size):
            kept, ends = flat[place], []
            for change in (-1e-2, 1e-2):
                flat[place] = kept + change
                ends.append(loss(nets, given, wanted))
            flat[place] = kept
            each[place] = (ends[1] - ends[0]) / 2e-2
        slopes.append(each.reshape(view.shape))
    for _ in range(2):  # the rate is almost nothing in the first
        nets.step(given, lambda outputs: (outputs - wanted) * (2.0 / len(given)), 5, 10)
    for view, start, slope in zip(nets.views, before, slopes, strict=True):
        clear = np.abs(slope) > 0.02 * np.abs(slope).max()
        assert clear.mean() > 0.5
        assert (np.sign(start - view)[clear] == np.sign(slope)[clear]).all()


def test_dropout_keeps_what_is_expected(rows):
    given, _ = rows
    told = {}
    for dropout in (0.0, 0.5):
        nets = made(dropout=dropout)
        outputs = []
        for _ in range(400):
            nets.step(given, lambda out, seen=outputs: seen.append(out.copy()) or np.zeros_like(out), 0, 10)
        told[dropout] = np.mean(outputs, axis=0)
    apart = np.abs(told[0.5] - told[0.0]).mean()
    assert 0 < apart < 0.4 * np.abs(told[0.0]).mean()


def test_decay_alone_shrinks_weights_and_nothing_else(rows):
    given, _ = rows
    nets = made(decay=0.5)
    before = [view.copy() for view in nets.views]
    nets.step(given, np.zeros_like, 5, 10)
    for number, (view, start) in enumerate(zip(nets.views, before, strict=True)):
        if number % 2:
            assert (np.abs(view) < np.abs(start)).all()
        else:
            assert (view == start).all()
