"""`mlwright predict`: answers for new rows."""

from pathlib import Path
from typing import Annotated

import typer

from mlwright.cli.console import stderr
from mlwright.cli.guard import boundary, check_writable
from mlwright.cli.options import Data, ModelFile, Quiet

EPILOG = """Examples:

mlwright predict churn.mlw new.csv -o answers.csv

mlwright predict churn.mlw new.parquet | head"""


@boundary()
def predict(
    model: ModelFile,
    data: Data,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Where the answers go: .csv, .parquet, .jsonl or .feather."
        ),
    ] = None,
    *,
    quiet: Quiet = False,
) -> None:
    """Answer every row of DATA with MODEL; without --output, CSV goes to stdout.

    Each row carries its id columns (or its number), the prediction and, for classes, one probability
    for each of them.
    """
    if output:
        check_writable(output, data, model)
    from mlwright.artifact.load import load
    from mlwright.workflow.score import predict_file

    n_rows = predict_file(load(model), data, output)
    if output and not quiet:
        stderr().print(f"{n_rows:,} rows answered: {output}")
