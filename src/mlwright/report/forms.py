"""The forms of one evidence: a page, paper, a model card, numbers, slides; whole or in brief."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

from mlwright.core.errors import UnknownNameError, UsageError
from mlwright.report import first, words
from mlwright.report.build import build_brief, build_report
from mlwright.report.card import behind, brief_card, model_card
from mlwright.report.commands import Names
from mlwright.report.derive import complete
from mlwright.report.language import ENGLISH, say, spoken
from mlwright.report.parts import weak_line
from mlwright.report.pdf import print_pdf
from mlwright.report.verdict import verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlwright.report.figures import Evidence


@final
@dataclass(frozen=True, slots=True)
class Wishes:
    """How a report is asked for."""

    names: Names = field(default_factory=Names)
    language: str = ENGLISH
    is_brief: bool = False


@final
@dataclass(frozen=True, slots=True)
class Form:
    """A form: how it is made, its ending, whether it is text for a terminal, and whether it can be brief."""

    make: Callable[[Evidence, Wishes], str | bytes]
    ending: str
    is_text: bool = True
    has_brief: bool = True


def make(evidence: Evidence, to: str, wishes: Wishes) -> str | bytes:
    """Return the report in a form.

    Raises
    ------
    UsageError
        There is no such form, it cannot be brief, or no browser prints it.
    """
    form = form_of(to)
    if wishes.is_brief and not form.has_brief:
        can = ", ".join(name for name, one in FORMS.items() if one.has_brief)
        message = f"A report in the form {to!r} is always whole. Leave --brief out, or choose one of: {can}."
        raise UsageError(message)
    return form.make(evidence, wishes)


def form_of(to: str) -> Form:
    """Return the form of a name; raise UnknownNameError if there is none."""
    if to not in FORMS:
        raise UnknownNameError.among("form of a report", to, FORMS)
    return FORMS[to]


def _html(evidence: Evidence, wishes: Wishes) -> str:
    build = build_brief if wishes.is_brief else build_report
    return build(evidence, wishes.names, wishes.language)


def _pdf(evidence: Evidence, wishes: Wishes) -> bytes:
    return print_pdf(_html(evidence, wishes))


def _card(evidence: Evidence, wishes: Wishes) -> str:
    return (brief_card if wishes.is_brief else model_card)(evidence, wishes.language)


def _json(evidence: Evidence, wishes: Wishes) -> str:
    """Return the evidence with what the page works out of it; the language is none of its business."""
    del wishes
    return json.dumps(complete(evidence), indent=2, ensure_ascii=False) + "\n"


def _slides(evidence: Evidence, wishes: Wishes) -> str:
    """Return an outline as slide programs open it: a line a slide, its points below behind a tab."""
    with spoken(wishes.language):
        slides = [
            (first.answer(evidence), [words.question(evidence), verdict(evidence).reason]),
            (say("page.good"), first.how_good(evidence)),
            behind(evidence),
            (say("page.watch"), [one.says for one in first.watch(evidence)]),
            (say("sections.slices"), [weak_line(evidence)]),
            (say("card.judged"), [words.split_line(evidence), words.refit_line(evidence)]),
        ]
        told = [[title, *(f"\t{point}" for point in points if point)] for title, points in slides]
    return "\n".join("\n".join(slide) for slide in told if len(slide) > 1) + "\n"


FORMS: Mapping[str, Form] = {
    "html": Form(_html, ".html", is_text=False),
    "pdf": Form(_pdf, ".pdf", is_text=False),
    "md": Form(_card, ".md"),
    "json": Form(_json, ".json", has_brief=False),
    "pptx-outline": Form(_slides, ".txt", has_brief=False),
}
