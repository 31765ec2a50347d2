"""Prints what a file of results says, as Markdown. Nothing is run and nothing but that file is read.

python benchmarks/report.py results.jsonl --time-limit 60
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from statistics import fmean, median
from typing import TYPE_CHECKING, Any

from results import DISTURBED, read_lines
from scoring import IS_HIGHER_BETTER
from standing import (
    Goodness,
    Interval,
    Rounds,
    best_member,
    complete,
    mean_interval,
    outcome,
    per_table,
    ranks,
    ranks_of,
    relative_difference,
    scales_of,
    stand_in,
    wins_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Line = dict[str, Any]
OURS, ZERO, RIVAL = "mlwright", "lightgbm", "autogluon"
"""Who is compared with everybody, whose score is 0 when normalized, whom every difference is shown to."""


def main() -> None:
    """Print the tables of one time limit, or of each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("--time-limit", type=float, help="default: every limit in the file")
    parser.add_argument("--peers", default="", help="only these; default: all in the file")
    options = parser.parse_args()
    peers = {name for name in options.peers.split(",") if name}
    lines = [line for line in read_lines(options.results).values() if not peers or line["peer"] in peers]
    for limit in sorted({line["time_limit_s"] for line in lines}):
        if options.time_limit in (None, limit):
            print(report([line for line in lines if line["time_limit_s"] == limit]))


def report(lines: Sequence[Line]) -> str:
    """Return all tables for runs of one time limit."""
    if not lines:
        return "No runs yet.\n"
    rounds, groups = as_rounds(lines), groups_of(lines)
    peers = names(lines, "peer")
    parts = [f"# {lines[0]['time_limit_s']:g} s for each of {len(peers)} peers", scores(lines)]
    parts.append(standing("Every peer as it was run", rounds, peers))
    for group, members in groups.items():
        best = best_member(rounds, members)
        others = [peer for peer in peers if peer not in members]
        chosen = stand_in(rounds, members, group, best)
        parts.append(standing(f"{group} by the best of its settings, {best}", chosen, [*others, group]))
        each = stand_in(rounds, members, group)
        title = f"{group} by the best of its settings on each table, chosen with the test: a bound"
        parts.append(standing(title, each, [*others, group]))
    parts += [wins(rounds, peers, groups), differences(lines, rounds, groups), costs(lines, peers)]
    parts += [estimates(lines), footnotes(lines, peers)]
    return "\n\n".join(part for part in parts if part) + "\n"


def as_rounds(lines: Iterable[Line]) -> Rounds:
    """Collect goodness by table and seed."""
    rounds: dict[tuple[str, int], dict[str, float | None]] = {}
    for line in lines:
        sign = 1 if IS_HIGHER_BETTER[line["metric"]] else -1
        good = None if line["score"] is None else sign * line["score"]
        rounds.setdefault((line["dataset"], line["seed"]), {})[line["peer"]] = good
    return rounds


def groups_of(lines: Iterable[Line]) -> dict[str, list[str]]:
    """Return the groups of which several members took part."""
    found: dict[str, list[str]] = {}
    for line in lines:
        members = found.setdefault(line.get("group") or "", [])
        if line["peer"] not in members:
            members.append(line["peer"])
    return {group: members for group, members in found.items() if group and len(members) > 1}


def names(lines: Iterable[Line], key: str) -> list[str]:
    """Return different values in their first order, ours first."""
    found = dict.fromkeys(line[key] for line in lines)
    return sorted(found, key=lambda name: name != OURS)


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write rows as a Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(str(cell).replace('|', '/') for cell in line)} |" for line in lines)


def section(
    title: str, heads: Sequence[str], rows: Iterable[Sequence[object]], legend: Mapping[str, str]
) -> str:
    """Write a heading, a table and one line about each column that needs one."""
    lines = [f"* *{name}*: {words}" for name, words in legend.items()]
    return "\n\n".join([f"## {title}", table(heads, rows), "\n".join(lines)])


