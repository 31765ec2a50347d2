"""Writes `docs/reference/cli.md` from the help texts: `make docs`. A test compares the two."""

from __future__ import annotations

import sys
from inspect import cleandoc
from typing import Any

import typer

from mlwright.cli.app import app

HEAD = """# The command line

Written by `make docs` from the help texts; do not edit. Results go to stdout, progress to stderr.
Exit status: 0 fine; 1 something was found that needs you; 2 the call or its input cannot be used;
130 interrupted.
"""


def reference() -> str:
    """Return the page."""
    group: Any = typer.main.get_command(app)
    parts = [HEAD, "## mlwright\n", f"{cleandoc(group.help)}\n", _table(group.params)]
    for name, command in group.commands.items():
        parts += [f"## mlwright {name}\n", f"{cleandoc(command.help)}\n", _table(command.params)]
        examples = [line for line in command.epilog.splitlines() if line.startswith("mlwright ")]
        parts.append("```\n" + "\n".join(examples) + "\n```\n")
    return "\n".join(parts)


def _table(params: list[Any]) -> str:
    lines = ["| argument or option | what it does |", "| --- | --- |"]
    for param in params:
        options = [one for one in (*param.opts, *param.secondary_opts) if one.startswith("-")]
        names = ", ".join(f"`{option}`" for option in options)
        name = names or f"`{(param.metavar or param.name).upper()}`"
        need = " (required)" if param.required else ""
        lines.append(f"| {name}{need} | {_cell(getattr(param, 'help', ''))} |")
    return "\n".join(lines) + "\n"


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(reference())
