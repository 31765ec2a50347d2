"""What people see: results on stdout, progress on stderr, colors only where somebody looks."""

import json
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from mlwright.core.escapes import printable
from mlwright.core.progress import Event, Listener, silence

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_PLAIN_EVERY_S = 10.0


def stdout() -> "Console":
    """Return a console for results. Words are never read as markup, so any column name may be printed."""
    from rich.console import Console

    from mlwright.cli.harmless import harmless

    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, emoji=False, width=200)
    return harmless(console)


def stderr() -> "Console":
    """Return a console for progress and remarks."""
    from rich.console import Console

    from mlwright.cli.harmless import harmless

    return harmless(Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True))


def print_text(text: str, *, is_line: bool = True) -> None:
    """Print text on stdout as it is, but for characters that would steer the terminal."""
    typer.echo(printable(text), nl=is_line)


def print_json(document: Mapping[str, Any]) -> None:
    """Print one JSON document on stdout; a number that JSON does not know becomes null."""
    print_text(json.dumps(_finite(document), indent=2, ensure_ascii=False, allow_nan=False))


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def table(*heads: str) -> "Table":
    """Return an empty table; a head that ends in ">" is aligned right."""
    from rich import box
    from rich.table import Table

    empty = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim", show_edge=False)
    for head in heads:
        empty.add_column(head.rstrip(">"), justify="right" if head.endswith(">") else "left", overflow="fold")
    return empty


@contextmanager
def watching(
    *, is_quiet: bool, limit_s: float | None = None, only_lasting: bool = False
) -> Iterator[Listener]:
    """Show progress while the body runs: a live line on a terminal, else plain lines now and then.

    `only_lasting`: where results go to the same terminal, only what should stay readable.
    """
    console = stderr()
    if is_quiet:
        yield silence
    elif only_lasting:
        yield _lasting(console)
    elif console.is_terminal:
        with _live(console, limit_s) as listen:
            yield listen
    else:
        yield _plain(console)


@contextmanager
def _live(console: "Console", limit_s: float | None) -> Iterator[Listener]:
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.fields[phase]:<11}", style="bold", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.fields[best]}", style="cyan", markup=False),
        TextColumn("{task.fields[left]}", style="dim", markup=False),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        line = progress.add_task("", total=None, phase="starting", best="", left="")

        def listen(event: Event) -> None:
            if event.is_lasting:
                progress.console.print(f"{event.phase}: {event.message}")
                return
            done, total = _fraction(event, limit_s)
            best, left = best_of(event), left_of(event)
            progress.update(
                line,
                description=printable(event.message),
                phase=event.phase,
                best=best,
                left=left,
                completed=done,
                total=total,
            )

        yield listen


def _fraction(event: Event, limit_s: float | None) -> tuple[float, float | None]:
    if limit_s and event.left_s is not None and math.isfinite(event.left_s):
        return max(limit_s - event.left_s, 0.0), limit_s
    return float(event.done or 0), float(event.total) if event.total else None


def _lasting(console: "Console") -> Listener:
    def listen(event: Event) -> None:
        if event.is_lasting:
            console.print(f"{event.phase}: {event.message}")

    return listen


def _plain(console: "Console") -> Listener:
    """Return a listener that writes a line for a new phase, a new best, or after ten silent seconds."""
    seen: dict[str, Any] = {"phase": None, "best": None, "at": 0.0}

    def listen(event: Event) -> None:
        now = time.monotonic()
        is_news = (
            event.is_lasting
            or event.phase != seen["phase"]
            or (event.best is not None and event.best != seen["best"])
        )
        if not is_news and now - seen["at"] < _PLAIN_EVERY_S:
            return
        seen.update(phase=event.phase, best=event.best, at=now)
        facts = ", ".join(fact for fact in (best_of(event), left_of(event)) if fact)
        console.print(f"{event.phase}: {event.message}{f' ({facts})' if facts else ''}")

    return listen


def best_of(event: Event) -> str:
    """Write the best score so far, "" when there is none."""
    if event.best is None or not math.isfinite(event.best):
        return ""
    return f"best {event.metric} {event.best:.4g}".replace("  ", " ")


def left_of(event: Event) -> str:
    """Write the time that is left, or how many candidates are done, "" when neither is known."""
    if event.left_s is not None and math.isfinite(event.left_s):
        return f"{max(event.left_s, 0):.0f} s left"
    return f"{event.done} of {event.total}" if event.done is not None and event.total else ""