def scores(lines: Sequence[Line]) -> str:
    """Write the scores, the best of each table in bold; several seeds are averaged."""
    peers = names(lines, "peer")
    rows = []
    for name in names(lines, "dataset"):
        here = [line for line in lines if line["dataset"] == name]
        metric = here[0]["metric"]
        found = {peer: [line["score"] for line in here if line["peer"] == peer] for peer in peers}
        mean = {peer: fmean(values) for peer, values in found.items() if values and None not in values}
        best = (max if IS_HIGHER_BETTER[metric] else min)(mean.values()) if mean else None
        cells = []
        for peer in peers:
            shown = f"{mean[peer]:.5g}" if peer in mean else "crash" if found[peer] else ""
            cells.append(f"**{shown}**" if peer in mean and outcome(mean[peer], best) == 0.5 else shown)
        rows.append([name, max(line.get("n_rows") or 0 for line in here), metric, *cells])
    return section(
        "Scores on the test files",
        ["table", "rows", "metric", *peers],
        rows,
        {
            "rows": "rows to learn from",
            "metric": "roc_auc: higher is better; log_loss (probabilities of at least 1e-6) and rmse: lower",
            "peers": "score of each on the same test rows, averaged over seeds; the best of the row is bold",
        },
    )


def standing(title: str, rounds: Rounds, peers: Sequence[str]) -> str:
    """Write mean ranks and mean normalized scores over the tables that all took part in."""
    common = complete(rounds, peers)
    n_tables = len({name for name, _ in common})
    if not n_tables:
        return f"## {title}\n\nNo table was run by all of: {', '.join(peers)}."
    rows = []
    for peer in peers:
        scaled = _mean(scales_of(common, peer, ZERO), ".3f")
        first = per_table(common, partial(_is_first, peer))
        cells = _mean(ranks_of(common, peer), ".2f"), scaled, f"{sum(first.values()):g}"
        rows.append([peer, *cells, sum(goodness[peer] is None for goodness in common.values())])
    rows.sort(key=lambda row: float(str(row[1]).split(" ", maxsplit=1)[0]))
    return section(
        f"{title} ({n_tables} tables, run by all)",
        ["peer", "mean rank (95 %)", "normalized (95 %)", "best", "crashes"],
        rows,
        {
            "mean rank": "1 is best, ties share places, a crash is last; bootstrap over tables",
            "normalized": f"0 is {ZERO} with its defaults, 1 the best of the table, -1 a crash or worse",
            "best": "on how many tables it was first; several seeds share a table",
            "crashes": "runs without a score",
        },
    )


def _is_first(peer: str, goodness: Goodness) -> float:
    return float(ranks(goodness)[peer] < 2)


def wins(rounds: Rounds, peers: Sequence[str], groups: dict[str, list[str]]) -> str:
    """Write how often we are better than each other peer."""
    if OURS not in peers:
        return ""
    fields = [(peer, rounds) for peer in peers if peer != OURS]
    for group, members in groups.items():
        best = best_member(rounds, members)
        fields.append((f"{group} ({best})", stand_in(rounds, members, f"{group} ({best})", best)))
        fields.append((f"{group} (best on each)", stand_in(rounds, members, f"{group} (best on each)")))
    rows = []
    for peer, field in fields:
        common = complete(field, [OURS, peer])
        won = wins_of(common, OURS, peer)
        counts = [sum(value > 0.5 for value in won.values()), sum(value == 0.5 for value in won.values())]
        if won:
            rows.append([peer, len(won), *counts, len(won) - sum(counts), _mean(won, ".2f")])
    return section(
        f"Wins of {OURS}",
        ["against", "tables", "won", "tied", "lost", "win rate (95 %)"],
        rows,
        {
            "tables": "that both ran",
            "tied": "closer than 1e-9",
            "win rate": "a tie is half a win; paired bootstrap over tables, 0.5 inside is no proof",
        },
    )


