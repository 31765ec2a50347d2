"""Reports in a real browser: on a desk, a phone and paper, nothing sticks out, is empty or complains."""

from __future__ import annotations

import pytest

import mlwright as mw
from mlwright.report.build import build_brief, build_report
from mlwright.report.compare_page import build_comparison
from mlwright.report.data_page import build_data_report

from .conftest import houses, posts, visits
from .screen import TARGET

STICKS_OUT = """() => [...document.querySelectorAll("body *")].filter(e => {
  const box = e.getBoundingClientRect();
  return box.width && box.right > document.documentElement.clientWidth + 1
    && !e.closest(".scroll, nav, .skip, .hidden, svg");
}).slice(0, 3).map(e => e.outerHTML.slice(0, 120))"""
EMPTY = """() => [...document.querySelectorAll("section, figure, td:only-child, ul, dl, ol")]
  .filter(e => !e.textContent.trim() && !e.querySelector("svg")).map(e => e.outerHTML.slice(0, 120))"""
BARE = """() => [...document.querySelectorAll("section")].filter(e =>
  ![...e.children].some(c => !/^H[1-6]$/.test(c.tagName) && c.textContent.trim())).map(e => e.id)"""


@pytest.fixture(scope="module")
def pages(models, tmp_path_factory):
    """Return the file of each page."""
    place = tmp_path_factory.mktemp("pages")
    (model, file), (homes, _) = models["visits"], models["houses"]
    wide = houses()
    wide |= {f"a column with quite a long name {n}": wide["size"] + n for n in range(1_000)}
    compared = {"changes": {}, **mw.compare(homes, homes, houses())}
    made = {
        "visits": build_report(model.evidence),
        "houses": build_report(homes.evidence, language="de"),
        "brief": build_brief(model.evidence),
        "data": build_data_report(mw.profile(visits(), TARGET), str(file)),
        "events": build_data_report(mw.profile(posts(), user="who", text="<b>text</b>", time="day")),
        "wide": build_data_report(mw.profile(wide, "price")),
        "compared": build_comparison(compared, ("old.mlw", "new.mlw", "rows.csv")),
    }
    for name, html in made.items():
        (place / f"{name}.html").write_text(html, encoding="utf-8")
    return {name: place / f"{name}.html" for name in made}


NAMES = ["visits", "houses", "brief", "data", "events", "wide", "compared"]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark"), (320, "light")])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_sticks_out_is_empty_or_complains(name, width, scheme, pages, look):
    page = look(pages[name].as_uri(), width=width, scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == width, page.evaluate(STICKS_OUT)
    assert page.evaluate(EMPTY) == []
    assert page.evaluate(BARE) == []


@pytest.mark.parametrize("name", NAMES)
def test_paper_holds_all_of_it(name, pages, look):
    page = look(pages[name].as_uri(), width=720)
    page.emulate_media(media="print", color_scheme="light")
    assert page.evaluate("document.documentElement.scrollWidth") == 720, page.evaluate(STICKS_OUT)
    assert page.locator("nav").count() == 0 or page.locator("nav").is_hidden()
    assert page.pdf().startswith(b"%PDF")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light")])
@pytest.mark.parametrize("name", [name for name in NAMES if name != "wide"])  # axe takes long there
def test_axe_finds_nothing_serious(name, width, scheme, pages, look, axe):
    page = look(pages[name].as_uri(), width=width, scheme=scheme)
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    assert [
        (one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in {"serious", "critical"}
    ] == []


def test_a_thousand_columns_are_folded_behind_the_first(pages, look):
    page = look(pages["wide"].as_uri())
    rows = page.locator("#columns tbody tr")
    assert rows.count() == 1_000
    assert page.locator("#columns tbody tr:visible").count() == 40
    page.locator("#columns summary").click()
    assert page.locator("#columns tbody tr:visible").count() == 1_000
    assert pages["wide"].stat().st_size < 2_000_000
