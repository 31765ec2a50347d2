"""Profile: leaks are reported as training would see them."""

from mlwright.workflow.profile import profile

from .conftest import houses, only

FEATURES = ("size", "age", "area", "price")


def test_a_profile_with_a_target_reports_leaks_and_one_without_does_not():
    rows = [{**row, "deed": 2.5 * row["price"] + 7.0} for row in only(houses(), *FEATURES)]
    found = [f for f in profile(rows, "price")["findings"] if f["column"] == "deed"]
    assert [(f["severity"], f["action"]) for f in found] == [("error", "kept")]
    assert "--exclude" in found[0]["remedy"]
    assert profile(rows)["findings"] == []


def test_a_target_that_cannot_be_one_is_a_finding():
    rows = [{"x": n, "y": "same"} for n in range(60)]
    found = profile(rows, "y")
    assert [f["rule"] for f in found["findings"] if f["column"] == "y"][-1] == "no_question"
    assert found["n_rows"] == 60
