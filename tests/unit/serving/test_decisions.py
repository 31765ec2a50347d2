"""What a service says that its answers hold is what they hold, with costs and without."""

import json

import numpy as np
import pytest

import mlwright as mw
from mlwright.serving import shapes
from mlwright.serving.build import PROTOCOLS, make_scorer, make_service
from mlwright.serving.protocol import Request
from mlwright.serving.settings import Settings
from mlwright.serving.terms import terms_of

from .test_site import ask


@pytest.fixture(scope="module", params=[None, "fn=5,fp=1"], ids=["without costs", "with costs"])
def scorer(request, tmp_path_factory):
    sizes = np.linspace(0, 1, 120)
    rows = {"size": sizes.tolist(), "y": np.where(sizes + np.sin(40 * sizes) > 0.6, "yes", "no").tolist()}
    path = tmp_path_factory.mktemp("decisions") / "m.mlw"
    mw.train(rows, "y", max_trials=2, refit="no", cost=request.param).save(path)
    return make_scorer(path, path.read_bytes(), Settings())


def test_the_description_names_what_an_answer_holds(scorer):
    asked = PROTOCOLS.get("native").read(Request(b'{"size": 0.5}'), scorer)
    (record,) = scorer.records(asked.rows, scorer.answer(asked.rows))
    assert list(record) == shapes.record(scorer)["required"]
    assert ("decision" in record) == scorer.model.decides == terms_of(scorer)["decisions"]
    assert ("decision" in shapes.record(scorer)["properties"]) == scorer.model.decides


def test_metadata_of_the_open_inference_protocol_names_what_infer_returns(scorer):
    app, _ = make_service(scorer, Settings())
    status, _, body = ask(app, f"/v2/models/{scorer.name}")
    assert status == 200
    protocol = PROTOCOLS.get("open_inference")
    tensor = b'{"inputs": [{"name": "size", "shape": [1, 1], "datatype": "FP64", "data": [0.5]}]}'
    asked = protocol.read(Request(tensor), scorer)
    answered = json.loads(protocol.write(asked, scorer.answer(asked.rows), scorer).body)
    told = json.loads(body)
    assert [one["name"] for one in answered["outputs"]] == [one["name"] for one in told["outputs"]]
