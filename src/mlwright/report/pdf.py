"""A page on paper: printed by a browser, for nothing else lays it out as the screen does."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from mlwright.core.errors import UsageError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_LONGEST_S = 120


def print_pdf(html: str) -> bytes:
    """Return the page as PDF.

    Raises
    ------
    UsageError
        There is no browser that can, or it failed.
    """
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        message = (
            "A PDF is printed by a browser, and none was found on this machine: install Chromium or Chrome, "
            "or write the report with --to html, open it anywhere and print it."
        )
        raise UsageError(message)
    with tempfile.TemporaryDirectory(prefix="mlwright-") as folder:
        page, paper = Path(folder) / "report.html", Path(folder) / "report.pdf"
        page.write_text(html, encoding="utf-8")
        flags = [
            "--headless", "--disable-gpu", "--disable-background-networking", "--no-first-run",
            f"--user-data-dir={folder}/profile", "--no-pdf-header-footer", f"--print-to-pdf={paper}",
        ]  # fmt: skip
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            flags.append("--no-sandbox")  # as root a browser does not start in one
        return _printed([program, *flags, page.as_uri()], paper)


def _printed(line: list[str], paper: Path) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - a browser, with a page of our own that loads nothing
            line, capture_output=True, text=True, timeout=_LONGEST_S, check=False
        )
        told = done.stderr.strip()[-200:]
    except (OSError, subprocess.TimeoutExpired) as error:
        told = str(error)
    if not paper.exists():
        message = f"{line[0]} did not print the report ({told}). Write it with --to html and print that."
        raise UsageError(message)
    return paper.read_bytes()
