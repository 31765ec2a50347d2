"""Documents and house files say what is true."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("demo/**/*.md")])


def test_the_reference_of_the_command_line_is_that_of_its_help():
    reference = runpy.run_path(str(ROOT / "scripts" / "cli_reference.py"))["reference"]
    assert (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8") == reference(), "run: make docs"


def test_every_option_has_one_clear_sentence():
    for line in (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            assert line.removesuffix(" |").endswith("."), line


def test_every_part_of_the_evidence_is_documented(income, bikes):
    page = (ROOT / "docs/reference/evidence.md").read_text(encoding="utf-8")
    for evidence in (income, bikes):
        for key, value in evidence.items():
            assert f"`{key}`" in page
            if isinstance(value, dict) and key not in ("test", "baseline", "gain", "environment"):
                assert not [inner for inner in value if f"`{inner}`" not in page and inner != "counts"]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_link_or_path_in_a_page_leads_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert target.startswith("https://") or (page.parent / target).exists(), target
    for path in re.findall(r"`((?:src|tests|docs|scripts|demo|changelog\.d)/[\w./-]+)`", text):
        is_made_later = re.search(r"NAME|VERB|demo/out", path)
        assert is_made_later or (ROOT / path).exists(), path


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 200


def test_make_lists_every_target():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z-]+):", text, re.MULTILINE)
    assert len(targets) <= 12
    assert all(re.search(rf"^{target}:.*## \w", text, re.MULTILINE) for target in targets)
