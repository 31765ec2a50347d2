"""A model of every released format loads, and answers as on the day it was made."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import mlwright as mw
from mlwright.artifact.save import FORMAT

MODELS = Path(__file__).parents[2] / "fixtures" / "models"


def test_there_is_a_model_of_every_format():
    assert {path.name for path in MODELS.glob("*.mlw")} == {f"format_{n}.mlw" for n in range(1, FORMAT + 1)}


@pytest.mark.parametrize("number", range(1, FORMAT + 1))
def test_it_answers_explains_and_exports_as_it_did(number, tmp_path):
    known = json.loads((MODELS / f"format_{number}.json").read_text(encoding="utf-8"))
    model = mw.load(MODELS / f"format_{number}.mlw")
    np.testing.assert_allclose(model.predict_proba(known["rows"]), known["probabilities"], atol=1e-6)
    assert [list(labels) for labels in model.predict_set(known["rows"], 0.9)] == known["sets"]
    told = model.explain(known["rows"])
    np.testing.assert_allclose(told.base + told.amounts.sum(axis=2), known["probabilities"], atol=1e-6)
    assert mw.export(model, "onnx", tmp_path / "m.onnx")
