"""`mlwright explain`: why a row got its answer."""

from pathlib import Path
from typing import Annotated

import typer

from mlwright.cli.console import print_json, stderr
from mlwright.cli.guard import boundary, check_writable
from mlwright.cli.options import AsJson, Data, ModelFile, Quiet, RequireSigned
from mlwright.core.errors import UsageError

EPILOG = """Examples:

mlwright explain churn.mlw new.csv --row 17

mlwright explain churn.mlw new.csv --rows 1000 -o reasons.parquet"""

_FEW = 3


@boundary()
def explain(  # noqa: PLR0913 - the parameters are the options
    model: ModelFile,
    data: Data,
    *,
    rows: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            show_default=f"{_FEW}; all with --output",
            help="Explain the first N rows.",
        ),
    ] = None,
    row: Annotated[
        int | None, typer.Option(metavar="K", min=1, help="Explain row K alone, counted from 1.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where one line per row goes: .csv, .parquet, .jsonl or .feather.",
        ),
    ] = None,
    require_signed: RequireSigned = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Show for rows of DATA which columns moved the answer of MODEL, by how much, and why in words.

    The amounts add up: the answer when nothing is known of a row, plus what each column adds, is the
    answer. They tell what the model does, not what would happen in the world if a cell were another.
    """
    if rows is not None and row is not None:
        message = "--rows and --row cannot be used together. Give --row for one row, --rows for the first N."
        raise UsageError(message)
    if output and as_json:
        message = "--output and --json cannot be used together. For JSON in a file use -o NAME.jsonl."
        raise UsageError(message)
    if output:
        check_writable(output, data, model)
    from mlwright.artifact.load import load
    from mlwright.workflow.explain import explain as tell
    from mlwright.workflow.explain import explain_file

    if output:
        n_rows = explain_file(load(model, require_signed=require_signed), data, output, n_rows=rows, row=row)
        if not quiet:
            stderr().print(f"{n_rows:,} rows explained: {output}")
        return
    found = tell(
        load(model, require_signed=require_signed), data, n_rows=rows or (None if row else _FEW), row=row
    )
    if as_json:
        print_json(found)
        return
    from mlwright.cli.reasons import show_reasons

    show_reasons(found)
