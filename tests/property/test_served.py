"""A service answers what `predict` answers, to the last bit, however the rows are written."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from datetime import datetime
from functools import partial

import jsonschema_rs
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlwright.serving import form, shapes
from mlwright.serving.build import PROTOCOLS, open_scorer
from mlwright.serving.problems import Problem
from mlwright.serving.protocol import ARROW, CSV, Request
from mlwright.serving.settings import Extra, Settings
from mlwright.serving.together import Together

fixed = settings(max_examples=60, deadline=None, derandomize=True, database=None)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**70), 2**70)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
DAYS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31))  # noqa: DTZ001 - as tables hold them
CELLS = {
    "amount": st.none() | NUMBERS,
    "account": st.none() | st.integers(-(2**63), 2**64),
    "color": st.none() | st.sampled_from(["red", "green", "Blau", "黄", "", " Red ", "NA"]) | TEXTS,
    "when": st.none() | DAYS.map(lambda day: day.isoformat(sep=" ", timespec="seconds")),
    "note": st.none() | st.sampled_from(["late broken parcel", "größe 你好 BOX"]) | TEXTS,
    "flag": st.none() | st.booleans(),
}
ROWS = st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=5)
NAMES = tuple(CELLS)
NEARLY_DATES = st.from_regex(
    r"\A[0-2][0-9]{3}[-/][01][0-9][-/][0-3][0-9]([T ][0-2][0-9]:[0-9]{2}(:[0-9]{2})?)?\n?\Z"
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS | NEARLY_DATES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=3,
)


@pytest.fixture(scope="session")
def scorer(trained):
    return open_scorer(trained.path, Settings())


@pytest.fixture(scope="session")
def strict(trained):
    return open_scorer(trained.path, Settings(extra=Extra.REJECT))


def asked(scorer, protocol, body, content_type="application/json", accept=""):
    """Return what a protocol answers, decoded."""
    protocol = PROTOCOLS.get(protocol)
    request = protocol.read(Request(body, content_type, accept), scorer)
    reply = protocol.write(request, scorer.answer(request.rows), scorer)
    if reply.content_type == ARROW:
        return pl.read_ipc_stream(io.BytesIO(reply.body)).to_dicts()
    if reply.content_type == CSV:
        return list(csv.DictReader(io.StringIO(reply.body.decode())))
    return json.loads(reply.body)


def native(scorer, rows):
    return asked(scorer, "native", json.dumps(rows).encode())


def by_column(rows):
    return {name: [row[name] for row in rows] for name in NAMES}


@fixed
@given(rows=ROWS)
def test_a_service_answers_what_predict_answers(trained, scorer, rows):
    model = trained.model
    expected = [model.answer(row) for row in rows]
    for found, answer in zip(native(scorer, rows), expected, strict=True):
        if answer.labels is None:
            assert found["prediction"] == answer.values[0]
        else:
            assert found["prediction"] == model.task.classes[answer.labels[0]]
            chances = [found[f"probability_{label}"] for label in model.task.classes]
            np.testing.assert_array_equal(chances, answer.scores[0])


@fixed
@given(rows=ROWS)
def test_alone_or_among_others(scorer, rows):
    assert [native(scorer, row) for row in rows] == native(scorer, rows)
    assert native(scorer, (rows * 40)[:100]) == (native(scorer, rows) * 40)[:100]


@fixed
@given(rows=ROWS)
def test_every_layout_of_invocations_answers_the_same(scorer, rows):
    table, expected = by_column(rows), native(scorer, rows)
    lines = [[row[name] for name in NAMES] for row in rows]
    more = [[1, *line] for line in lines]
    for body in (
        {"dataframe_records": rows},
        {"instances": rows},
        {"inputs": rows},
        {"inputs": table},
        {"dataframe_split": {"columns": list(NAMES), "data": lines}},
        {"dataframe_split": {"columns": ["more", *NAMES], "index": [3], "data": more}},
    ):
        assert asked(scorer, "invocations", json.dumps(body).encode()) == {"predictions": expected}


@fixed
@given(rows=ROWS)
def test_json_lines_answer_the_same(scorer, rows):
    kind, body = "application/jsonlines", "\n".join(map(json.dumps, rows)).encode()
    expected = native(scorer, rows)
    assert asked(scorer, "invocations", body, kind) == {"predictions": expected}
    request = PROTOCOLS.get("invocations").read(Request(body, kind, kind), scorer)
    reply = PROTOCOLS.get("invocations").write(request, scorer.answer(request.rows), scorer)
    assert reply.content_type == kind
    assert [json.loads(line) for line in reply.body.splitlines()] == expected


def test_wishes_are_read_from_the_query_and_from_params(scorer):
    protocol, row = PROTOCOLS.get("invocations"), dict.fromkeys(NAMES)
    plain = json.dumps({"instances": [row]}).encode()
    for asks in (
        Request(plain, query={"explain": "true"}),
        Request(json.dumps({"instances": [row], "params": {"explain": True}}).encode()),
    ):
        found = protocol.read(asks, scorer)
        (told,) = json.loads(protocol.write(found, scorer.answer(found.rows), scorer).body)["predictions"]
        assert set(told) == {*native(scorer, row), "explanation"}
    for name, body in (("invocations", plain), ("open_inference", tensors(row))):
        with pytest.raises(Problem, match=r"no 'explian'|has no query"):
            PROTOCOLS.get(name).read(Request(body, query={"explian": "true"}), scorer)


def tensors(row):
    inputs = [{"name": name, "shape": [1], "datatype": "BYTES", "data": [cell]} for name, cell in row.items()]
    return json.dumps({"inputs": inputs}).encode()


@fixed
@given(rows=ROWS)
def test_tensors_of_the_open_inference_protocol_answer_the_same(scorer, rows):
    kinds = {"amount": "FP64", "account": "INT64", "flag": "BOOL"}
    inputs = [
        {"name": name, "shape": [len(rows), 1], "datatype": kinds.get(name, "BYTES"), "data": cells}
        for name, cells in by_column(rows).items()
    ]
    found = asked(scorer, "open_inference", json.dumps({"id": "a", "inputs": inputs}).encode())
    assert found["id"] == "a"
    columns = {output["name"]: output["data"] for output in found["outputs"]}
    assert [dict(zip(columns, line, strict=True)) for line in zip(*columns.values(), strict=True)] == native(
        scorer, rows
    )


@fixed
@given(rows=ROWS)
def test_csv_answers_the_same(scorer, rows):
    out = io.StringIO()
    lines = csv.DictWriter(out, NAMES)
    lines.writeheader()
    lines.writerows([{name: spelled(cell) for name, cell in row.items()} for row in rows])
    body = out.getvalue().encode()
    assert asked(scorer, "native", body, CSV) == native(scorer, rows)
    written = asked(scorer, "invocations", body, CSV, accept=CSV)
    assert written == [{name: str(cell) for name, cell in row.items()} for row in native(scorer, rows)]


def spelled(cell):
    return "" if cell is None else str(cell).lower() if isinstance(cell, bool) else cell


@fixed
@given(rows=ROWS)
def test_arrow_answers_the_same(scorer, rows):
    rows = [{**row, "account": None if row["account"] is None else row["account"] % 2**63} for row in rows]
    types = {"amount": pl.Float64, "account": pl.Int64, "flag": pl.Boolean}
    table = {
        name: pl.Series(
            [None if cell is None else float(cell) if name == "amount" else cell for cell in cells],
            dtype=types.get(name, pl.String),
        )
        for name, cells in by_column(rows).items()
    }
    out = io.BytesIO()
    pl.DataFrame(table).write_ipc_stream(out)
    assert asked(scorer, "native", out.getvalue(), ARROW) == native(scorer, rows)


def refusal(scorer, body):
    """Return why a body is refused; "" if it is answered."""
    try:
        native(scorer, body)
    except Problem as problem:
        return f"{problem.status} {problem.reason}"
    return ""


FITTING = {""}
REFUSALS = {"422 cell", "422 shape", "422 missing_column", "422 extra_column"}


@settings(fixed, max_examples=400)
@given(
    row=st.fixed_dictionaries(CELLS),
    name=st.sampled_from([*NAMES, "more"]),
    cell=ANYTHING,
    less=st.booleans(),
)
def test_what_the_description_says_fits_is_answered_and_nothing_else(scorer, strict, row, name, cell, less):
    """OpenAPI's schema and the reader are made of one schema: they must agree on every body."""
    changed = {key: value for key, value in {**row, name: cell}.items() if key != name or not less}
    for one, is_closed in ((scorer, False), (strict, True)):
        described = jsonschema_rs.validator_for(shapes.row(one, is_closed=is_closed))
        fits = described.is_valid(changed)
        for body in (changed, [row, changed]):
            assert refusal(one, body) in (FITTING if fits else REFUSALS), (body, is_closed)


