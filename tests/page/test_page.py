"""The page in a real browser: fill, predict, why, what if; by keyboard, on a phone, with hostile names."""

from __future__ import annotations

import json
import re
import shlex
from urllib.request import Request, urlopen

import pytest

HOSTILE = "<script>document.title='plan'</script>"
QUOTED = '"><img src=x onerror=alert(2)>'
TARGET = "<b>comes</b> back"
NETWORK = "Failed to load resource"
"""What the browser says of its own accord when a service refuses."""


def fetched(url, body=None, headers=None):
    """Return what one of our services answers."""
    with urlopen(Request(url, body, headers or {})) as response:  # noqa: S310 - at an address of our own
        return response.read()


def ready(page):
    """Wait until the row that is shown was answered and explained."""
    page.wait_for_selector("#told:not(:empty)")
    page.wait_for_selector(".moves li")
    page.wait_for_selector("#curve > *")
    return page


def answered(page, act, **cells):
    """Do something, and return the row that was sent because of it, with its answer; it holds these cells."""

    def is_answer(response):
        if not re.search(r"/predict(\?level=[\d.]+)?$", response.url):
            return False
        row = json.loads(response.request.post_data)
        return isinstance(row, dict) and cells.items() <= row.items()

    with page.expect_response(is_answer) as found:
        act()
    return json.loads(found.value.request.post_data), found.value.json()


def field(page, name):
    return page.locator(".field").filter(has=page.get_by_text(name, exact=True))


def big(page):
    return page.locator("#drawn .big").inner_text()


def percent(share):
    return "< 0.1 %" if share < 0.001 else "> 99.9 %" if share > 0.999 else f"{share * 100:.1f} %"


def test_a_row_is_answered_while_it_is_changed(serve, look):
    service = serve("visits")
    page = ready(look(service.url))
    before = big(page)
    row, answer = answered(page, lambda: field(page, "age").locator("input[type=number]").fill("88"))
    assert row["age"] == 88
    second = service.model.task.classes[1]
    assert answer[f"probability_{second}"] == service.model.predict_proba(row)[0][1]
    page.wait_for_function("before => document.querySelector('.big').textContent !== before", arg=before)
    assert big(page) == percent(answer[f"probability_{second}"])
    assert page.locator("#said").inner_text() == f"{TARGET} is {second}: {big(page)}"
    assert service.url.rsplit(":", 1)[0] == "http://127.0.0.1"
    assert page.locator("#version").inner_text() in page.locator("#told").inner_text()


def test_every_kind_of_field_sends_what_the_model_reads(serve, look):
    page = ready(look(serve("visits").url))
    field(page, QUOTED).get_by_label("true").check(force=True)
    field(page, HOSTILE).locator("select").select_option('it\'s "big"')
    field(page, "day").locator("input").fill("2024-02-29")
    field(page, "when").locator("input").fill("2024-02-29T23:59:00")
    field(page, "birth").locator("input").fill("1970-12-31")
    row, _ = answered(page, lambda: field(page, "city").locator("input").fill("city 7"), city="city 7")
    assert row[QUOTED] is True
    assert row[HOSTILE] == 'it\'s "big"'
    assert row["day"].startswith("2024-02-29")
    assert row["when"] == "2024-02-29T23:59:00"
    assert row["birth"] == "31/12/1970"
    assert row["city"] == "city 7"


def test_every_field_can_be_left_missing(serve, look):
    page = ready(look(serve("visits").url))
    for name in ("age", "day", "when", "birth", "city"):
        field(page, name).locator("input").first.fill("")
    field(page, HOSTILE).locator("select").select_option("missing")
    row, answer = answered(
        page, lambda: field(page, QUOTED).get_by_label("unknown").check(force=True), **{QUOTED: None}
    )
    assert set(row.values()) == {None}
    assert "prediction" in answer


