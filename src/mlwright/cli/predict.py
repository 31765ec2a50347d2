"""`mlwright predict`: answers for new rows."""

from pathlib import Path
from typing import Annotated

import typer

from mlwright.cli.console import stderr, watching
from mlwright.cli.guard import boundary, check_writable
from mlwright.cli.options import Data, Events, ModelFile, Quiet, RequireSigned

EPILOG = """Examples:

mlwright predict churn.mlw new.csv -o answers.csv

mlwright predict prices.mlw new.csv --intervals 0.9 -o answers.csv

mlwright predict churn.mlw customers.csv --capacity 200 -o calls.csv

mlwright predict churn.mlw new.parquet | head"""


@boundary()
def predict(  # noqa: PLR0913 - the parameters are the options
    model: ModelFile,
    data: Data,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Where the answers go: .csv, .parquet, .jsonl or .feather."
        ),
    ] = None,
    intervals: Annotated[
        float | None,
        typer.Option(
            metavar="LEVEL",
            help="Add intervals, or sets of labels, that hold the truth this often, such as 0.9.",
        ),
    ] = None,
    capacity: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=0, help="Decide to act on at most N of these rows, those that save most."
        ),
    ] = None,
    *,
    history: Events = None,
    require_signed: RequireSigned = None,
    quiet: Quiet = False,
) -> None:
    """Answer every row of DATA with MODEL; without --output, CSV goes to stdout.

    DATA may be larger than memory: it is read, answered and written a lot of rows at a time, on all
    processors, and the output is there whole or not at all.

    Each row carries its id columns (or its number), the prediction and, for classes, one probability
    for each of them. --intervals adds prediction_low and prediction_high or, for classes, prediction_set:
    a JSON list of labels, the likeliest first; empty for the rows that the model is least sure of, where
    it is right more often than LEVEL. A model that was told what mistakes cost adds its decision; with
    --capacity that is a matter of all rows of DATA together.

    A model that was trained with --history is told by --history FILE what was known at the time of each row;
    without it, it answers from what it remembers of the rows that it learned from.
    """
    if output:
        check_writable(output, data, model)
    from mlwright.artifact.load import load
    from mlwright.workflow.predict import predict_file

    opened = load(model, require_signed=require_signed)
    with watching(is_quiet=quiet or output is None) as listen:
        n_rows = predict_file(opened, data, output, intervals, capacity, listen, history=history)
    if output and not quiet:
        stderr().print(f"{n_rows:,} rows answered: {output}")
