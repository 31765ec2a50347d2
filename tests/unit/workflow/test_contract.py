"""Contracts of latency and size, from the options to the file. Costs of time are given, not measured."""

from __future__ import annotations

import pytest

import mlwright as mw
from mlwright.core.errors import ContractError, UsageError
from mlwright.report.promises import contract_line
from mlwright.workflow.measure import broken, single_row_s
from mlwright.workflow.options import from_arguments

from .conftest import houses, only, trained

ROWS = only(houses(700), "size", "age", "area", "price")


@pytest.fixture
def slow(monkeypatch):
    """A second for each million bytes of program."""
    monkeypatch.setattr("mlwright.workflow.measure.single_row_s", lambda model, _: 1e-6 * len(model.program))


def test_the_model_is_no_larger_than_asked_and_the_evidence_tells_its_size(tmp_path):
    free = trained(ROWS, "price", max_trials=2)
    free.save(tmp_path / "free.mlw")
    limit = 48_000
    assert (tmp_path / "free.mlw").stat().st_size > limit
    model = trained(ROWS, "price", max_trials=3, max_size_bytes=limit)
    model.save(tmp_path / "small.mlw")
    size = (tmp_path / "small.mlw").stat().st_size
    told = model.evidence["contract"]
    assert size <= told["size_bytes"] <= size + 1_000
    assert size <= limit
    assert told["latency_ms"] is None
    assert told["max_latency_ms"] is None
    assert model.evidence["program"]["n_members"] >= 1
    assert any("pace" in row["name"] for row in model.evidence["leaderboard"])
    assert any(row["note"].startswith("breaks the contract alone") for row in model.evidence["leaderboard"])
    assert [one["choice"] for one in model.evidence["decisions"] if one["what"] == "contract"]
    assert "the model file has" in contract_line(model.evidence)


def test_a_limit_of_size_alone_gives_the_same_bytes_again(tmp_path):
    for name in ("a.mlw", "b.mlw"):
        trained(ROWS, "price", max_trials=2, max_size_bytes=48_000).save(tmp_path / name)
    assert (tmp_path / "a.mlw").read_bytes() == (tmp_path / "b.mlw").read_bytes()


@pytest.mark.parametrize("refit", ["no", "yes"])
def test_the_model_is_as_quick_as_asked(slow, refit):
    free = trained(ROWS, "price", max_trials=2, refit=refit)
    limit_s = 0.5e-6 * len(free.program)
    model = trained(ROWS, "price", max_trials=3, refit=refit, max_latency_s=limit_s)
    assert 1e-6 * len(model.program) <= limit_s
    assert model.evidence["contract"]["latency_ms"] == pytest.approx(1e-3 * len(model.program), abs=1e-3)
    assert model.evidence["refit"]["done"] == (refit == "yes")
    assert not [f for f in model.evidence["findings"] if f["rule"] == "contract_broken"]


def test_a_generous_contract_changes_nothing(slow):
    free = trained(ROWS, "price", max_trials=2)
    model = trained(ROWS, "price", max_trials=2, max_latency_s=100.0, max_size_bytes=10**9)
    assert model.program == free.program


def test_where_only_a_constant_keeps_it_the_constant_ships_and_is_no_better_than_the_baseline(slow):
    free = trained(ROWS, "price", max_trials=1)
    constant_s = next(iter(_constant_s(free)))
    model = trained(ROWS, "price", max_trials=1, max_latency_s=1.15 * constant_s)
    assert len(set(model.predict(ROWS[:20]).tolist())) == 1
    assert "not_better_than_baseline" in {f["rule"] for f in model.evidence["findings"]}


def _constant_s(model):
    """The time of a constant on these columns, by the message that refuses it."""
    with pytest.raises(ContractError) as refused:
        trained(ROWS, "price", max_trials=1, max_latency_s=1e-6)
    yield 1e-3 * float(str(refused.value).split("takes ")[1].split(" ms")[0])


def test_what_not_even_a_constant_keeps_is_refused(slow):
    with pytest.raises(ContractError, match=r"with a constant takes .* Allow more with --max-latency"):
        trained(ROWS, "price", max_latency_s=1e-9)


def test_a_limit_that_is_broken_in_the_end_is_an_error_in_the_evidence():
    told = {"max_latency_ms": 1.0, "latency_ms": 1.2, "max_size_bytes": 100, "size_bytes": 100, "how": ""}
    (finding,) = broken(told)
    assert (finding.rule, finding.severity.value) == ("contract_broken", "error")
    assert finding.message == "The latency of the model is 1.2 ms; at most 1 ms were asked for."
    assert not broken({**told, "latency_ms": 1.0})


def test_a_single_row_is_measured_as_it_is_asked(price_model):
    columns = {name: values[:9] for name, values in _typed(price_model).items()}
    assert 0 < single_row_s(price_model, columns) < 1


def _typed(model):
    from mlwright.data.parse import parse
    from mlwright.data.read import read

    return parse([model.schema[name] for name in model.inputs], read(ROWS))


@pytest.mark.parametrize(
    ("given", "latency_s", "size_bytes"),
    [
        ({"max_latency": "1ms", "max_size": "5MB"}, 1e-3, 5_000_000),
        ({"max_latency": "250us", "max_size": "200KB"}, 2.5e-4, 200_000),
        ({"max_latency": 0.002, "max_size": 123_456}, 2e-3, 123_456),
        ({}, None, None),
    ],
)
def test_limits_are_read_from_text_and_numbers(given, latency_s, size_bytes):
    options = from_arguments(given)
    assert options.max_latency_s == (None if latency_s is None else pytest.approx(latency_s))
    assert options.max_size_bytes == size_bytes
    assert options.has_contract == bool(given)
    shown = options.named()
    assert ("max-latency" in shown) == ("max-size" in shown) == bool(given)


def test_limits_are_repeated_as_they_can_be_typed():
    shown = from_arguments({"max_latency": "250us", "max_size": "200KB"}).named()
    assert (shown["max-latency"], shown["max-size"]) == (["0.25ms"], ["200KB"])


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"max_latency": "fast"}, r"A latency of 'fast' cannot be read.*'1ms'"),
        ({"max_latency": 0}, r"A latency must be positive"),
        ({"max_size": "small"}, r"A size of the model of 'small' cannot be read.*'200KB'"),
    ],
)
def test_limits_that_cannot_be_read_are_refused(given, says):
    with pytest.raises(UsageError, match=says):
        mw.train({"a": [1, 2, 3], "y": [1, 2, 3]}, "y", **given)
