"""One small model with a column of each common kind, and what asks it as a client does."""

from __future__ import annotations

import json

import numpy as np
import pytest

import mlwright as mw
from mlwright.serving.build import make_service, open_scorer
from mlwright.serving.settings import Settings

from .test_site import ask

N_ROWS = 160


@pytest.fixture(scope="package")
def shop(tmp_path_factory):
    """Return the file of a model of a price by size, color, whether it is new, and when it was built."""
    rng = np.random.default_rng(0)
    size = rng.normal(10, 3, N_ROWS).round(2)
    color = rng.choice(["red", "green", "blue"], N_ROWS)
    built = np.datetime64("2020-01-01") + rng.integers(0, 900, N_ROWS)
    table = {
        "size": size,
        "color": color,
        "is_new": rng.choice(["true", "false"], N_ROWS),
        "built": built.astype(str),
        "price": (size * 3 + 4 * (color == "red") + rng.normal(0, 1, N_ROWS)).round(2),
    }
    place = tmp_path_factory.mktemp("shop") / "shop.mlw"
    mw.train(table, "price", max_trials=1, refit="no").save(place)
    return place


@pytest.fixture
def service(shop):
    """Return a function that makes a service, and returns what asks it: status and decoded body come back."""

    def make(**settings):
        chosen = Settings(**settings)
        app, live = make_service(open_scorer(shop, chosen), chosen)

        def post(path, body, *, query=b"", **headers):
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            told = [(name.replace("_", "-"), value) for name, value in headers.items()]
            status, _, found = ask(app, path, "POST", told, raw, query)
            return status, json.loads(found)

        post.app, post.live = app, live
        return post

    return make


ROW = {"size": 9.5, "color": "red", "is_new": True, "built": "2021-05-31"}
