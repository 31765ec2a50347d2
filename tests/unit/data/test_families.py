from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from mlwright.data.families import Family, families_of


@pytest.mark.parametrize(
    ("cells", "family"),
    [
        ([None, np.nan, pd.NA, pd.NaT], Family.NOTHING),
        ([], Family.NOTHING),
        ([True, None], Family.TRUTH),
        ([True, 2], Family.NUMBER),
        ([1, 2.5, Decimal(3), np.int8(4), timedelta(1), None], Family.NUMBER),
        ([date(2024, 1, 1), pd.Timestamp(0), np.datetime64("2024"), pd.NaT], Family.DATE),
        (["a", np.nan, None], Family.TEXT),
        (["a", 1], Family.TEXT),
        ([datetime(2024, 1, 1), 1], Family.TEXT),  # noqa: DTZ001
        ([[1], {}], Family.TEXT),
        (np.array([1.0]), Family.NUMBER),
        (np.array(["a"]), Family.TEXT),
        (np.array(["2024"], dtype="datetime64[D]"), Family.DATE),
    ],
)
def test_cells_belong_to_one_family(cells, family):
    assert families_of(cells) is family
