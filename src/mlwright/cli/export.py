"""`mlwright export`: a model in the form that others run or own."""

from pathlib import Path
from typing import Annotated

import typer

from mlwright.cli.console import print_text, stderr, watching
from mlwright.cli.guard import boundary, check_writable
from mlwright.cli.options import ModelFile, Quiet, RequireSigned
from mlwright.core.errors import UsageError

EPILOG = """Examples:

mlwright export churn.mlw --to onnx -o churn.onnx

mlwright export churn.mlw --to python -o churn

mlwright export churn.mlw --to mlflow -o churn_mlflow

mlwright export churn.mlw --to sql --dialect postgres --from customers -o churn.sql

mlwright export churn.mlw --to image -o churn.tar"""


@boundary()
def export(  # noqa: PLR0913 - the parameters are the options
    model: ModelFile,
    to: Annotated[
        str,
        typer.Option(
            "--to", metavar="TARGET", help="The form: onnx, python, sql, mlflow, image or deployment."
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="PATH", help="The file or the folder to write.")
    ],
    dialect: Annotated[str, typer.Option(metavar="NAME", help="Of SQL: duckdb, postgres or sqlite.")] = "",
    relation: Annotated[
        str | None,
        typer.Option("--from", metavar="TABLE", show_default="input", help="What the SQL query reads."),
    ] = None,
    base: Annotated[
        str,
        typer.Option(
            metavar="ARCHIVE",
            help="An image with Python 3.11 or newer to build upon, as docker or podman saves it.",
        ),
    ] = "",
    *,
    require_signed: RequireSigned = None,
    quiet: Quiet = False,
) -> None:
    """Write MODEL in another form, equal to it: what cannot be said in that form is refused by name.

    onnx: the program, for any ONNX runtime in any language, and beside it a signature: what goes in and
    what comes out.

    python: a project that needs no mlwright: features as readable code, what was learned as data, a command
    line, a service, tests, and a training that makes the same model again.

    mlflow: a model folder for `mlflow models serve` and `mlflow.pyfunc.load_model`: the model file with a
    signature, an input example and pinned requirements. What mlwright sign wrote beside MODEL comes along.

    sql: one query that reads the raw columns of a table and returns what predict writes. It says in its
    first lines what it reads and returns. Needs --dialect. Models that count words in texts are refused.

    image: a container image of the service, written without a daemon, for docker load, podman and skopeo, and
    beside it the list of what is in it (SPDX). Its base is a few packages of this machine's Debian or Ubuntu,
    or --base. It asks for keys, or for MLWRIGHT_INSECURE=1, before it answers others.

    deployment: a folder with a Containerfile, a Kubernetes manifest and a Compose file with Prometheus. The
    service is called as the model's file. mlwright is in the folder, as a wheel; what it needs, pip gets.
    """
    if not output.is_dir():
        check_writable(output, model)
    from mlwright.artifact.load import load
    from mlwright.exports.export import export as write
    from mlwright.exports.export import next_steps
    from mlwright.exports.model_file import signature_beside
    from mlwright.exports.target import Wishes

    loaded = load(model, require_signed=require_signed)
    if relation == "":
        message = "--from needs the name of a table; without it the query reads the table input."
        raise UsageError(message)
    with watching(is_quiet=quiet) as listen:
        asked = {"dialect": dialect, "relation": relation or "", "base": base}
        signature = signature_beside(model, loaded)
        wishes = Wishes(**asked, called=model.stem, signature=signature, listen=listen)
        written = write(loaded, to, output, wishes)
    for path in written:
        print_text(str(path))
    steps = "" if quiet else next_steps(loaded, to, output, wishes)
    if steps:
        stderr().print(steps)
