"""Pages from templates: Jinja, in which every value is escaped unless we drew it ourselves."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mlwright.report import figures
from mlwright.report.advice import called_cost, rival
from mlwright.report.language import language, say, word
from mlwright.report.written import written

if TYPE_CHECKING:
    from collections.abc import Mapping


def render(template: str, page: Mapping[str, Any]) -> str:
    """Fill a template of the folder `templates`, in the language that is spoken."""
    return _environment().get_template(template).render({"language": language(), **page})


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(say=say, word=word)
    environment.filters.update(
        amount=figures.number,
        brief=figures.brief,
        called_cost=called_cost,
        count=figures.count,
        estimate=figures.estimate_text,
        interval=figures.interval_of,
        moment=figures.moment,
        percent=figures.percent,
        points=figures.points,
        points_between=figures.points_between,
        plain=str,
        rival=rival,
        score=figures.score_text,
        seconds=figures.seconds,
        size=figures.size,
        usual=figures.usual,
        value=figures.value_of,
        value_beside=figures.value_beside,
        written=written,
    )
    return environment
