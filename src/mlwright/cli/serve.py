"""`mlwright serve`: a model behind HTTP."""

from pathlib import Path
from typing import Annotated

import typer

from mlwright.cli.guard import boundary
from mlwright.cli.options import RequireSigned

EPILOG = """Examples:

mlwright serve churn.mlw

mlwright serve churn.mlw --host 0.0.0.0 --keys keys.json

mlwright serve churn.mlw --workers 4 --watch --log answered"""


@boundary()
def serve(  # noqa: PLR0913, PLR0917 - one parameter an option
    model: Annotated[
        Path,
        typer.Argument(
            metavar="MODEL", envvar="MLWRIGHT_MODEL", help="A model that `mlwright train` has written."
        ),
    ],
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", envvar="MLWRIGHT_HOST", help="Where to listen.")
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            min=0,
            max=65535,
            metavar="N",
            envvar=["MLWRIGHT_PORT", "AIP_HTTP_PORT"],
            show_envvar=False,  # of two, the error of a wrong value would show the list in brackets
            help="0: any that is free. Also MLWRIGHT_PORT, AIP_HTTP_PORT.",
        ),
    ] = 8080,
    keys: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", envvar="MLWRIGHT_KEYS", help="Hashes of the keys that open it (mlwright key)."
        ),
    ] = None,
    insecure: Annotated[
        bool,
        typer.Option(
            "--insecure", envvar="MLWRIGHT_INSECURE", help="Serve others than this machine without keys."
        ),
    ] = False,
    errors: Annotated[str, typer.Option(metavar="full|terse", help="How much a refusal tells.")] = "full",
    extra: Annotated[
        str, typer.Option(metavar="ignore|reject", help="Columns that the model does not read.")
    ] = "ignore",
    rate: Annotated[
        float,
        typer.Option(
            min=0, metavar="N", help="Requests a second for each key, however many workers; 0: any."
        ),
    ] = 0.0,
    max_body: Annotated[str, typer.Option(metavar="SIZE", help="Of one request.")] = "1MB",
    max_rows: Annotated[int, typer.Option(min=1, metavar="N", help="Of one request.")] = 1_000,
    max_in_flight: Annotated[
        int, typer.Option(min=1, metavar="N", help="Requests at once, in each worker.")
    ] = 256,
    drain: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="How long it takes requests after SIGTERM.")
    ] = 5.0,
    watch: Annotated[
        bool, typer.Option("--watch", help="Exchange the model when its file is; SIGHUP looks once.")
    ] = False,
    workers: Annotated[
        int, typer.Option(min=1, metavar="N", help="Processes that answer, each with the model.")
    ] = 1,
    log: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Keep what was answered, in Parquet files.")
    ] = None,
    log_features: Annotated[
        str, typer.Option(metavar="none|all|NAME,NAME", help="Whose cells are kept too.")
    ] = "none",
    log_keep: Annotated[
        str, typer.Option(metavar="SIZE", help="Of all files together; the oldest go.", show_default="any")
    ] = "",
    require_signed: RequireSigned = None,
) -> None:
    """Serve MODEL over HTTP until it is told to stop.

    POST a row as JSON to /predict. Also there: /docs, /model, /metrics, /livez, /readyz, /invocations
    (MLflow, SageMaker) and /v2 (Open Inference Protocol).
    """
    from mlwright.serving.options import check_installed, log_policy, settings_of

    check_installed()
    settings = settings_of(
        host=host, port=port, keys=keys, is_insecure=insecure, errors=errors, extra=extra, rate=rate,
        max_body=max_body, max_rows=max_rows, max_in_flight=max_in_flight, drain_s=drain,
        watch=watch, workers=workers, log=log_policy(log, log_features, log_keep),
        require_signed=require_signed,
    )  # fmt: skip
    try:
        if workers > 1:
            from mlwright.serving.supervisor import supervise

            supervise(model, settings)
        else:
            from mlwright.serving.run import serve as run

            run(model, settings)
    except KeyboardInterrupt:  # told to stop before it answered, which a service does without complaint
        return
