"""The page asks at a route of its own: it answers as `/predict` does, and is neither counted nor logged."""

from __future__ import annotations

import polars as pl
import pytest

from mlwright.serving.keys import Keys, add_key
from mlwright.serving.log_files import open_folder
from mlwright.serving.settings import LogPolicy

from .conftest import ROW
from .test_site import ask

MISSING = ROW | {"color": None}


def counted(post):
    lines = [line for line in post.live.counters.text().decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_it_answers_the_same_as_predict(service):
    post = service()
    for query in (b"", b"explain=true&level=0.5"):
        assert post("/try", [ROW, MISSING], query=query) == post("/predict", [ROW, MISSING], query=query)
    assert post("/try", ROW | {"size": "nine"})[0] == 422


def test_rows_that_are_tried_are_no_rows_of_the_counters(service):
    post = service()
    post("/try", [MISSING] * 50)
    post("/try", MISSING, query=b"explain=true")
    found = counted(post)
    assert found["mlwright_rows_total"] == 0
    assert found['mlwright_missing_cells_total{column="color"}'] == 0
    assert found["mlwright_scores_count"] == 0
    assert found['http_server_requests_total{route="/try",status="200"}'] == 2
    post("/predict", MISSING)
    assert counted(post)['mlwright_missing_cells_total{column="color"}'] == 1


def test_rows_that_are_tried_are_not_logged(service, tmp_path):
    post = service(log=LogPolicy(open_folder(tmp_path / "log")))
    post("/try", [ROW] * 3)
    post("/predict", ROW)
    post.live.log.close()
    found = pl.read_parquet(tmp_path / "log" / "*.parquet")
    assert found["route"].to_list() == ["/predict"]


@pytest.mark.parametrize("path", ["/try", "/predict"])
def test_it_asks_for_the_same_keys_and_has_the_same_limits(service, tmp_path, path):
    key = add_key(tmp_path / "keys.json", "app")
    post = service(keys=Keys(tmp_path / "keys.json"), rate=1.0, max_rows=2)
    assert post(path, ROW)[0] == 401
    assert post(path, [ROW] * 3, x_api_key=key)[0] == 413
    assert post(path, ROW, x_api_key=key)[0] == 429


def test_it_is_described_nowhere(service):
    assert "/try" not in ask(service().app, "/openapi.json")[2].decode()
