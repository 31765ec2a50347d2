"""`mlwright compare`: is the new model better than the one in place."""

from pathlib import Path
from typing import Annotated

import typer

from mlwright.cli.console import print_json
from mlwright.cli.guard import FOUND, boundary, check_writable
from mlwright.cli.options import AsJson, Data, Language, NewModel, OldModel, RequireSigned
from mlwright.core.escapes import without_halves

EPILOG = """Examples:

mlwright compare in_place.mlw new.mlw last_month.csv

mlwright compare in_place.mlw new.mlw last_month.csv --metric log_loss --matters 0.005 --json

mlwright compare in_place.mlw new.mlw last_month.csv -o what_changed.html"""


@boundary()
def compare(  # noqa: PLR0913 - the parameters are the options
    old: OldModel,
    new: NewModel,
    data: Data,
    *,
    metric: Annotated[
        str | None,
        typer.Option(metavar="NAME", show_default="the new model's", help="The measure to compare by."),
    ] = None,
    matters: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            min=0.0,
            show_default="1 % of the score",
            help="The smallest difference that would change anything.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", show_default="none",
            help="Write an HTML report here: what changed, which rows are answered otherwise, and why.",
        ),
    ] = None,
    language: Language = "en",
    require_signed: RequireSigned = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Compare OLD, the model in place, with NEW on DATA: labeled rows that neither has seen.

    Exits with 0 if the new one should replace the old one, else with 1.
    """
    from mlwright.artifact.load import load
    from mlwright.report.language import check_language
    from mlwright.workflow.compare import compare as judge

    check_language(language)
    if output is not None:
        check_writable(output, data, old, new)
    before, after = (load(model, require_signed=require_signed) for model in (old, new))
    found = judge(before, after, data, metric=metric, matters=matters)
    if output is not None:
        from mlwright.report.compare_page import build_comparison
        from mlwright.report.write import write_whole

        given = (without_halves(str(old)), without_halves(str(new)), without_halves(data))
        write_whole(output, build_comparison(found, given, language))
    if as_json:
        print_json(found)
    else:
        from mlwright.cli.summary import show_comparison

        show_comparison(found)
    if found["verdict"] != "ship":
        raise typer.Exit(FOUND)
