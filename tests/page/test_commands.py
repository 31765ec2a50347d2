"""Commands that the page and the docs give to copy do what they say."""

from __future__ import annotations

import json
import shlex

from .screen import HOSTILE, NETWORK, answered, fetched, field, ready


def run(command):
    """Do what a command with curl would do; return what comes back."""
    words = shlex.split(command)
    assert words[0] == "curl"
    headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
    body = next((words[at + 1] for at, word in enumerate(words) if word == "-d"), None)
    return fetched(words[1], body and body.encode(), headers)


def test_the_row_can_be_copied_as_a_command(serve, look):
    page = ready(look(serve("visits").url, permissions=["clipboard-read", "clipboard-write"]))
    field(page, HOSTILE).locator("select").select_option('it\'s "big"')
    row, answer = answered(page, lambda: field(page, "age").locator("input[type=number]").fill("77"), age=77)
    page.locator("#copy").click()
    page.wait_for_function("() => document.querySelector('#copy').textContent === 'Copied'")
    found = json.loads(run(page.evaluate("navigator.clipboard.readText()")))
    assert row[HOSTILE] == 'it\'s "big"'
    assert found["prediction"] == answer["prediction"]


def test_the_docs_hold_every_route_and_commands_that_work(serve, look):
    service = serve("visits")
    page = look(service.url + "docs")
    page.wait_for_selector(".route")
    paths = set(json.loads(fetched(service.url + "openapi.json"))["paths"])
    assert {text.strip() for text in page.locator(".route .path").all_inner_texts()} == paths
    command = page.locator(".route[open] pre").first.inner_text()
    assert "/predict" in command
    assert "prediction" in json.loads(run(command))
    assert page.locator("img, b b, i, script:not([src])").count() == 0


def test_the_docs_ask_for_a_key_where_rows_do(serve, keys, look):
    secret, path = keys
    page = look(serve("visits", "--keys", str(path)).url + "docs", may_say=NETWORK)
    page.wait_for_selector("#key:not([hidden])")
    page.locator("#key-value").fill(secret)
    page.keyboard.press("Enter")
    page.wait_for_selector(".route")
    command = page.locator(".route[open] pre").first.inner_text()
    assert '"Authorization: Bearer $KEY"' in command
    assert secret not in page.content()
