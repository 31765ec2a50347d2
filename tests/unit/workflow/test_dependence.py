"""Partial dependence: how the answer goes with one column, all else left as it is."""

import numpy as np
import pytest

from mlwright.core.schema import Column, Kind
from mlwright.workflow.dependence import _shown, _unit

from .conftest import houses, only, trained

FEATURES = ("size", "age", "area")


@pytest.fixture(scope="module")
def price():
    return trained(only(houses(600), *FEATURES, "price"), "price", max_trials=3)


def followed(model, name):
    return next(one for one in model.evidence["dependence"] if one["column"] == name)


def test_the_columns_that_matter_are_followed_the_strongest_first(price):
    names = [one["column"] for one in price.evidence["dependence"]]
    assert names == [one["column"] for one in price.evidence["importance"] if one["drop"]["value"] > 0]
    assert names[0] == "size"


def test_the_means_are_those_of_the_program_on_changed_rows(price):
    one = followed(price, "area")
    assert {point["at"] for point in one["points"]} == {"north", "south", "west"}
    means = {point["at"]: point["mean"] for point in one["points"]}
    # The price of a house in the north is 60 higher, whatever its size.
    assert 45 < means["north"] - means["south"] < 75
    assert abs(means["west"] - means["south"]) < 15
    assert one["class"] is None
    for point in one["points"]:
        assert point["low"] < point["mean"] < point["high"]


def test_a_number_is_followed_along_its_quantiles(price):
    one = followed(price, "size")
    known = [point for point in one["points"] if point["at"] is not None]
    assert 8 <= len(known) <= 13
    at, means = (np.array([point[key] for point in known]) for key in ("at", "mean"))
    assert (np.diff(at) > 0).all()
    slope = np.polyfit(at, means, 1)[0]
    assert 1.6 < slope < 2.4
    assert one["points"][-1]["at"] is None, "some sizes are missing"


@pytest.mark.parametrize(
    ("seconds", "says"),
    [([0, 86_400], ["1970-01-01", "1970-01-02"]), ([0, 5_400], ["1970-01-01 00:00", "1970-01-01 01:30"])],
)
def test_moments_are_told_as_finely_as_the_column_holds_them(seconds, says):
    column = Column(name="at", kind=Kind.DATETIME)
    places = np.array([*seconds, np.nan])
    unit = _unit(column, places)
    assert [_shown(column, place, unit) for place in places] == [*says, None]


@pytest.mark.parametrize(("name", "label"), [("sale_model", "yes"), ("grade_model", None)])
def test_of_classes_a_chance_is_followed(request, name, label):
    model = request.getfixturevalue(name)
    assert model.evidence["dependence"]
    for one in model.evidence["dependence"]:
        assert one["class"] in ([label] if label else ["a", "b", "c"])
        assert all(0 <= point["low"] <= point["mean"] <= point["high"] <= 1 for point in one["points"])
