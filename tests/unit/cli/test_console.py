from __future__ import annotations

import io
import re

from rich.color import ColorSystem
from rich.console import Console
from rich.text import Text

from mlwright.cli import console
from mlwright.cli.harmless import harmless
from mlwright.core.progress import Event, silence


def test_a_console_escapes_what_would_steer_it_and_keeps_its_colors(monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr("sys.stderr", out)
    screen = console.stderr()
    screen._force_terminal = True
    screen._color_system = ColorSystem.STANDARD
    grid = console.table("a\x1b]0;owned\x07b")
    grid.add_row(Text("x\x9b2Jy\udce9", style="red"))
    screen.print(grid)
    assert "a\\u001b]0;owned" in out.getvalue()
    assert "\x1b[31mx\\u009b2Jy\\udce9" in out.getvalue()
    assert not re.search("\x1b[^[]|\x07|\x9b|\udce9", out.getvalue())


def test_a_live_line_escapes_what_would_steer_it(monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr(
        console,
        "stderr",
        lambda: harmless(Console(file=out, width=120, force_terminal=True, highlight=False)),
    )
    with console.watching(is_quiet=False, limit_s=60.0) as listen:
        listen(Event(phase="search", message="a\x1b]0;owned"))
        listen(Event(phase="search", message="b\x1b]0;owned", is_lasting=True))
    assert "a\\u001b]0;owned" in out.getvalue()
    assert "search: b\\u001b]0;owned" in out.getvalue()
    assert "\x1b]" not in out.getvalue()


def test_quiet_listens_to_nothing():
    with console.watching(is_quiet=True) as listen:
        assert listen is silence


def test_plain_lines_come_for_news_only(monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr(console, "stderr", lambda: Console(file=out, width=200))
    with console.watching(is_quiet=False) as listen:
        for best in (0.8, 0.8, 0.9):
            listen(Event(phase="search", message="trees", metric="auc", best=best, done=1, total=9))
    assert out.getvalue().splitlines() == [
        "search: trees (best auc 0.8, 1 of 9)",
        "search: trees (best auc 0.9, 1 of 9)",
    ]


def test_a_terminal_gets_a_live_line(monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr(console, "stderr", lambda: Console(file=out, width=120, force_terminal=True))
    with console.watching(is_quiet=False, limit_s=60.0) as listen:
        listen(Event(phase="search", message="[deep] trees", metric="auc", best=0.91, left_s=12.4))
    for words in ("search", "[deep] trees", "best auc 0.91", "12 s left"):
        assert words in out.getvalue()