def differences(lines: Sequence[Line], rounds: Rounds, groups: dict[str, list[str]]) -> str:
    """Write by how much our error differs from the rival's, and whether test rows can tell."""
    peers = names(lines, "peer")
    rivals = groups.get(RIVAL) or [peer for peer in peers if peer.startswith(RIVAL)]
    rivals = [best_member(rounds, rivals)] if rivals else []
    rivals += [] if rivals else [peer for peer in peers if peer != OURS][:1]
    if OURS not in peers or not rivals:
        return ""
    rows, verdicts = [], []
    for name in names(lines, "dataset"):
        seeds = {seed for dataset, seed in complete(rounds, [OURS, rivals[0]]) if dataset == name}
        here = [line for line in lines if line["dataset"] == name and line["seed"] in seeds]
        sides = [_side(here, peer) for peer in (OURS, rivals[0])]
        if sides[0] is None or sides[1] is None:
            continue
        metric = here[0]["metric"]
        gap = relative_difference(metric, sides[0], sides[1])
        verdict = "better" if gap.high < 0 else "worse" if gap.low > 0 else "not told apart"
        verdicts.append(verdict)
        rows.append([name, f"{sides[0][0]:.5g}", f"{sides[1][0]:.5g}", _percent(gap), verdict])
    counts = ", ".join(f"{word} {verdicts.count(word)}" for word in ("better", "not told apart", "worse"))
    return section(
        f"{OURS} against {rivals[0]}, table by table: {counts}",
        ["table", OURS, rivals[0], "difference (95 %)", "verdict"],
        rows,
        {
            "difference": "our error less theirs, a share of theirs (of roc_auc, 1 less it); below 0 is good",
            "verdict": "by a paired bootstrap over test rows; the luck of training is not in it",
        },
    )


def _side(lines: Sequence[Line], peer: str) -> tuple[float, list[float | None]] | None:
    """Average score and resampled scores of one table over seeds."""
    found = [line for line in lines if line["peer"] == peer]
    if not found or any(line["score"] is None for line in found):
        return None
    columns = zip(*(line["resampled"] for line in found), strict=True)
    resampled = [None if None in values else fmean(values) for values in columns]
    return fmean(line["score"] for line in found), resampled


COSTS = (
    ("fit s", "fit_s", ".1f"),
    ("overrun s", "overrun_s", "+.1f"),
    ("CPU s", "cpu_s", ".0f"),
    ("peak MB", "peak_mb", ".0f"),
    ("model MB", "model_mb", ".2f"),
    ("one row p50 ms", "row_p50_ms", ".2f"),
    ("one row p99 ms", "row_p99_ms", ".2f"),
    ("test rows/s", "rows_per_s", ".0f"),
    ("import s", "import_s", ".1f"),
)


def costs(lines: Sequence[Line], peers: Sequence[str]) -> str:
    """Write medians and worst values of what each peer needed."""
    rows = []
    for peer in peers:
        mine = [line | _rate(line) for line in lines if line["peer"] == peer and line["score"] is not None]
        cells: list[object] = [peer, len(mine)]
        for _, key, form in COSTS:
            values = [line[key] for line in mine if line.get(key) is not None]
            worst = min if key == "rows_per_s" else max
            cells.append(f"{median(values):{form}} ({worst(values):{form}})" if values else "")
        rows.append(cells)
    return section(
        "What it costs: median over runs, worst in brackets",
        ["peer", "runs", *(head for head, _, _ in COSTS)],
        rows,
        {
            "runs": "with a score",
            "fit": "the call that trains",
            "overrun": "what it took beyond the limit; negative where time was left",
            "CPU": "seconds of all its cores over the whole run, after the fit too",
            "peak": "largest sum of the memory of all its processes, every 0.4 s; shared pages count in each",
            "model": "what has to be kept to predict elsewhere",
            "one row": "answering a row in process, after five to warm up: a frame, for mlwright a dict",
            "test rows": "answered per second, all at once",
            "import": "loading the package; nothing if it loads what it needs while it fits",
        },
    )


