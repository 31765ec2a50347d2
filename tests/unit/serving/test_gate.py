"""The gate: how long to wait, and who asks a service of this machine alone."""

from __future__ import annotations

import json

import pytest

from mlwright.serving.build import make_service, open_scorer
from mlwright.serving.keys import Keys, add_key
from mlwright.serving.problems import Problem
from mlwright.serving.settings import Settings

from .conftest import ROW
from .test_site import ask


def repeat(gate, times):
    for _ in range(times):
        gate.enter("app")
        gate.leave()


@pytest.mark.parametrize(("rate", "retry_s"), [(0.01, 100), (0.3, 4), (1.0, 1), (50.0, 1)])
def test_who_asks_too_often_is_told_when_there_is_a_token_again(service, rate, retry_s):
    gate = service(rate=rate).app.desk._gate
    with pytest.raises(Problem) as caught:
        repeat(gate, 60)
    assert (caught.value.status, caught.value.retry_s) == (429, retry_s)


BROWSER = {"accept-language": "en"}
PAGE = {**BROWSER, "origin": "http://evil.example:8080"}
MAY = {
    "a program": {"host": "evil.example:8080"},
    "a proxy's own name": {"host": "models.example.com"},
    "no name": {},
    "localhost": {**BROWSER, "host": "LocalHost:8080", "origin": "http://localhost:8080"},
    "an address": {**BROWSER, "host": "127.0.0.1:8080"},
    "an IPv6 address": {**BROWSER, "host": "[::1]:8080"},
    "a name of this machine": {**BROWSER, "host": "app.localhost:8080"},
    "a browser over a proxy with TLS": {
        **BROWSER, "host": "models.example.com", "origin": "https://models.example.com",
        "sec-fetch-mode": "cors",
    },
}  # fmt: skip
MAY_NOT = {
    "a page": {**PAGE, "host": "evil.example:8080"},
    "a page that looks": {**BROWSER, "host": "evil.example:8080"},
    "a page that says what it likes": {"host": "evil.example", "origin": "http://evil.example"},
    "a name that looks like an address": {**PAGE, "host": "127.0.0.1.evil.example"},
}


def asked(app, headers):
    told = [("content-type", "application/json"), *headers.items()]
    scored = ask(app, "/predict", "POST", told, json.dumps(ROW).encode())
    return scored[0], ask(app, "/model", headers=list(headers.items()))[0]


@pytest.mark.parametrize("who", [*MAY, *MAY_NOT])
def test_pages_of_elsewhere_do_not_ask_a_service_of_this_machine(shop, who):
    app = make_service(open_scorer(shop, Settings()), Settings(), is_local=True)[0]
    expected = 200 if who in MAY else 403
    assert asked(app, (MAY | MAY_NOT)[who]) == (expected, expected)


def test_with_keys_or_for_other_machines_the_name_does_not_matter(shop, service, tmp_path):
    headers = MAY_NOT["a page"]
    assert asked(service().app, headers) == (200, 200)
    key, settings = add_key(tmp_path / "keys.json", "app"), Settings(keys=Keys(tmp_path / "keys.json"))
    app = make_service(open_scorer(shop, settings), settings, is_local=True)[0]
    assert asked(app, {**headers, "x-api-key": key}) == (200, 200)