@settings(fixed, max_examples=200)
@given(body=ANYTHING | st.lists(st.fixed_dictionaries(CELLS) | ANYTHING, max_size=3))
def test_bodies_of_any_shape_are_refused_by_reason(scorer, body):
    described = jsonschema_rs.validator_for(shapes.row(scorer, is_closed=False))
    rows = body if isinstance(body, list) else [body]
    fits = bool(rows) and all(map(described.is_valid, rows))
    assert refusal(scorer, body) in (FITTING if fits else REFUSALS)


@fixed
@given(lots=st.lists(ROWS, min_size=1, max_size=40))
def test_requests_that_come_together_get_their_own_answers(scorer, lots):
    """Each is given what it would be given alone: nobody another's answer, nobody none."""
    together, native_ = Together(), PROTOCOLS.get("native")
    requests = [native_.read(Request(json.dumps(rows).encode()), scorer) for rows in lots]
    found = {}

    async def ask():
        for number, request in enumerate(requests):
            together.answer(scorer, request.rows.typed, partial(found.setdefault, number))
        await asyncio.sleep(0)

    asyncio.run(ask())
    assert list(found) == list(range(len(lots)))
    for number, request in enumerate(requests):
        alone = scorer.answer(request.rows)
        np.testing.assert_array_equal(found[number].scores, alone.scores)
        if alone.labels is not None:
            np.testing.assert_array_equal(found[number].labels, alone.labels)