def test_names_and_levels_are_shown_as_they_are_written(serve, look):
    page = ready(look(serve("visits").url))
    shown = page.locator("body").inner_text()
    assert HOSTILE in shown
    assert QUOTED in shown
    assert TARGET in page.locator("h1").inner_text()
    assert page.locator("img, b b, i, script:not([src])").count() == 0
    assert page.title().startswith("Is ")
    page.locator("#chosen").select_option(HOSTILE)
    page.locator("#curve").get_by_text("<img src=x onerror=alert(1)>", exact=True).wait_for()
    assert page.locator("img").count() == 0


def test_the_reasons_are_those_of_the_model(serve, look):
    service = serve("visits")
    page = ready(look(service.url))
    row, _ = answered(page, page.locator("#again").click)
    ready(page)
    told = service.model.explain([row])
    amounts = dict(zip(told.columns, told.amounts[0, 1], strict=True))
    first = page.locator(".moves li").first
    strongest = max(amounts, key=lambda name: abs(amounts[name]))
    assert first.locator(".name").inner_text().startswith(strongest[:20])
    sign = "+" if amounts[strongest] >= 0 else "\N{MINUS SIGN}"
    assert first.locator(".amount").inner_text() == f"{sign}{abs(100 * amounts[strongest]):.1f}"
    page.get_by_text("In words").click()
    assert "The chance that" in page.locator(".words").inner_text()


def test_a_curve_tells_what_if_and_a_value_can_be_taken_from_it(serve, look):
    service = serve("houses")
    page = ready(look(service.url))
    page.locator("#chosen").select_option("size")
    curve = page.locator("#curve svg[aria-label*='price, by size']")
    curve.wait_for()
    assert len(curve.locator("polyline").get_attribute("points").split()) == 41  # and the present one
    assert curve.locator("circle").count() == 1
    box = curve.bounding_box()
    place = {"x": box["width"] - 18, "y": box["height"] / 2}
    row, _ = answered(page, lambda: curve.click(position=place))
    assert row["size"] == service.model.schema["size"].high
    page.locator("#chosen").select_option("area")
    page.wait_for_selector("#curve .bars")
    row, _ = answered(page, page.locator("#curve button").last.click)
    assert row["area"] is None
    assert field(page, "area").locator("select").input_value() == "missing"


def test_a_value_has_its_interval(serve, look):
    service = serve("houses")
    page = ready(look(service.url))
    _, answer = answered(page, page.locator("#again").click)
    assert service.model.task.classes == ()
    assert answer["prediction_low"] < answer["prediction"] < answer["prediction_high"]
    assert "In 90 of 100 cases the truth lies between" in page.locator("#drawn").inner_text()
    assert page.locator("#drawn line.interval").count() == 1
    assert big(page).replace(",", "").replace(".", "").isdigit()


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        ([], "With 90 % certainty it names none: it is less sure of this row than of most."),
        (["no"], "With 90 % certainty it is no."),
        (["no", "<i>yes</i>"], "With 90 % certainty it can rule nothing out."),
    ],
)
def test_a_decision_and_a_set_are_told(labels, says, serve, look):
    page = ready(look(serve("visits").url))

    def decided(route):
        found = route.fetch()
        answer = {**found.json(), "decision": "<i>yes</i>", "prediction_set": labels}
        route.fulfill(json=answer, headers={"x-model-version": found.headers["x-model-version"]})

    page.route(re.compile(r"/predict(\?level=[\d.]+)?$"), decided, times=1)
    answered(page, page.locator("#again").click)
    page.get_by_text("which costs least").wait_for()
    told = page.locator("#drawn .says").inner_text()
    assert "Decide: <i>yes</i>, which costs least." in told
    assert says in told


def test_what_the_model_never_saw_is_pointed_out(serve, look):
    page = ready(look(serve("visits").url))
    answered(page, lambda: field(page, "age").locator("input[type=number]").fill("140"))
    assert "Trained on 18 to 89 only." in field(page, "age").inner_text()
    answered(page, lambda: field(page, "city").locator("input").fill("Atlantis"))
    assert "Never seen in training." in field(page, "city").inner_text()
    warned = page.locator("#outside").inner_text()
    assert "age" in warned
    assert "city" in warned
    answered(page, page.locator("#again").click)
    assert page.locator("#outside").is_hidden()


