"""Amounts of layers are integrated gradients: those of many small steps and small differences."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from mlwright.program.layers import Stack


def stack(sizes, gain, seed=0):
    rng = np.random.default_rng(seed)
    weights = tuple(rng.normal(0, 1, shape).astype(np.float32) for shape in pairwise(sizes))
    biases = tuple(rng.normal(0, 1, size).astype(np.float32) for size in sizes[1:])
    means = rng.normal(0, 1, sizes[0]).astype(np.float32)
    return Stack(("x",), np.array([0, 1, 1, 2]), means, weights, biases, gain)


def scores(layers, rows):
    found = rows @ layers.weights[0].astype(float) + layers.biases[0]
    for weights, biases in zip(layers.weights[1:], layers.biases[1:], strict=True):
        found = (layers.gain * found / (1.0 + np.exp(-found))) @ weights.astype(float) + biases
    return found


@pytest.mark.parametrize(("sizes", "gain"), [((4, 3), 1.0), ((4, 6, 2), 1.0), ((4, 6, 5, 2), 1.7)])
def test_amounts_are_the_mean_slopes_on_the_way_from_the_average_row(sizes, gain):
    layers = stack(sizes, gain)
    row = np.array([1.5, -2.0, 0.5, 3.0], np.float32)
    start, amounts = layers.explained({"x": row}, 3)
    means, change = layers.means.astype(float), row.astype(float) - layers.means
    np.testing.assert_allclose(start, scores(layers, means), rtol=1e-4, atol=1e-5)
    way, step = means + ((np.arange(2_000) + 0.5) / 2_000)[:, None] * change, 1e-5
    for player, inputs in enumerate(([0], [1, 2], [3])):
        expected = 0.0
        for one in inputs:
            moved = step * np.eye(4)[one]
            slopes = (scores(layers, way + moved) - scores(layers, way - moved)) / (2 * step)
            expected = expected + slopes.mean(axis=0) * change[one]
        np.testing.assert_allclose(amounts[:, player], expected, rtol=1e-3, atol=2e-3)
