"""Explanations in the terminal: the reason in words, then what each column did."""

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from mlwright.cli.console import stdout, table
from mlwright.report.figures import brief, number

_MOST_COLUMNS = 12


def show_reasons(found: Mapping[str, Any]) -> None:
    """Print each row with its reason and the columns that moved it most."""
    console = stdout()
    for one in found["rows"]:
        name = ", ".join(f"{key} {brief(value, 40)}" for key, value in one["id"].items())
        console.print(Text(name, style="bold"))
        console.print(Text(one["why"]))
        grid = table("column", "value", "moved the answer by>")
        for item in one["columns"][:_MOST_COLUMNS]:
            value = "missing" if item["value"] is None else brief(item["value"], 40)
            grid.add_row(Text(brief(item["column"], 40)), Text(value), _signed(item["amount"]))
        console.print(grid)
        hidden = len(one["columns"]) - _MOST_COLUMNS
        if hidden > 0:
            console.print(Text(f"and {number(hidden)} columns that moved it less", style="dim"))
        console.print()


def _signed(amount: float) -> str:
    return f"{'+' if amount >= 0 else '-'}{number(abs(float(f'{amount:.3g}')))}"
