from __future__ import annotations

import io

from rich.console import Console

from mlwright.cli import console
from mlwright.core.progress import Event, silence


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