def _rate(line: Line) -> Line:
    """Return test rows per second."""
    return {"rows_per_s": line["n_test"] / max(line["predict_s"], 1e-3)} if line.get("predict_s") else {}


def estimates(lines: Sequence[Line]) -> str:
    """Write what our own sealed test promised beside what the test file gave."""
    mine = [line for line in lines if line["peer"] == OURS and line["score"] is not None]
    rows, overlaps, covers, beaten = [], [], [], []
    for line in mine:
        own = (line.get("notes") or {}).get("own")
        sign = 1 if IS_HIGHER_BETTER[line["metric"]] else -1
        floor = line["floor"]
        if floor is not None:
            beaten.append(sign * line["score"] > sign * floor)
        shown = ["", ""] if floor is None else [f"{floor:.5g}", _yes(beaten[-1])]
        cells = [line["dataset"], line["seed"], line["metric"], _between(line["score"], line), *shown]
        if own:
            overlaps.append(own["low"] <= line["high"] and line["low"] <= own["high"])
            covers.append(own["low"] <= line["score"] <= own["high"])
            cells += [_between(own["value"], own), _yes(overlaps[-1]), _yes(covers[-1])]
        rows.append([*cells, *[""] * (9 - len(cells))])
    if not rows:
        return ""
    heads = ["table", "seed", "metric", "test file (95 %)", "floor", "beats it", "own sealed test (95 %)"]
    return section(
        f"Does {OURS} keep its word: overlap on {sum(overlaps)}, holds on {sum(covers)} of {len(overlaps)}; "
        f"beats the floor on {sum(beaten)} of {len(beaten)}",
        [*heads, "overlap", "holds"],
        rows,
        {
            "test file": "score on rows that nobody saw; bootstrap over these rows",
            "floor": "an untuned histogram gradient boosting, from the catalog",
            "own sealed test": "what it promised before",
            "overlap": "the two intervals do",
            "holds": "the promised interval holds the score on the test file",
        },
    )


def footnotes(lines: Sequence[Line], peers: Sequence[str]) -> str:
    """Write versions, problems and disturbed runs."""
    versions = []
    for peer in peers:
        found = dict.fromkeys(
            ", ".join(f"{name} {version}" for name, version in line["versions"].items())
            for line in lines
            if line["peer"] == peer and line.get("versions")
        )
        versions.append(f"* {peer}: {' / '.join(found) or 'unknown'}")
    problems = [
        f"* {line['dataset']}, {line['peer']}: {line.get(key)}".replace("\n", " ")[:300]
        for line in lines
        for key in ("error", "save_error", "latency_error")
        if line.get(key)
    ]
    loud = [
        f"* {line['dataset']}, {line['peer']}: {line['others_cores']:.2f} cores"
        for line in lines
        if line["others_cores"] > DISTURBED
    ]
    about = (
        f"Others used more than {DISTURBED} cores of the machine meanwhile; `--redo disturbed` repeats them."
    )
    parts = ["## Versions", "\n".join(versions), "## Problems", "\n".join(problems) or "None."]
    parts += ["## Disturbed runs", about if loud else "None.", "\n".join(loud)]
    return "\n\n".join(part for part in parts if part)


def _mean(values: dict[str, float], form: str) -> str:
    if not values:
        return ""
    found = mean_interval([*values.values()])
    return f"{found.value:{form}} ({found.low:{form}} to {found.high:{form}})"


def _percent(gap: Interval) -> str:
    return f"{gap.value:+.1%} ({gap.low:+.1%} to {gap.high:+.1%})"


def _between(value: float, ends: Line) -> str:
    return f"{value:.5g} ({ends['low']:.5g} to {ends['high']:.5g})"


def _yes(flag: bool) -> str:  # noqa: FBT001 - a private word for a table
    return "yes" if flag else "no"


if __name__ == "__main__":
    main()
