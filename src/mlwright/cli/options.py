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
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout, for machines.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress on stderr.")]
