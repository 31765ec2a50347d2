"""The description tells of every route, how each refuses, who may come in, and a true answer."""

from __future__ import annotations

import json

import jsonschema_rs
import pytest

import mlwright as mw
from mlwright.serving.build import make_service, open_scorer
from mlwright.serving.keys import Keys, add_key
from mlwright.serving.settings import Settings

from .test_site import ask


@pytest.fixture
def described(service):
    return json.loads(ask(service().app, "/openapi.json")[2])


def test_every_route_for_programs_is_described(described):
    assert {
        "/predict", "/invocations", "/v2/models/shop/infer", "/v2", "/v2/health/live", "/v2/health/ready",
        "/v2/models/shop", "/v2/models/shop/ready", "/ping", "/health", "/livez", "/readyz",
        "/model", "/metrics",
    } <= set(described["paths"])  # fmt: skip


@pytest.mark.parametrize("path", ["/predict", "/invocations", "/v2/models/shop/infer"])
def test_every_refusal_is_described(described, path):
    found = set(described["paths"][path]["post"]["responses"])
    assert found == {"200", "400", "408", "413", "415", "422", "429", "503", "504"}


def test_with_keys_both_ways_to_send_one_are_described(service, tmp_path):
    key = add_key(tmp_path / "keys.json", "app")
    app = service(keys=Keys(tmp_path / "keys.json")).app
    found = json.loads(ask(app, "/openapi.json", headers=[("x-api-key", key)])[2])
    assert found["security"] == [{"bearer": []}, {"header": []}]
    assert found["components"]["securitySchemes"]["header"] == {
        "type": "apiKey", "in": "header", "name": "X-API-Key",
    }  # fmt: skip
    assert {"401", "403"} <= set(found["paths"]["/predict"]["post"]["responses"])
    assert {"401", "403"} <= set(found["paths"]["/v2/models/shop"]["get"]["responses"])
    assert "401" not in found["paths"]["/ping"]["get"]["responses"]


def test_the_example_answer_is_that_of_the_example_row(service):
    post = service()
    shapes = json.loads(ask(post.app, "/openapi.json")[2])["components"]["schemas"]
    assert post("/predict", shapes["Row"]["example"]) == (200, shapes["Answer"]["example"])


def test_tensors_as_described_are_answered(service, described):
    path = "/v2/models/shop/infer"
    post = described["paths"][path]["post"]
    shape = post["requestBody"]["content"]["application/json"]["schema"]
    assert jsonschema_rs.validator_for(shape).is_valid(shape["example"])
    status, found = service()(path, shape["example"])
    assert status == 200
    answered = described["components"]["schemas"]["Answer"]["example"]
    assert {one["name"]: one["data"][0] for one in found["outputs"]} == answered


@pytest.mark.parametrize(("labels", "kind"), [((0, 1), "INT64"), (("no", "yes"), "BYTES")])
def test_tensors_are_of_the_type_that_the_model_is_said_to_answer(tmp_path, labels, kind):
    table = {"size": [n % 37 for n in range(90)], "sold": [labels[n % 37 > 18] for n in range(90)]}
    mw.train(table, "sold", max_trials=1, refit="no").save(tmp_path / "m.mlw")
    app = make_service(open_scorer(tmp_path / "m.mlw", Settings()), Settings())[0]
    told = json.loads(ask(app, "/v2/models/m")[2])["outputs"]
    sent = {"inputs": [{"name": "size", "shape": [2, 1], "datatype": "FP64", "data": [3, 30]}]}
    found = json.loads(ask(app, "/v2/models/m/infer", "POST", body=json.dumps(sent).encode())[2])["outputs"]
    assert [(one["name"], one["datatype"]) for one in told] == [
        (one["name"], one["datatype"]) for one in found
    ]
    assert found[0]["datatype"] == kind
    assert found[0]["data"] == list(labels)