def test_the_example_is_answered_and_fits_its_description(scorer):
    row = form.example(scorer)
    assert list(row) == [column.name for column in scorer.reader.columns]
    assert jsonschema_rs.validator_for(shapes.row(scorer, is_closed=True)).is_valid(row)
    assert native(scorer, row)["prediction"] is not None


def test_what_cannot_be_read_says_how_it_can(scorer):
    native_ = PROTOCOLS.get("native")
    for body, kind, says in (
        (b"", "application/json", "it is empty"),
        (b"amount;flag\n1;true\n", CSV, "cells are separated by commas"),
        (b"amount,account,1.5,true", CSV, "--data-binary"),
        (b"1.5,1.5\n2,2\n", CSV, "the first line must name the columns"),
    ):
        with pytest.raises(Problem, match=says):
            native_.read(Request(body, kind), scorer)
    with pytest.raises(Problem, match="no 'explian' here; there are explain and level"):
        native_.read(Request(b"{}", query={"explian": "true"}), scorer)


def test_predict_writes_csv_for_who_accepts_only_that(scorer):
    row = form.example(scorer)
    (found,) = asked(scorer, "native", json.dumps(row).encode(), accept=CSV)
    assert found == {name: str(cell) for name, cell in native(scorer, row).items()}
    request = Request(json.dumps(row).encode(), accept=CSV, query={"explain": "true"})
    with pytest.raises(Problem, match="accept application/json"):
        PROTOCOLS.get("native").read(request, scorer)
