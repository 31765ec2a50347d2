"""Reliability: by how much probabilities are off, in one number with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlwright.core.evaluation import Direction, Estimate
from mlwright.core.seeds import stream
from mlwright.evaluation.detail import bins_of, said_and_happened
from mlwright.evaluation.resample import Units

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats
    from mlwright.core.prediction import Prediction

_N_BINS, _FEWEST_IN_BIN = 15, 10
_N_DRAWN = 1_000
_FACTORS = np.linspace(0.0, 2.0, 81)


def calibration_error(
    truth: Floats, prediction: Prediction, *, groups: Array | None = None, seed: int = 0
) -> Estimate:
    """Estimate the expected calibration error: how far apart what was said and what happened are.

    With two classes it is about the probability of the second; with more, about that of the chosen one
    ("top label"). Rows fall into bins of equal count, fifteen or so many that each holds ten.

    Chance alone drives what is said and what happens apart, so the plain sum over bins is too large
    even for perfect probabilities. Stated is therefore the error under which a sum like the one found
    is the middle one, and as interval the errors under which it is not among the 2.5 % at either end,
    if the gaps of the bins are in the proportions found and scatter as resampling says.

    Source of the error: Naeini, Cooper and Hauskrecht (2015), Obtaining well calibrated probabilities
    using Bayesian binning, AAAI; of the consistency check behind the correction: Bröcker and Smith
    (2007), Increasing the reliability of reliability diagrams, Weather and Forecasting 22.
    """
    nan = float("nan")
    n_bins = min(_N_BINS, len(truth) // _FEWEST_IN_BIN)
    if n_bins < 1:
        return Estimate(nan, nan, nan, Direction.MIN)
    chance, happened = said_and_happened(truth, prediction)
    gaps = np.zeros((len(truth), n_bins))
    for number, rows in enumerate(bins_of(chance, n_bins)):
        gaps[rows, number] = chance[rows] - happened[rows]
    units = Units.of(len(truth), groups, seed)
    found = gaps.mean(axis=0)
    error = units.resampled_means(units.sums(gaps), seed, 200).std(axis=0)
    scatter = stream(seed, "reliability").normal(size=(_N_DRAWN, n_bins)) * error
    plain = float(np.abs(found).sum())
    sums = np.array([np.sort(np.abs(factor * found + scatter).sum(axis=1)) for factor in _FACTORS])
    middle, low, high = (
        plain * float(np.interp(plain, sums[:, int(share * _N_DRAWN)], _FACTORS))
        for share in (0.5, 0.975, 0.025)
    )
    return Estimate(middle, min(low, middle), max(high, middle), Direction.MIN)
