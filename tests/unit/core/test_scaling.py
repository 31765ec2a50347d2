"""Scaling: pieces hold as many rows each, whatever the spread of a column, and what they give is a share."""

import numpy as np
import pytest

from mlwright.core.scaling import Scaling


def pieces(values, n_pieces):
    return Scaling.fit(np.asarray(values, np.float32)[:, None], n_pieces).pieces


@pytest.mark.parametrize("spread", ["even", "heavy", "tiny", "huge"])
def test_pieces_hold_as_many_rows_each(spread):
    normal = np.random.default_rng(0).normal(size=4_000)
    values = {
        "even": normal,
        "heavy": np.exp(4 * normal),
        "tiny": 1e-12 * normal,
        "huge": 1e12 + 1e10 * normal,
    }
    column = values[spread].astype(np.float32)
    found = pieces(column, 10)
    assert len(found.columns) == 10
    held = np.histogram(column, np.append(found.lows, np.inf))[0]
    assert held.min() > 300
    assert held.max() < 500


def test_a_number_of_few_values_has_a_piece_between_each_two():
    assert pieces(np.arange(1_000) % 5, 8).lows.tolist() == [0.0, 1.0, 2.0, 3.0]
    assert not len(pieces(np.arange(1_000) % 2, 8).columns)
    assert not len(pieces(np.arange(1_000) % 5, 0).columns)


def test_what_stands_for_a_category_of_few_levels_has_no_pieces():
    few, many = (np.arange(1_000) % 8).astype(np.float32), (np.arange(1_000) % 9).astype(np.float32)
    dense = np.column_stack([few, few, many])
    assert set(Scaling.fit(dense, 4, n_numbers=1).pieces.columns.tolist()) == {0, 2}


def test_a_value_that_most_rows_have_leaves_pieces_for_the_others():
    found = pieces(np.concatenate([np.zeros(900), np.arange(1.0, 101.0)]), 10)
    assert found.lows[0] == 0.0
    assert 5 <= np.sum(found.lows > 0) <= 8
    assert np.isfinite(found.factors).all()


def test_what_a_value_has_come_through_goes_from_0_to_1():
    column = np.random.default_rng(0).normal(size=(500, 1)).astype(np.float32)
    scaling = Scaling.fit(column, 5)
    asked = np.array([[-9.0], [float(np.median(column))], [9.0], [np.nan], [np.inf], [-np.inf]], np.float32)
    come = scaling.transform(asked)[:, 1:]
    assert come.min() == 0.0
    assert come.max() == 1.0
    assert come[0].tolist() == come[5].tolist() == [0.0] * 5
    assert come[2].tolist() == come[4].tolist() == [1.0] * 5
    assert come[1].tolist() == come[3].tolist()  # what is missing is taken for the median
    assert come[1].sum() == pytest.approx(2.5, abs=0.05)
    assert scaling.origins == (0,) * 6
