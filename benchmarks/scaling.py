"""Measures how fit time, memory and score grow with rows and columns, and draws it.

    python benchmarks/scaling.py --time-limit 60 --results scaling.jsonl --plot benchmarks/scaling.svg

Tables are made as they are needed (worlds.py), so the best possible score is known. Rows grow at 20
columns, columns at 5,000 rows. Runs that are in the file of results are not repeated; `--plot-only`
draws what is there. Other peers can be named, too.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from panels import Panel, page
from registry import ENVIRONMENTS, chosen_peers
from results import append, key_of, read_lines
from runs import Run, Setting, execute
from watch import end_cleanly
from worlds import make_world

if TYPE_CHECKING:
    from registry import Peer

ROWS = "1000,3000,10000,30000,100000,300000,1000000"
COLUMNS = "10,30,100,300,1000,2000"
AT_COLUMNS, AT_ROWS = 20, 5_000
MEASURES = (
    ("fit_s", "fit time, s"),
    ("peak_mb", "peak memory, MB"),
    ("reached", "share of the truth's score"),
)


@final
@dataclass(frozen=True, slots=True)
class Step:
    """A size of table on one of the two axes."""

    axis: str
    n_rows: int
    n_columns: int


def main() -> None:
    """Do the runs that are missing, then draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--peers", default="mlwright")
    parser.add_argument("--rows", default=ROWS, help=f"default: {ROWS}; empty for none")
    parser.add_argument("--columns", default=COLUMNS, help=f"default: {COLUMNS}; empty for none")
    parser.add_argument("--time-limit", type=float, default=60.0)
    parser.add_argument("--results", type=Path, default=Path("scaling.jsonl"))
    parser.add_argument("--environments", type=Path, default=ENVIRONMENTS)
    parser.add_argument("--plot", type=Path, help="SVG to write")
    parser.add_argument("--plot-only", action="store_true")
    options = parser.parse_args()
    end_cleanly()
    steps = [Step("rows", int(n), AT_COLUMNS) for n in options.rows.split(",") if n]
    steps += [Step("columns", AT_ROWS, int(n)) for n in options.columns.split(",") if n]
    for step in [] if options.plot_only else steps:
        measure(step, options)
    lines = [
        line for line in read_lines(options.results).values() if line["time_limit_s"] == options.time_limit
    ]
    print(as_table(lines))
    if options.plot:
        options.plot.write_text(as_plot(lines, options.time_limit), encoding="utf-8")


def measure(step: Step, options: argparse.Namespace) -> None:
    """Make the table, run every peer that has not seen it, and drop it again."""
    done = read_lines(options.results)
    name = f"world_{step.n_rows}x{step.n_columns}"
    peers = [
        peer for peer in chosen_peers(options.peers) if (name, peer.name, options.time_limit, 0) not in done
    ]
    if not peers:
        return
    with tempfile.TemporaryDirectory(prefix="worlds-") as made:
        entry = make_world(Path(made), step.n_rows, step.n_columns)
        setting = Setting(data=Path(made), results=options.results, environments=options.environments)
        for peer in peers:
            line = one(entry, step, peer, setting, options.time_limit)
            append(options.results, line)
            print(f"{key_of(line)}: {line['score']} of {entry['best']}, {line['error']}", file=sys.stderr)


def one(
    entry: dict[str, Any], step: Step, peer: Peer, setting: Setting, time_limit_s: float
) -> dict[str, Any]:
    """Run one peer; note where on the axes it stands and how much of what can be known it found."""
    line = execute(Run(entry, peer, time_limit_s, 0), setting)
    reached = None if line["score"] is None else round((line["score"] - 0.5) / (entry["best"] - 0.5), 4)
    size = {"n_rows": step.n_rows, "n_columns": step.n_columns}
    return line | size | {"axis": step.axis, "best": entry["best"], "reached": reached}


def as_table(lines: list[dict[str, Any]]) -> str:
    """Write the figures as Markdown."""
    keys = (
        "peer",
        "n_rows",
        "n_columns",
        "fit_s",
        "overrun_s",
        "peak_mb",
        "model_mb",
        "score",
        "best",
        "reached",
    )
    rows = [keys, ["---"] * len(keys), *([line.get(key) for key in keys] for line in lines)]
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in rows)


def as_plot(lines: list[dict[str, Any]], time_limit_s: float) -> str:
    """Draw one panel for each measure and axis."""
    panels = []
    for key, title in MEASURES:
        for axis in ("rows", "columns"):
            series: dict[str, list[tuple[float, float]]] = {}
            for line in sorted(lines, key=lambda line: (line["n_rows"], line["n_columns"])):
                if line["axis"] == axis and line.get(key) is not None:
                    series.setdefault(line["peer"], []).append((line[f"n_{axis}"], line[key]))
            panels.append(Panel(f"{title}, by {axis}", series, time_limit_s if key == "fit_s" else None))
    return page(f"Scaling at a time limit of {time_limit_s:g} s", panels)


if __name__ == "__main__":
    main()
