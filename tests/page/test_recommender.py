"""The page of a recommender in a real browser: whose taste, what is offered, refusals, keyboard, phone."""

from __future__ import annotations

import json

import pytest

from .screen import NETWORK, field


def shown(page):
    page.wait_for_selector("#told:not(:empty)")
    return page


def offered(page, act):
    """Do something, and return the question that was sent because of it, and the answer, once it is drawn."""
    with page.expect_response(lambda response: response.url.endswith("/try")) as found:
        act()
    question, answer = json.loads(found.value.request.post_data), found.value.json()
    if found.value.ok:
        scores = len(answer["items"])
        page.wait_for_function("n => document.querySelectorAll('#offered li').length === n", arg=scores)
    return question, answer


def test_a_history_is_answered_while_it_is_changed(serve, look):
    page = shown(look(serve("films").url))
    form = page.evaluate("fetch('form').then((answer) => answer.json())")
    assert page.locator("#taken li").count() == len(form["start"])
    assert page.locator("#items option").count() == len(form["popular"]) == 40
    page.fill("#item", "item 9")
    question, answer = offered(page, lambda: page.keyboard.press("Enter"))
    assert question == {"history": ["item 9", *form["start"]], "k": 10}
    assert answer["is_known"]
    texts = page.locator("#offered .name").all_inner_texts()
    assert [text.startswith(one["item"]) for text, one in zip(texts, answer["items"], strict=True)] == [
        True
    ] * 10
    assert "The tale of" in texts[0]
    best = answer["items"][0]["item"]
    spoken = f"10 offered, the best: {best} \u00b7 The tale of {best.split()[1]}"
    assert page.locator("#said").inner_text() == spoken
    widths = [
        float(one.evaluate("(bar) => parseFloat(bar.style.width)")) for one in page.locator(".fill").all()
    ]
    assert widths[0] == 100
    assert widths == sorted(widths, reverse=True)
    question, _ = offered(page, lambda: page.get_by_label("Take out item 9").click())
    assert question["history"] == form["start"]


def test_users_filters_and_seen_items(serve, look):
    page = shown(look(serve("films").url))
    question, _ = offered(page, lambda: page.get_by_label("A known user").check(force=True))
    assert question["user"] == ""
    question, answer = offered(page, lambda: page.fill("#user", "user 3"))
    assert (question, answer["is_known"]) == ({"user": "user 3", "k": 10}, True)
    question, answer = offered(page, lambda: page.fill("#wish", "taste=taste 2"))
    assert question["filter"] == "taste=taste 2"
    assert {int(one["item"].split()[1]) % 4 for one in answer["items"]} == {2}
    question, _ = offered(page, lambda: page.get_by_label("Offer what was taken before").check())
    assert question["allow_seen"] is True
    offered(page, lambda: page.fill("#user", "nobody"))
    assert "Nobody of this name is known" in page.locator("#outside").inner_text()


def test_what_goes_with_an_item_by_name_or_title(serve, look):
    page = shown(look(serve("films").url))
    question, _ = offered(page, lambda: page.get_by_label("An item").check(force=True))
    assert question == {"item": "", "k": 10}
    assert "Name an item" in page.locator("#outside").inner_text()
    assert page.locator("#about").is_hidden()
    question, answer = offered(page, lambda: page.fill("#with", "the TALE of 9"))
    assert question == {"item": "item 9", "k": 10}
    assert answer["is_known"]
    assert "item 9" not in [one["item"] for one in answer["items"]]
    offered(page, lambda: page.fill("#with", "nothing like it"))
    assert "This item is not known" in page.locator("#outside").inner_text()
    offered(page, lambda: page.get_by_role("button", name="Start over").click())
    assert page.locator("#history-field").is_visible()


def test_what_else_is_known_of_a_user_is_asked_and_sent(serve, look):
    page = shown(look(serve("films").url))
    assert page.locator("#about").get_attribute("open") is not None
    assert "most: 2" in field(page, "age").locator(".hint").inner_text()
    for _ in page.locator("#taken button").all():
        offered(page, page.locator("#taken button").first.click)
    assert "Without a history" in page.locator("#outside").inner_text()
    question, answer = offered(page, lambda: field(page, "sport").locator("input").fill("sport 2"))
    assert question == {"history": [], "attributes": {"sport": "sport 2"}, "k": 10}
    assert answer["is_known"]
    assert page.locator("#outside").is_hidden()
    question, _ = offered(page, lambda: field(page, "age").locator("input[type=number]").fill("99"))
    assert question["attributes"] == {"sport": "sport 2", "age": 99}
    assert field(page, "age").locator(".note").inner_text() == ""
    question, _ = offered(page, lambda: page.get_by_label("A known user").check(force=True))
    assert question["attributes"] == {"sport": "sport 2", "age": 99}
    assert "takes the place" in page.locator("#traits-help").inner_text()
    question, _ = offered(page, lambda: field(page, "word").locator("select").select_option("some"))
    assert question["attributes"]["word"] == "some"
    question, _ = offered(page, lambda: page.get_by_role("button", name="Start over").click())
    assert "attributes" not in question


def test_what_cannot_be_used_is_said_at_its_field(serve, look):
    page = shown(look(serve("films").url, may_say=NETWORK))
    page.fill("#k", "0")
    page.wait_for_selector("#k-note:not(:empty)")
    offered(page, lambda: page.fill("#k", "3"))
    assert page.locator("#k-note").inner_text() == ""
    status_of, _ = offered(page, lambda: page.fill("#wish", "gender=x"))
    assert status_of["filter"] == "gender=x"
    page.wait_for_selector("#wish-note:not(:empty)")
    assert "gender" in page.locator("#wish-note").inner_text()
    offered(page, lambda: page.fill("#wish", ""))
    assert page.locator("#wish-note").inner_text() == ""


def test_the_keyboard_is_enough(serve, look):
    page = shown(look(serve("films").url))
    page.focus("#item")
    page.keyboard.type("item 8")
    question, _ = offered(page, lambda: page.keyboard.press("Enter"))
    assert question["history"][0] == "item 8"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    question, _ = offered(page, lambda: page.keyboard.press("Enter"))
    assert "item 8" not in question["history"]
    assert page.evaluate("document.activeElement.closest('#taken') !== null")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_everybody_can_read_it(serve, look, axe, width, scheme):
    page = shown(look(serve("films").url, width=width, scheme=scheme))
    page.fill("#item", "nobody's")
    offered(page, lambda: page.keyboard.press("Enter"))
    if scheme == "dark":
        offered(page, lambda: page.get_by_label("An item").check(force=True))
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.evaluate(axe)
    assert page.evaluate("axe.run(document).then(found => found.violations.map(one => one.id))") == []
