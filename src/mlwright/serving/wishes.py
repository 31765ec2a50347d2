"""Wishes: what a client asks for beside the answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from mlwright.serving.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMES = ("explain", "level")
_TRUTHS = {"true": True, "1": True, "": True, "false": False, "0": False}


@final
@dataclass(frozen=True, slots=True)
class Wishes:
    """What is asked for beside the answer: reasons, and the `level` of intervals or sets."""

    explain: bool = False
    level: float | None = None


NOTHING_MORE = Wishes()


def wishes_of(given: Mapping[str, object] | None) -> Wishes:
    """Read `explain` and `level`, from the query of a URL or from JSON; raise Problem for anything else."""
    if not given:
        return NOTHING_MORE
    unknown = next((name for name in given if name not in _NAMES), None)
    if unknown is not None:
        raise Problem(422, "query", f"There is no {unknown[:30]!r} here; there are {' and '.join(_NAMES)}.")
    explain, level = str(given.get("explain", "false")), given.get("level")
    if explain.lower() not in _TRUTHS:
        raise Problem(422, "query", f"explain is {explain[:30]!r}; write true or false.")
    try:
        share = None if level is None else float(str(level))
    except ValueError:
        raise Problem(422, "query", f"level is {str(level)[:30]!r}; write a share such as 0.9.") from None
    return Wishes(_TRUTHS[explain.lower()], share)
