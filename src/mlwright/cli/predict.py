"""`mlwright predict`: answers for new rows."""

from pathlib import Path
from typing import Annotated

import typer

from mlwright.cli.console import stderr, watching
from mlwright.cli.guard import boundary, check_writable
from mlwright.cli.options import Events, ModelFile, Quiet, RequireSigned
from mlwright.core.errors import UsageError

EPILOG = """Examples:

mlwright predict churn.mlw new.csv -o answers.csv

mlwright predict prices.mlw new.csv --intervals 0.9 -o answers.csv

mlwright predict churn.mlw customers.csv --capacity 200 -o calls.csv

mlwright predict churn.mlw new.parquet | head

mlwright predict films.mlw --top 10 --filter genre=drama -o recommended.parquet"""


@boundary()
def predict(  # noqa: PLR0913 - the parameters are the options
    model: ModelFile,
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="DATA",
            help="Rows to read: a file (csv, parquet, jsonl, …), a glob or '-'. A recommender takes users, "
            "or what they took; without DATA, all users it knows.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Where the answers go: .csv, .parquet, .jsonl or .feather."
        ),
    ] = None,
    *,
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
    top: Annotated[
        int | None, typer.Option(metavar="K", min=1, help="How many items to recommend to a user (10).")
    ] = None,
    allow_seen: Annotated[
        bool | None,
        typer.Option(
            "--allow-seen/--hide-seen",
            help="Whether to recommend what a user took before, too.",
            show_default="as in training",
        ),
    ] = None,
    filter_: Annotated[
        str | None,
        typer.Option("--filter", metavar="TEXT", help="Only items such as 'genre=drama and year!=1999'."),
    ] = None,
    users: Annotated[
        str | None, typer.Option(metavar="FILE", help="The same as DATA, where users are asked about.")
    ] = None,
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

    A recommender writes a line for each item that it recommends to a user: both, its rank and its score.
    """
    if data is not None and users is not None:
        message = f"DATA ({data}) and --users ({users}) are the same thing. Give one of them."
        raise UsageError(message)
    data = data or users
    if output:
        check_writable(output, data, model, *(history or ()))
    from mlwright.artifact.load import load
    from mlwright.workflow.family import Wishes
    from mlwright.workflow.verbs import predict as run

    wishes = Wishes(
        intervals=intervals,
        capacity=capacity,
        history=history,
        top=top,
        allow_seen=allow_seen,
        filter=filter_,
    )
    opened = load(model, require_signed=require_signed)
    with watching(is_quiet=quiet, only_lasting=output is None) as listen:
        n_rows = run(opened, data, output, wishes, listen)
    if output and not quiet:
        what = "user" if opened.memory is not None else "row"
        stderr().print(f"{n_rows:,} {what if n_rows == 1 else f'{what}s'} answered: {output}")
