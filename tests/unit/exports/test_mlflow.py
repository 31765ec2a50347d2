"""The folder for MLflow says what is so; that MLflow takes it, `benchmarks/mlflow_folder.py` shows."""

from __future__ import annotations

import importlib
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

import mlwright as mw
from mlwright.cli.app import app
from mlwright.core.errors import UsageError
from mlwright.exports.export import export
from mlwright.exports.model_file import signature_beside

MODEL = Path(__file__).parents[2] / "fixtures" / "models" / "format_1.mlw"
NUMBERS = range(80)
SALES = {
    "size": [n / 7 for n in NUMBERS],
    "rooms": [n % 5 for n in NUMBERS],
    "new": [("yes", "no")[n % 2] for n in NUMBERS],
    "sold": [f"{n % 28 + 1:02}.{n % 12 + 1:02}.2024" for n in NUMBERS],
    "it's in": [("north", "south", "east")[n % 3] for n in NUMBERS],
    "note": [f"please {('ring', 'use')[n % 2]} the bell {n} times now" for n in NUMBERS],
    "price": [3.0 * (n % 3) + n / 20 for n in NUMBERS],
}


@pytest.fixture(scope="module", params=["classes", "a number"])
def exported(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mlflow")
    if request.param == "classes":
        model = mw.load(MODEL)
    else:
        model = mw.train(SALES, "price", max_trials=1, refit="no")
    export(model, "mlflow", folder / "model")
    return model, folder / "model"


def described(folder):
    return yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))


def loaded(folder):
    """Do what `mlflow.pyfunc.load_model` does with the description."""
    flavor = described(folder)["flavors"]["python_function"]
    return importlib.import_module(flavor["loader_module"])._load_pyfunc(str(folder / flavor["data"]))


def examples(folder):
    split = json.loads((folder / "input_example.json").read_text(encoding="utf-8"))
    return pd.DataFrame(split["data"], columns=split["columns"])


def test_it_answers_as_the_model_and_as_it_says(exported):
    model, folder = exported
    rows = examples(folder)
    rows.index = [7, 8, 9]
    found = loaded(folder).predict(rows, params=None)
    assert found.index.tolist() == [7, 8, 9]
    assert found["prediction"].tolist() == model.predict(rows).tolist()
    if model.task.classes:
        assert np.array_equal(found.iloc[:, 1:].to_numpy(), model.predict_proba(rows))
    told = json.loads(described(folder)["signature"]["outputs"])
    assert [column["name"] for column in told] == list(found.columns)
    kinds = {"double": float, "long": int, "boolean": bool, "string": str}
    for column in told:
        assert isinstance(found[column["name"]].tolist()[0], kinds[column["type"]])


def test_it_names_the_columns_that_the_model_reads_and_what_they_hold(exported):
    model, folder = exported
    told = described(folder)
    inputs = json.loads(told["signature"]["inputs"])
    assert [column["name"] for column in inputs] == list(model.inputs) == list(told["metadata"]["columns"])
    assert {(column["type"], column["required"]) for column in inputs} == {("any", True)}
    assert list(examples(folder).columns) == list(model.inputs)
    assert told["metadata"]["prediction"] == (list(model.task.classes) or "a number")


def test_the_example_is_what_a_service_is_asked_with(exported):
    _, folder = exported
    asked = json.loads((folder / "serving_input_example.json").read_text(encoding="utf-8"))
    split = json.loads((folder / "input_example.json").read_text(encoding="utf-8"))
    assert asked == {"dataframe_split": split}
    info = described(folder)["saved_input_example_info"]
    assert (folder / info["artifact_path"]).is_file()
    assert (folder / info["serving_input_path"]).is_file()


def test_every_library_is_pinned_and_nothing_else_is_there(exported):
    model, folder = exported
    pinned = (folder / "requirements.txt").read_text(encoding="utf-8").split()
    assert [line.split("==")[0] for line in pinned] == ["mlwright", "numpy", "onnxruntime"]
    environment = yaml.safe_load((folder / "python_env.yaml").read_text(encoding="utf-8"))
    assert environment["dependencies"] == ["-r requirements.txt"]
    assert pinned[0] in yaml.safe_load((folder / "conda.yaml").read_text())["dependencies"][-1]["pip"]
    assert {path.name for path in folder.iterdir()} == {
        "model.mlw", "MLmodel", "requirements.txt", "python_env.yaml", "conda.yaml", "input_example.json",
        "serving_input_example.json",
    }  # fmt: skip
    assert mw.load(folder / "model.mlw").program == model.program


def test_the_signature_that_is_required_is_required_here_too(exported, tmp_path, monkeypatch):
    _, folder = exported
    copy = shutil.copytree(folder, tmp_path / "copy")
    monkeypatch.setenv("MLWRIGHT_REQUIRE_SIGNED", str(tmp_path / "public.pem"))
    with pytest.raises(UsageError, match=r"public\.pem"):
        loaded(copy)


def test_columns_keep_their_names_whatever_yaml_would_make_of_them(tmp_path):
    names = [
        "no",
        "On",
        "null",
        "y",
        "1e3",
        "a: b",
        "del\x7f",
        "line\u2028end",
        "\u00e4",
        "\U0001f642",
        "it's #1",
    ]
    rng = np.random.default_rng(0)
    rows = {name: rng.normal(size=60).tolist() for name in names}
    rows["off"] = np.sum(list(rows.values()), axis=0).tolist()
    export(mw.train(rows, "off", max_trials=1, refit="no", leaks="keep"), "mlflow", tmp_path / "model")
    metadata = described(tmp_path / "model")["metadata"]
    assert set(metadata["columns"]) == set(names)
    assert metadata["target"] == "off"


def test_what_signs_the_model_comes_along_and_only_where_it_signs_these_bytes(exported, tmp_path):
    model, folder = exported
    place = tmp_path / "m.mlw"
    model.save(place)
    run = CliRunner().invoke
    (tmp_path / "m.mlw.sig").write_bytes(b"signed")
    assert run(app, ["export", str(place), "--to", "mlflow", "-o", str(tmp_path / "one")]).exit_code == 0
    assert (tmp_path / "one" / "model.mlw.sig").read_bytes() == b"signed"
    assert signature_beside(MODEL, model) == b""
    assert not (folder / "model.mlw.sig").exists()
    other = shutil.copy(tmp_path / "m.mlw.sig", tmp_path / "old.mlw.sig").with_suffix("")
    other.write_bytes(b"of another version")
    assert signature_beside(other, model) == b""
