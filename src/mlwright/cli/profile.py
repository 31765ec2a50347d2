"""`mlwright profile`: what is in the data."""

from pathlib import Path
from typing import Annotated

import typer

from mlwright.cli.console import print_json
from mlwright.cli.guard import boundary, check_writable, finish
from mlwright.cli.options import AsJson, Data, Language
from mlwright.core.escapes import without_halves

EPILOG = """Examples:

mlwright profile telco.csv

mlwright profile telco.csv --target Churn -o telco.html

mlwright profile telco.csv --target Churn --json

mlwright profile posts.csv --user author --text words --time day"""


@boundary()
def profile(  # noqa: PLR0913 - the parameters are the options
    data: Data,
    target: Annotated[
        str | None,
        typer.Option("--target", "-t", metavar="COL", help="The column to predict; it keeps its role."),
    ] = None,
    *,
    user: Annotated[
        str | None, typer.Option(metavar="COL", help="Events: who. Tells segments of users.")
    ] = None,
    item: Annotated[str | None, typer.Option(metavar="COL", help="Events: what was viewed or taken.")] = None,
    text: Annotated[
        str | None, typer.Option(metavar="COL", help="Events: in which words. Tells topics.")
    ] = None,
    time: Annotated[str | None, typer.Option(metavar="COL", help="Events: when. Tells trends.")] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            show_default="none",
            help="Write an HTML report of the data here.",
        ),
    ] = None,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Show what each column of DATA holds and what deserves attention, before any model.

    The report tells what is odd, what is missing together, what changes over the rows, which columns tell
    about the target, and what to ask the owner of the data. With --user, --item or --text also what people
    write about and view, who does what, and what becomes more. Exits with 1 if an error is found.
    """
    from mlwright.report.language import check_language
    from mlwright.workflow.profile import profile as inspect

    check_language(language)
    if output is not None:
        check_writable(output, data)
    roles = {"user": user, "item": item, "text": text, "time": time}
    found = inspect(data, target, {role: name for role, name in roles.items() if name is not None})
    if output is not None:
        from mlwright.report.data_page import build_data_report
        from mlwright.report.write import write_whole

        write_whole(output, build_data_report(found, without_halves(data), language))
    if as_json:
        print_json(found)
    else:
        from mlwright.cli.events import hint_at_texts, show_events
        from mlwright.cli.summary import show_profile

        show_profile(found)
        hint_at_texts(found)
        if found["events"] is not None:
            show_events(found["events"])
    finish(found["findings"])