def test_a_refusal_stands_at_the_field_that_it_names(serve, look):
    page = ready(look(serve("visits").url, may_say=NETWORK))
    problem = {
        "type": "urn:mlwright:problem:cell",
        "status": 422,
        "detail": "No such day.",
        "column": "birth",
        "row": 1,
    }
    page.route("**/predict*", lambda route: route.fulfill(status=422, json=problem))
    field(page, "birth").locator("input").fill("1971-01-01")
    page.wait_for_selector(".note.bad:not(:empty)")
    assert "No such day." in field(page, "birth").inner_text()
    assert field(page, "birth").locator("input").get_attribute("aria-invalid") == "true"
    assert page.locator("#trouble").is_hidden()
    page.unroute("**/predict*")
    answered(page, lambda: field(page, "birth").locator("input").fill("1971-01-02"))
    assert "No such day." not in field(page, "birth").inner_text()


def test_a_number_that_is_none_is_not_sent(serve, look):
    page = ready(look(serve("visits").url))
    number = field(page, "age").locator("input[type=number]")
    number.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("1e")
    page.wait_for_selector(".note.bad:not(:empty)")
    assert number.get_attribute("aria-invalid") == "true"
    assert "Mend the marked field" in page.locator("#told").inner_text()


def test_an_answer_that_comes_late_is_dropped(serve, look):
    page = ready(look(serve("visits").url))
    held = []

    def hold(route):
        if not held and json.loads(route.request.post_data)["age"] == 20:
            held.append(route)
        else:
            route.continue_()

    page.route(re.compile(r"/predict(\?level=[\d.]+)?$"), hold)
    number = field(page, "age").locator("input[type=number]")
    number.fill("20")
    for _ in range(500):
        if not held:
            page.wait_for_timeout(20)
    assert held
    _, answer = answered(page, lambda: number.fill("80"))
    page.wait_for_selector("#told:not(:empty)")
    held[0].fulfill(json={**answer, **{key: 0.123 for key in answer if key.startswith("probability")}})
    page.wait_for_timeout(300)
    assert big(page) != "12.3 %"
    page.unroute_all(behavior="ignoreErrors")


def test_a_busy_service_is_asked_again(serve, look):
    page = ready(look(serve("visits").url, may_say=NETWORK))
    busy = {"status": 503, "json": {"detail": "Too many requests at once."}, "headers": {"Retry-After": "1"}}
    page.route("**/predict*", lambda route: route.fulfill(**busy), times=1)
    field(page, "age").locator("input[type=number]").fill("33")
    page.wait_for_selector("#trouble:not([hidden])")
    assert "Too many requests at once. Trying again" in page.locator("#trouble").inner_text()
    page.wait_for_selector("#trouble", state="hidden")
    assert page.locator("#drawn").get_attribute("class") == ""


def test_another_model_behind_the_same_address_is_noticed(serve, look):
    page = ready(look(serve("visits").url))

    def exchanged(route):
        found = route.fetch()
        route.fulfill(response=found, headers={**found.headers, "x-model-version": "feedfacefeed"})

    page.route(re.compile(r"/predict(\?level=[\d.]+)?$"), exchanged)  # while the form is still the old one's
    field(page, "age").locator("input[type=number]").fill("41")
    page.wait_for_selector("#exchanged:not([hidden])")
    assert "version feedfacefeed answers now" in page.locator("#exchanged").inner_text()
    page.get_by_text("version feedfacefeed, in").wait_for()
    assert field(page, "age").locator("input[type=number]").input_value() == "41"
    page.unroute_all(behavior="ignoreErrors")


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
    page.route("**/predict*", answer)
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

    page.route("**/predict*", answers)
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
