"""A refusal says which line, row and column is at fault, what was found there, and what to do."""

from __future__ import annotations

import json
import tracemalloc

import pytest

from mlwright.serving.json_faults import check_range
from mlwright.serving.problems import Problem
from mlwright.serving.settings import Errors

from .conftest import ROW

GOOD = json.dumps(ROW).encode()
LINES, CSV = "application/jsonlines", "text/csv"
HEADER = b"size,color,is_new,built\n"


@pytest.fixture
def refused(service):
    """Return a function that gives the problem with which a body is refused."""

    def ask(path, body, kind="application/json", query=b"", **settings):
        status, found = service(**settings)(path, body, query=query, content_type=kind)
        assert status in (400, 422), found
        return found

    return ask


@pytest.mark.parametrize(("line", "says"), [
    (b"{1: 2}", "Line 3 of the body is not JSON: object keys must be strings (byte 1)"),
    (b'{"size": 1', "Line 3 of the body is not JSON: it ends before it is complete"),
    (b'{"size": "\xfc"}', "Line 3 of the body is not JSON: its bytes are not UTF-8"),
    (b'{"size": NaN}', "Line 3 of the body is not JSON: NaN is not JSON; write null (byte "),
])  # fmt: skip
def test_json_lines_name_the_line_at_fault(refused, line, says):
    found = refused("/invocations", GOOD + b"\n\n" + line + b"\n" + GOOD, LINES)
    assert says in found["detail"]
    assert found["row"] == 2


def test_json_lines_name_the_row_of_a_cell(refused):
    body = GOOD + b"\n" + GOOD.replace(b"9.5", b"1e400")
    assert "Column 'size', row 2: found 1e400" in refused("/invocations", body, LINES)["detail"]


@pytest.mark.parametrize(("body", "says"), [
    (b"", "it is empty"),
    (GOOD.replace(b"9.5", b"NaN"), "NaN is not JSON; write null (byte 9)"),
    (GOOD.replace(b"9.5", b"-Infinity"), "-Infinity is not JSON; write null"),
    (GOOD.replace(b"true", b"True"), "True is not JSON; write true"),
    (GOOD.replace(b"true", b"None"), "None is not JSON; write null"),
    (b"{'size': 1}", "names and texts stand between double quotes (byte 1)"),
    (b"\xef\xbb\xbf" + GOOD, "byte order mark"),
    (GOOD.replace(b"red", b"\\ud83d"), "one half of an escaped pair, such as \\ud83d"),
    (GOOD.replace(b"red", b"\\ud83d\\u0041"), "one half of an escaped pair, such as \\ud83d"),
    (GOOD.replace(b"red", b"r\xfcd"), "line 1 holds the byte 0xfc, which is not UTF-8"),
    (b"[" * 5000, "it is nested too deeply"),
    (GOOD[:-1], "it ends before it is complete"),
])  # fmt: skip
def test_a_body_that_is_no_json_is_told_in_words(refused, body, says):
    found = refused("/predict", body)
    assert found["detail"].startswith("The body is not JSON: ")
    assert says in found["detail"]


@pytest.mark.parametrize(("path", "body", "says"), [
    ("/predict", [ROW, ROW | {"size": "?"}], "Column 'size', row 2: found 1e400"),
    ("/predict", ROW | {"color": "?"}, "Column 'color', row 1: found 1e400"),
    ("/invocations", {"instances": [ROW, ROW | {"size": "?"}]}, "At $.instances[1].size: found 1e400"),
    ("/invocations", {"inputs": {"size": [1, "?"]}}, "At $.inputs.size[1]: found 1e400"),
])  # fmt: skip
def test_a_number_beyond_all_doubles_is_named_with_its_place(refused, path, body, says):
    found = refused(path, json.dumps(body).replace('"?"', "1e400").encode())
    assert says in found["detail"]
    assert found["type"].endswith("cell")


def test_the_largest_number_is_told_and_whole_numbers_are_found_too(refused):
    assert (
        "no number beyond 1.79769e+308 can" in refused("/predict", GOOD.replace(b"9.5", b"1e999"))["detail"]
    )
    found = refused("/predict", GOOD.replace(b'"red"', b"-" + b"1" * 5_000))
    assert "Column 'color', row 1: found -11111" in found["detail"]
    assert found["status"] == 422


def test_looking_for_such_a_number_takes_little_memory():
    deep, wide = 900, 25_000
    body = b"[" * deep + b"1," * wide + b"1e999" + b"]" * deep
    tracemalloc.start()
    with pytest.raises(Problem) as caught:
        check_range(body)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000  # it was 3 kB for each number
    assert f"At ${'[0]' * 20}…: found 1e999" in caught.value.detail


