"""The page in a real browser: fill, predict, why, what if; refusals, late answers, other models."""

from __future__ import annotations

import json
import re

import pytest

from .screen import HOSTILE, NETWORK, QUOTED, TARGET, answered, big, field, percent, ready


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
    page.locator(".words", has_text="The chance that").wait_for()


def test_a_curve_tells_what_if_and_a_value_can_be_taken_from_it(serve, look):
    service = serve("houses")
    page = ready(look(service.url))
    page.locator("#chosen").select_option("size")
    page.wait_for_selector("#curve[aria-busy=false]")
    curve = page.locator("#curve svg[aria-label*='price, by size']")
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

    page.route(re.compile(r"/try(\?level=[\d.]+)?$"), decided, times=1)
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
    page.route("**/try*", lambda route: route.fulfill(status=422, json=problem))
    field(page, "birth").locator("input").fill("1971-01-01")
    page.wait_for_selector(".note.bad:not(:empty)")
    assert "No such day." in field(page, "birth").inner_text()
    assert field(page, "birth").locator("input").get_attribute("aria-invalid") == "true"
    assert page.locator("#trouble").is_hidden()
    page.unroute("**/try*")
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

    page.route(re.compile(r"/try(\?level=[\d.]+)?$"), hold)
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
    page.route("**/try*", lambda route: route.fulfill(**busy), times=1)
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

    page.route(re.compile(r"/try(\?level=[\d.]+)?$"), exchanged)  # while the form is still the old one's
    field(page, "age").locator("input[type=number]").fill("41")
    page.wait_for_selector("#exchanged:not([hidden])")
    assert "version feedfacefeed answers now" in page.locator("#exchanged").inner_text()
    page.get_by_text("version feedfacefeed, in").wait_for()
    assert field(page, "age").locator("input[type=number]").input_value() == "41"
    page.unroute_all(behavior="ignoreErrors")
