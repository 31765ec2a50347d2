"""What a table of events holds, for the terminal: topics, segments, trends."""

import shlex
from collections.abc import Mapping
from typing import Any

from rich.console import Console

from mlwright.cli.console import stdout, table

_N_WORDS, _N_SHOWN = 8, 5


def show_events(found: Mapping[str, Any]) -> None:
    """Print the mapping of `workflow.events.describe_events`."""
    console = stdout()
    for part in (_topics, _segments, _who_with_what, _trends, _spread):
        part(console, found)


def hint_at_texts(profile: Mapping[str, Any]) -> None:
    """Say how to see what texts are about, where there are texts and nobody asked."""
    texts = [column["name"] for column in profile["columns"] if column["kind"] == "text"]
    if texts and profile["events"] is None:
        told = shlex.join(["--text", texts[0]])
        stdout().print(f"{texts[0]} holds texts: {told} tells what they are about.", style="dim")


def _topics(console: Console, found: Mapping[str, Any]) -> None:
    if found["topics"] is None:
        if found["roles"]["text"]:
            console.print("No topics: too few texts share words.", style="dim")
        return
    grid = table("topic", "share>", "stable", "example")
    for topic in found["topics"]["topics"]:
        words = ", ".join(topic["words"][:_N_WORDS])
        stable = "yes" if topic["is_stable"] else "no"
        example = topic["examples"][0] if topic["examples"] else ""
        grid.add_row(words, f"{topic['share']:.0%}", f"{stable} ({topic['stability']:.2f})", example)
    console.print(grid)
    n_unstable = sum(not topic["is_stable"] for topic in found["topics"]["topics"])
    if not found["topics"]["is_stable"]:
        console.print("These topics are unstable: other texts of this kind would give others.", style="dim")
    elif n_unstable:
        console.print(f"{n_unstable} of these are unstable: other texts would give others.", style="dim")


def _segments(console: Console, found: Mapping[str, Any]) -> None:
    segments = found["segments"]
    if segments is None:
        if found["roles"]["user"]:
            console.print(
                "No segments: too few users with three events, or nothing to tell them apart.", style="dim"
            )
        return
    grid = table("segment of users", "users>", "of all>", "events>", "more than usual")
    for one in segments["segments"]:
        more = ", ".join(
            f"{item['name']} ({item['lift']:.1f}x)" for item in one["more_than_usual"][:_N_SHOWN]
        )
        grid.add_row(
            one["label"],
            f"{one['n_users']:,}",
            f"{one['share_of_users']:.0%}",
            f"{one['share_of_events']:.0%}",
            more,
        )
    console.print(grid)
    if not segments["is_stable"]:
        console.print(
            f"These are unstable ({segments['stability']:.2f}): other users would be grouped otherwise.",
            style="dim",
        )


def _who_with_what(console: Console, found: Mapping[str, Any]) -> None:
    cells = found["who_with_what"]
    if cells is None:
        return
    grid = table("who with what", *(f"{_short(topic)}>" for topic in cells["topics"]))
    for name, shares in zip(cells["segments"], cells["shares"], strict=True):
        grid.add_row(_short(name), *("" if share is None else f"{share:.0%}" for share in shares))
    console.print(grid)


def _trends(console: Console, found: Mapping[str, Any]) -> None:
    trends = found["trends"]
    if trends is None:
        return
    moving = [one for one in trends["things"] if one["direction"] != "steady"]
    moving.sort(key=lambda one: -abs(one["late"] - one["early"]))
    if not moving:
        console.print("No share goes up or down with time beyond chance.", style="dim")
        return
    periods = trends["periods"]
    grid = table(
        f"by {trends['period']}, {periods[0]} to {periods[-1]}", "first third>", "last third>", "goes"
    )
    for one in moving[: _N_SHOWN * 2]:
        grid.add_row(one["name"], f"{one['early']:.1%}", f"{one['late']:.1%}", one["direction"])
    console.print(grid)


def _spread(console: Console, found: Mapping[str, Any]) -> None:
    for what in ("users", "items"):
        one = found[what]
        if one is None:
            continue
        middle = one["events_each"]["0.5"]
        each = "one event" if middle == 1 else f"{middle:g} events"
        console.print(
            f"{one['n']:,} {what}, half of them with {each} or fewer; a tenth of them is behind "
            f"{one['share_of_top_tenth']:.0%} of all."
        )
    most = (found["items"] or {}).get("most") or []
    if most:
        shown = ", ".join(f"{item['name']} ({item['n_events']:,})" for item in most[:_N_SHOWN])
        console.print(f"Most events: {shown}.")


def _short(label: str) -> str:
    return ", ".join(label.split(", ")[:2])
