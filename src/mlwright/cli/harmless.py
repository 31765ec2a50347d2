"""Consoles that nothing printed can steer: a model or a data file may be of somebody hostile."""

from typing import Any, final

from rich.console import Console, ConsoleOptions, RenderHook, RenderResult
from rich.segment import Segment

from mlwright.core.escapes import printable


def harmless(console: Console) -> Console:
    """Let a console write control characters as escapes, wherever they stand in what it is given."""
    console.push_render_hook(_Escaping())
    return console


@final
class _Escaping(RenderHook):
    def process_renderables(self, renderables: list[Any]) -> list[Any]:
        return [_Escaped(one) for one in renderables]


@final
class _Escaped:
    """Something to print whose own text is escaped; the codes of colors and of the cursor stay."""

    def __init__(self, what: Any) -> None:
        self._what = what

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self._what, options):
            yield segment if segment.control else Segment(printable(segment.text), segment.style)