def test_such_a_number_is_not_told_in_terse_refusals(service):
    found = service(errors=Errors.TERSE)("/predict", GOOD.replace(b"9.5", b"4711e400"))[1]
    assert "4711" not in found["detail"]


@pytest.mark.parametrize(("body", "says"), [
    (HEADER + b"1,red,true,2021-05-31\n2,gr\xfcn,true,2021-05-31\n",
     "line 3 holds the byte 0xfc, which is not"),
    (HEADER + b'1,red,true,2021-05-31\n2,"red,true,2021-05-31\n3,red,,\n', "in row 2 a quote is opened"),
    (HEADER + b'1,"red" x,true,2021-05-31\n', "row 1 cannot be taken apart"),
    (b'"size,color\n', "in the first line a quote is opened"),
])  # fmt: skip
def test_csv_that_cannot_be_taken_apart_names_the_row(refused, body, says):
    assert says in refused("/predict", body, CSV)["detail"]


@pytest.mark.parametrize("path", ["/predict", "/invocations", "/try"])
def test_a_parameter_that_is_given_twice_is_refused(refused, path):
    body = ROW if path != "/invocations" else {"instances": [ROW]}
    found = refused(path, body, query=b"level=0.9&explain=true&level=0.5")
    assert found["detail"] == "'level' stands twice in the address. Give it once."


def test_parameters_without_end_are_not_looked_at(refused):
    query = "&".join(f"{number:x}" for number in [*range(12_500), 0]).encode()
    found = refused("/predict", ROW, query=query)
    assert found["detail"] == "The address asks for more than 100 things. Send fewer."
    found = refused("/predict", ROW, query=b"&".join([b"level=0.9"] * 100))
    assert "'level' stands twice" in found["detail"]


def test_a_missing_column_is_told_with_what_to_do_in_this_protocol(refused):
    short = {name: cell for name, cell in ROW.items() if name != "size"}
    found = refused("/predict", [short | {"sze": 1.0}])
    assert found["detail"].startswith(
        "Column 'size' is missing in row 1. Found 'sze': is it 'size'? Present: "
    )
    assert found["detail"].endswith("Use null where a cell has no value.")
    csv = refused("/predict", b"color,is_new,built\nred,true,2021-05-31\n", CSV)
    assert "leave its cell empty" in csv["detail"]
    assert "null" not in csv["detail"]
    tensor = {"name": "color", "shape": [1], "datatype": "BYTES", "data": ["red"]}
    assert "Send a tensor for each column" in refused("/v2/models/shop/infer", {"inputs": [tensor]})["error"]
    assert (
        "Columns 'is_new', 'built' are missing" in refused("/predict", {"size": 1, "color": "red"})["detail"]
    )


@pytest.mark.parametrize(("name", "says"), [
    ("instances", "'instances' is understood at /invocations"),
    ("dataframe_records", "'dataframe_records' is understood at /invocations"),
    ("data", "rows are an array; 'data' is no column"),
])  # fmt: skip
def test_bodies_of_other_protocols_are_shown_the_way(refused, name, says):
    assert says in refused("/predict", {name: [ROW]})["detail"]


@pytest.mark.parametrize(("inputs", "says"), [
    ([{"name": "size", "shape": [1], "datatype": "FP99", "data": [1]}],
     "the datatype of tensor 'size' is \"FP99\""),
    ([{"shape": [1], "datatype": "FP64", "data": [1]}], "the name of a tensor is null"),
    ([{"name": "size", "shape": [1], "datatype": "FP64", "data": [1]},
      {"name": "color", "shape": [2], "datatype": "BYTES", "data": ["a", "b"]}],
     "tensor 'color' has the shape [2], expected [1, 1]"),
])  # fmt: skip
def test_tensors_that_cannot_be_used_are_named(refused, inputs, says):
    assert says in refused("/v2/models/shop/infer", {"inputs": inputs})["error"]


def test_columns_of_unequal_length_are_named(refused):
    cells = {name: [cell] for name, cell in ROW.items()}
    found = refused("/invocations", {"inputs": cells | {"is_new": [True, False]}})
    assert "column 'is_new' has 2 cells, those before it have 1" in found["detail"]
    found = refused("/invocations", {"inputs": cells | {"is_new": True}})
    assert "column 'is_new' is true, expected an array of cells" in found["detail"]
