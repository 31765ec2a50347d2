"""From evidence to one self-contained page that a non-engineer can read and an engineer can check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlwright.report.commands import Names
from mlwright.report.derive import complete
from mlwright.report.language import ENGLISH, spoken
from mlwright.report.page import page
from mlwright.report.past import plainly
from mlwright.report.render import render
from mlwright.report.trace import traced
from mlwright.report.write import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from mlwright.report.figures import Evidence


def build_report(evidence: Evidence, names: Names | None = None, language: str = ENGLISH) -> str:
    """Return the report as HTML: one file, no network, no scripts, at most a few hundred kilobytes.

    Parameters
    ----------
    evidence
        The mapping that `evidence.json` holds; see `docs/reference/evidence.md`. Absent parts are
        left out of the page.
    names
        Of files, for the commands to repeat; without, of a model of any name.
    language
        A file in `languages/`: "en" or "de".
    """
    with spoken(language):
        return render("report.html.j2", page(traced(plainly(complete(evidence))), names or Names()))


def build_brief(evidence: Evidence, names: Names | None = None, language: str = ENGLISH) -> str:
    """Return the first screen alone, as a page that fits on one sheet of paper."""
    with spoken(language):
        return render("brief.html.j2", page(traced(plainly(complete(evidence))), names or Names()))


def write_report(
    evidence: Evidence, path: str | Path, names: Names | None = None, language: str = ENGLISH
) -> Path:
    """Write the report so that a reader finds the old file or the new one, never half of one."""
    return write_whole(path, build_report(evidence, names, language))
