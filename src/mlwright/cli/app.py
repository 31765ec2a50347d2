"""`mlwright`: the verbs together."""

import time
from typing import Annotated

import typer

from mlwright import __version__
from mlwright.cli import (
    compare,
    evaluate,
    explain,
    export,
    guard,
    info,
    key,
    predict,
    profile,
    report,
    serve,
    sign,
    train,
)
from mlwright.core.interrupt import stop_politely

EPILOG = """Examples:

mlwright train telco.csv --target Churn

mlwright predict telco.mlw new.csv -o answers.csv

Results go to stdout, progress to stderr. Exit status: 0 fine, 1 something was found, 2 cannot be done."""

app = typer.Typer(
    name="mlwright",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"mlwright {__version__}")
        raise typer.Exit


@app.callback(epilog=EPILOG)
def _mlwright(
    debug: Annotated[
        bool, typer.Option("--debug", envvar="MLWRIGHT_DEBUG", help="Show the traceback of an error.")
    ] = False,
    version: Annotated[  # noqa: ARG001 - typer calls back, the value itself is not needed
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Turn data and a question into a model in production, with its evidence."""
    guard.DEBUG.set(debug)


app.command("train", epilog=train.EPILOG)(train.train)
app.command("predict", epilog=predict.EPILOG)(predict.predict)
app.command("evaluate", epilog=evaluate.EPILOG)(evaluate.evaluate)
app.command("explain", epilog=explain.EPILOG)(explain.explain)
app.command("report", epilog=report.EPILOG)(report.report)
app.command("compare", epilog=compare.EPILOG)(compare.compare)
app.command("export", epilog=export.EPILOG)(export.export)
app.command("info", epilog=info.EPILOG)(info.info)
app.command("sign", epilog=sign.EPILOG)(sign.sign)
app.command("serve", epilog=serve.EPILOG)(serve.serve)
app.command("key", epilog=key.EPILOG)(key.key)
app.command("profile", epilog=profile.EPILOG)(profile.profile)


def main() -> None:
    """Run the command line; the entry point of the `mlwright` script."""
    guard.STARTED.set(time.monotonic())
    stop_politely()
    app()
