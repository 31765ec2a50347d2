"""Options that several verbs share, so that they read the same everywhere."""

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[
    str, typer.Argument(metavar="DATA", help="Rows to read: a file (csv, parquet, jsonl, …), a glob or '-'.")
]
ModelFile = Annotated[
    Path, typer.Argument(metavar="MODEL", help="A model that `mlwright train` has written.")
]
OldModel = Annotated[Path, typer.Argument(metavar="OLD", help="The model that is in place.")]
NewModel = Annotated[Path, typer.Argument(metavar="NEW", help="The model that may replace it.")]
RequireSigned = Annotated[
    Path | None,
    typer.Option(
        "--require-signed",
        metavar="KEY",
        envvar="MLWRIGHT_REQUIRE_SIGNED",
        help="Refuse a model that the owner of this public key has not signed.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout, for machines.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress on stderr.")]
Events = Annotated[
    list[str] | None,
    typer.Option(
        "--history",
        metavar="FILE",
        help="Events with known outcomes, which tell about the rows of DATA that come later. Repeatable.",
    ),
]
Language = Annotated[
    str, typer.Option(metavar="CODE", help="The language of the report: en or de.", show_default=True)
]
