"""`mlwright report`: what a model's evidence says, for people."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from mlwright.cli.console import print_text
from mlwright.cli.guard import boundary, check_writable
from mlwright.cli.options import Language, ModelFile, RequireSigned
from mlwright.core.errors import UsageError
from mlwright.core.escapes import without_halves

EPILOG = """Examples:

mlwright report churn.mlw

mlwright report churn.mlw --brief --to pdf --language de

mlwright report churn.mlw --to md -o README.md

mlwright report churn.mlw --at /test/roc_auc

mlwright report churn.mlw --live"""


@boundary()
def report(  # noqa: PLR0913 - the parameters are the options
    model: ModelFile,
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", show_default="beside the model", help="Where the report goes."
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="FORM",
            show_default="by the ending of FILE, else html",
            help="The form: html, pdf, md, json or pptx-outline.",
        ),
    ] = None,
    brief: Annotated[bool, typer.Option("--brief", help="One page: the answer and what matters.")] = False,
    language: Language = "en",
    at: Annotated[
        str,
        typer.Option(
            metavar="PLACE", help="Print what stands at a place of the evidence, such as /test/roc_auc."
        ),
    ] = "",
    live: Annotated[
        bool, typer.Option("--live", help="Serve it on this machine and open its page, to move the inputs.")
    ] = False,
    require_signed: RequireSigned = None,
) -> None:
    """Write the report of MODEL: the answer, what it is worth, what could go wrong, and how to check it.

    html: one page that loads nothing. pdf: the same, printed by a browser of this machine. md: the model
    card, with the front matter of Hugging Face. json: the evidence and what the page works out of it.
    pptx-outline: text that slide programs open as slides. What is text goes to the terminal unless -o names
    a file.
    """
    form_options = {"--output": output, "--to": to, "--brief": brief, "--language": language != "en"}
    if live:
        _refuse_with("--live", {**form_options, "--at": at})
        from mlwright.cli.live import show_live

        show_live(model, require_signed)
        return
    if at:
        _refuse_with("--at", form_options)
    from mlwright.artifact.load import load

    evidence = load(model, require_signed=require_signed).evidence
    if at:
        _print_place(evidence, at)
        return
    from mlwright.report.commands import Names
    from mlwright.report.forms import Wishes, form_of, make
    from mlwright.report.write import write_whole

    name = to or _form_by_ending(output)
    form = form_of(name)
    place = output
    if place is None and not form.is_text:
        place = model.with_suffix(f".brief{form.ending}" if brief else f".report{form.ending}")
    if place is not None:
        check_writable(place, model)
    made = make(evidence, name, Wishes(Names(without_halves(str(model))), language, is_brief=brief))
    if place is not None:
        print_text(str(write_whole(place, made)))
    elif isinstance(made, str):  # as all forms are that need no place
        print_text(made, is_line=False)


def _refuse_with(chosen: str, others: dict[str, Any]) -> None:
    """Refuse options that have no effect beside the chosen one."""
    given = next((name for name, value in others.items() if value), None)
    if given:
        message = f"{given} and {chosen} cannot be used together: {chosen} writes no report. Leave one out."
        raise UsageError(message)


def _print_place(evidence: dict[str, Any], at: str) -> None:
    from mlwright.report.derive import complete
    from mlwright.report.trace import look_up

    print_text(json.dumps(look_up(complete(evidence), at), ensure_ascii=False))


def _form_by_ending(output: Path | None) -> str:
    from mlwright.report.forms import FORMS

    if output is None or not output.suffix:
        return "html"
    found = [name for name, form in FORMS.items() if form.ending == output.suffix.lower()]
    if not found:
        endings = ", ".join(form.ending for form in FORMS.values())
        message = (
            f"A report called {str(output)!r} may be anything. Say its form with --to, or end the name in: "
            f"{endings}."
        )
        raise UsageError(message)
    return found[0]
