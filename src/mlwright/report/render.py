"""The page's frame: a Jinja template in which every value is escaped unless we drew it ourselves."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mlwright.report import figures

if TYPE_CHECKING:
    from collections.abc import Mapping

_TEMPLATE = "report.html.j2"


def render(page: Mapping[str, Any]) -> str:
    """Fill the template."""
    return _environment().get_template(_TEMPLATE).render(page)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        amount=figures.number,
        brief=figures.brief,
        estimate=figures.estimate_text,
        interval=figures.interval_of,
        percent=figures.percent,
        score=figures.score_text,
        seconds=figures.seconds,
        size=figures.size,
        value=figures.value_of,
        value_beside=figures.value_beside,
    )
    return environment
