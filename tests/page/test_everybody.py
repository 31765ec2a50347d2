"""The page is for everybody: by keyboard, on a phone, with a key, with a thousand columns; axe is content."""

from __future__ import annotations

import json

import pytest

from .screen import NETWORK, answered, big, fetched, field, ready


def test_a_key_is_asked_for_and_kept_in_memory_alone(serve, keys, look):
    secret, path = keys
    page = look(serve("visits", "--keys", str(path)).url, may_say=NETWORK)
    page.wait_for_selector("#key:not([hidden])")
    assert page.locator("#desk").is_hidden()
    assert page.evaluate("document.activeElement.id") == "key-value"
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    page.wait_for_selector("#key-note:not(:empty)")
    page.locator("#key-value").fill(secret)
    page.keyboard.press("Enter")
    ready(page)
    assert page.locator("#key").is_hidden()
    kept = page.evaluate(
        "[JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie, location.href]"
    )
    assert secret not in "".join([*kept, page.content()])
    page.reload()
    page.wait_for_selector("#key:not([hidden])")


def test_all_can_be_done_by_keyboard(serve, look):
    page = ready(look(serve("houses").url))
    seen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "() => { const e = document.activeElement, s = getComputedStyle(e);"
            " return [e.id || e.textContent.trim().slice(0, 40), e.tagName, s.outlineStyle !== 'none'"
            " && parseFloat(s.outlineWidth) >= 2] }"
        )
        if found[1] == "BODY":
            break
        seen.append(found)
        assert found[2], f"the focus cannot be seen on {found}"
    names = [name for name, *_ in seen]
    assert names[0] == "Skip to the answer"
    assert {"another", "again", "copy", "chosen", "fold-title"} <= set(names)
    assert len([tag for _, tag, _ in seen if tag == "INPUT"]) >= 10
    number = field(page, "size").locator("input[type=number]")
    number.focus()
    row, _ = answered(page, lambda: page.keyboard.press("ArrowUp"))
    other, _ = answered(page, lambda: page.keyboard.press("ArrowUp"))
    assert other["size"] > row["size"]
    page.locator("#fold-title").focus()
    page.keyboard.press("Enter")
    assert page.locator("#filter").is_visible()
    page.locator("#filter").focus()
    page.keyboard.type("noise 19")
    assert page.locator("#more .field:visible").count() <= 1
    assert "of 10 columns" in page.locator("#found").inner_text()


def test_the_most_important_columns_stand_first_and_the_rest_can_be_found(serve, look):
    service = serve("houses")
    page = ready(look(service.url))
    first = [text.split("\n")[0] for text in page.locator("#fields .field").all_inner_texts()]
    assert set(first[:2]) == {"size", "area"}
    assert len(first) == 12
    assert page.locator("#more .field").count() == len(service.model.inputs) - 12
    assert not page.locator("#more .field").first.is_visible()


def test_a_thousand_columns_stay_usable(serve, look):
    page = look(serve("houses").url + "docs")  # a page of the same origin, to begin with
    names = [f"column {n}" for n in range(1_000)]
    told = json.loads(fetched(serve("houses").url + "form"))
    size = next(column for column in told["columns"] if column["name"] == "size")
    told["columns"] = [{**size, "name": name} for name in names]
    bodies = []

    def answer(route):
        body = json.loads(route.request.post_data)
        bodies.append(len(route.request.post_data))
        rows = body if isinstance(body, list) else [body]
        found = [{"prediction": 1.0 + row["column 0"]} for row in rows]
        reasons = {"class": None, "answer": 1.0, "base": 1.0, "columns": [], "why": "Nothing moved it."}
        found = found if isinstance(body, list) else {**found[0], "explanation": reasons}
        route.fulfill(json=found, headers={"x-model-version": told["version"]})

    page.route("**/form", lambda route: route.fulfill(json={**told, "max_body_bytes": 200_000}))
    page.route("**/try*", answer)
    page.goto(serve("houses").url)
    page.wait_for_selector("#curve svg")
    assert page.locator("#fields .field").count() == 12
    assert len(bodies) > 5
    assert max(bodies) <= 200_000
    page.locator("#fold-title").click()
    page.locator("#filter").fill("column 77")
    assert page.locator("#more .field:visible").count() == 11
    row, _ = answered(page, lambda: field(page, "column 777").locator("input[type=number]").fill("3"))
    assert row["column 777"] == 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["visits", "houses"])
def test_a_phone_shows_all_of_it_without_scrolling_sideways(name, scheme, serve, look):
    page = ready(look(serve(name).url, width=360, scheme=scheme, has_touch=True))
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    bar = page.locator(".bar")
    assert bar.is_visible()
    assert bar.inner_text().endswith(big(page))
    bar.click()
    page.wait_for_selector(".bar", state="hidden")
    assert page.locator("#drawn .big").is_visible()
    sizes = page.locator("#fields input:visible, #fields select:visible").evaluate_all(
        "all => all.filter(e => !['range', 'radio'].includes(e.type))"
        ".map(e => e.getBoundingClientRect().height)"
    )
    assert min(sizes) >= 40


def test_long_names_break_on_a_small_screen(serve, look):
    service = serve("visits")
    page = look(service.url + "docs", width=320)
    long = "w" * 120
    told = json.loads(fetched(service.url + "form"))
    told = {**told, "question": long, "name": long, "headline": long, "target": long}
    told["columns"] = [{**column, "name": f"{long}{n}"} for n, column in enumerate(told["columns"])]
    answer = {"prediction": "no", **{one["key"]: 0.5 for one in told["classes"]}}
    moves = [{"column": column["name"], "value": long, "amount": 0.1} for column in told["columns"]]
    reasons = {"class": long, "answer": 0.5, "base": 0.4, "columns": moves, "why": long}
    page.route("**/form", lambda route: route.fulfill(json=told))

    def answers(route):
        n_rows = len(json.loads(route.request.post_data)) if route.request.post_data[0] == "[" else 0
        route.fulfill(json=[answer] * n_rows if n_rows else {**answer, "explanation": reasons})

    page.route("**/try*", answers)
    page.goto(service.url)
    ready(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 320


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (360, "light")])
@pytest.mark.parametrize("path", ["", "docs"])
def test_axe_finds_nothing(path, width, scheme, serve, look, axe):
    page = look(serve("visits").url + path, width=width, scheme=scheme, bypass_csp=True)
    if path:
        page.wait_for_selector(".route")
        page.locator(".route summary").last.click()
    else:
        ready(page)
        answered(page, lambda: field(page, "age").locator("input[type=number]").fill("140"))
        page.get_by_text("In words").click()
    page.wait_for_timeout(400)
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert [(one["id"], one["impact"], one["nodes"][0]["html"]) for one in found["violations"]] == []


def test_axe_finds_nothing_where_a_key_is_asked_for(serve, keys, look, axe):
    page = look(serve("visits", "--keys", str(keys[1])).url, bypass_csp=True, may_say=NETWORK)
    page.wait_for_selector("#key:not([hidden])")
    page.evaluate(axe)
    assert page.evaluate("axe.run(document).then(found => found.violations.map(one => one.id))") == []
