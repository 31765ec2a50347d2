"""`mlwright train`: from data and a question to a model, its evidence and its report."""

import csv
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated, Any, final

import typer

from mlwright.checks.leaks import Leaks
from mlwright.cli.console import print_json, watching
from mlwright.cli.guard import STARTED, boundary, check_writable, finish
from mlwright.cli.options import AsJson, Data, Language, Quiet
from mlwright.core.budget import parse_duration
from mlwright.core.errors import UsageError
from mlwright.core.escapes import without_halves
from mlwright.core.memory import parse_size
from mlwright.tuning.latency import Latency

if TYPE_CHECKING:
    from mlwright.artifact.model import Model

_DEFAULT_LIMIT = "60s"

EPILOG = """Examples:

mlwright train telco.csv --target Churn

mlwright train visits.parquet -t readmitted --group patient --time-limit 10m -o readmission.mlw

mlwright train churn.csv -t left --cost fn=500,fp=20 --capacity 200

mlwright train sales.csv -t revenue --time date --metric mae --exclude region,clerk --json

mlwright train ratings.csv --kind recommendation --user userId --item movieId --time ts -o films.mlw"""


class Mode(StrEnum):
    """Which rows calibrate prediction intervals and sets."""

    APPROXIMATE = "approximate"
    CERTIFIED = "certified"


class Refit(StrEnum):
    """When to fit the judged recipe again on all rows."""

    AUTO = "auto"
    YES = "yes"
    NO = "no"


@final
@dataclass(frozen=True, slots=True)
class Files:
    """Where the results go."""

    model: Path
    report: Path | None
    key: Path | None
    language: str


@boundary()
def train(  # noqa: PLR0913 - the parameters are the options
    data: Data,
    *,
    target: Annotated[
        str | None, typer.Option("--target", "-t", metavar="COL", help="The column to predict.")
    ] = None,
    time_limit: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            show_default=_DEFAULT_LIMIT,
            help="All the time it may take, such as 60s, 10m or 1h; no limit with --max-trials alone.",
        ),
    ] = None,
    metric: Annotated[
        str | None, typer.Option(metavar="NAME", help="The measure to optimize and to judge by.")
    ] = None,
    id_: Annotated[
        list[str] | None,
        typer.Option(
            "--id", metavar="COL", help="A column that names the row; repeated in predictions. Repeatable."
        ),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(metavar="COL", help="Rows with the same value here never straddle the split."),
    ] = None,
    time: Annotated[
        str | None, typer.Option(metavar="COL", help="Judge on the latest rows by this date or number.")
    ] = None,
    weight: Annotated[
        str | None,
        typer.Option(
            metavar="COL", help="How much each row counts in learning; scores count all rows alike."
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COL",
            help="Columns to leave out, separated by commas, in quotes if they hold one. Repeatable.",
        ),
    ] = None,
    slice_: Annotated[
        list[str] | None,
        typer.Option(
            "--slice", metavar="COL", help="A column whose groups are scored one by one. Repeatable."
        ),
    ] = None,
    sensitive: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COL",
            help="A column whose groups should be treated alike; gaps are measured. Repeatable.",
        ),
    ] = None,
    test: Annotated[
        str | None, typer.Option(metavar="FILE", help="Rows to judge by, instead of splitting some off.")
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL", help="The model in place, which the new one has to beat on the sealed test."
        ),
    ] = None,
    leaks: Annotated[
        Leaks,
        typer.Option(
            help="Columns that give the answer away: drop what is proven, only warn, or keep them all."
        ),
    ] = Leaks.DROP,
    vouch: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COL",
            help="A column that is known when a prediction is made, whatever it tells. Repeatable.",
        ),
    ] = None,
    refit: Annotated[Refit, typer.Option(help="Fit the judged recipe again on all rows.")] = Refit.AUTO,
    latency: Annotated[
        Latency,
        typer.Option(help="What an answer's speed may cost: fewer members, or the last bit of accuracy."),
    ] = Latency.BALANCED,
    intervals: Annotated[
        Mode,
        typer.Option(
            help="What calibrates prediction intervals: errors out of fold, or rows held back for it."
        ),
    ] = Mode.APPROXIMATE,
    cost: Annotated[
        str | None,
        typer.Option(
            metavar="AMOUNTS",
            help="What mistakes cost: fn=500,fp=20 (also tp, tn), or a CSV file with a cost matrix.",
        ),
    ] = None,
    capacity: Annotated[
        str | None,
        typer.Option(
            metavar="N",
            help="Act on at most so many of as many rows as DATA holds, or on a share such as 5%.",
        ),
    ] = None,
    stakes: Annotated[
        str | None,
        typer.Option(metavar="COL", help="The money at risk in a row: multiplies the cost of a miss."),
    ] = None,
    today: Annotated[
        str | None,
        typer.Option(metavar="COL", help="What was decided so far, to compare with; never a feature."),
    ] = None,
    history: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COL",
            help="Whose earlier outcomes tell about a row: an author, or all. Needs --time. Repeatable.",
        ),
    ] = None,
    known_after: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="How long after its time the outcome of a row is known, such as 10m or 30d."
        ),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The kind of question, where the target leaves it open."),
    ] = None,
    user: Annotated[
        str | None,
        typer.Option(
            metavar="COL", help="The column of users, to recommend to them; the usual names are recognized."
        ),
    ] = None,
    item: Annotated[
        str | None, typer.Option(metavar="COL", help="The column of items, to recommend.")
    ] = None,
    rating: Annotated[
        str | None, typer.Option(metavar="COL", help="How much users liked or used items: grades or counts.")
    ] = None,
    items: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="A table of items, for filters such as genre=drama."),
    ] = None,
    users: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="A table of users: who has not taken anything is known by it."),
    ] = None,
    allow_seen: Annotated[
        bool,
        typer.Option("--allow-seen", help="Recommend what a user took before, too, and judge so."),
    ] = False,
    seed: Annotated[int, typer.Option(metavar="N", help="Same data, work and seed: same model.")] = 0,
    max_trials: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Budget by work instead of time: how many candidates to try."),
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            show_default="beside the model until it is written",
            help="Where finished fits are kept, so that the same command goes on after a kill.",
        ),
    ] = None,
    memory_limit: Annotated[
        str | None,
        typer.Option(metavar="SIZE", help="The memory of all processes together, such as 800MB or 4GB."),
    ] = None,
    max_latency: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="A single answer in process takes no longer, as measured here: 1ms or 250us."
        ),
    ] = None,
    max_size: Annotated[
        str | None,
        typer.Option(metavar="SIZE", help="The model file is no larger than this, such as 200KB or 5MB."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", show_default="DATA.mlw", help="Where the model goes."),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    no_report: Annotated[
        bool, typer.Option("--no-report", help="Write the model alone, no HTML report beside it.")
    ] = False,
    language: Language = "en",
    sign: Annotated[
        Path | None,
        typer.Option(metavar="KEY", help="Sign the model with this private key, as `mlwright sign` does."),
    ] = None,
) -> None:
    """Train a model on DATA and judge it on rows it never saw; the report lands beside it.

    Exits with 1 if the model should not be used as it is: say, no better than a constant answer.
    """
    place = output or Path(default_output(data))
    check_writable(place, data, test, baseline)
    if place.suffix.lower() != ".mlw":
        fit = str(place.with_suffix(".mlw"))
        message = f"The model {str(place)!r} needs the ending .mlw: {fit!r}, for example."
        raise UsageError(message)
    from mlwright.report.language import check_language

    check_language(language)
    files = Files(place, None if no_report else place.with_suffix(".report.html"), sign, language)
    if files.report:
        check_writable(files.report, data, test)
    if sign:
        from mlwright.artifact.signature import read_private_key

        read_private_key(sign)
    limit_s = _limit(time_limit, max_trials)
    from mlwright.workflow.options import TrainOptions, parse_delay, parse_file_size, parse_latency
    from mlwright.workflow.run import remove_run
    from mlwright.workflow.verbs import train as run_training

    options = TrainOptions(
        time_limit_s=limit_s, max_trials=max_trials, metric=metric, seed=seed, kind=kind,
        id=tuple(id_ or ()), group=group, time=time, weight=weight, exclude=_columns(exclude), test=test,
        slice=tuple(slice_ or ()), sensitive=tuple(sensitive or ()), vouch=tuple(vouch or ()),
        baseline=baseline, leaks=leaks.value, refit=refit.value, latency=latency.value,
        intervals=intervals.value, cost=cost, capacity=capacity, stakes=stakes, today=today,
        history=tuple(history or ()), known_after_s=parse_delay(known_after),
        run=run or place.with_suffix(".run"), run_anew=run is None,
        memory_limit_bytes=None if memory_limit is None else parse_size(memory_limit),
        max_latency_s=parse_latency(max_latency), max_size_bytes=parse_file_size(max_size),
        roles=_named(user=user, item=item, rating=rating), tables=_named(items=items, users=users),
        flags=("allow-seen",) if allow_seen else (),
    )  # fmt: skip
    with watching(is_quiet=quiet, limit_s=limit_s) as listen:
        model = run_training(data, target, options, listen, STARTED.get())
    _save(model, files, data)
    if run is None:
        remove_run(place.with_suffix(".run"))
    if as_json:
        print_json(document(model.evidence, files))
    else:
        from mlwright.cli.summary import show_training

        show_training(model.evidence, files.model, files.report)
    finish(model.evidence["findings"])


def default_output(data: str) -> str:
    """Name the model after the data; data without a plain name give "model.mlw"."""
    name = PurePath(data).name
    is_plain = "://" not in data and not set("*?[]") & set(name)
    stem = name.split(".")[0] if is_plain else ""
    return f"{stem.strip('-') or 'model'}.mlw"


def document(evidence: dict[str, Any], files: Files) -> dict[str, Any]:
    """Return what `train --json` prints."""
    against = evidence.get("in_place")
    return {
        "artifact": str(files.model),
        "report": str(files.report) if files.report else None,
        "metric": evidence["task"]["metric"],
        "test": evidence["test"],
        "baseline": evidence["baseline"],
        "baseline_rule": evidence.get("baseline_rule"),
        "findings": evidence["findings"],
        "elapsed_s": evidence["budget"]["elapsed_s"],
        "time_limit_s": evidence["budget"]["time_limit_s"],
        **({"in_place": against} if against else {}),
    }


def _save(model: "Model", files: Files, data: str) -> None:
    model.save(files.model)
    if files.key:
        from mlwright.artifact.signature import sign

        sign(files.model, files.key)
    if files.report:
        from mlwright.report.build import write_report
        from mlwright.report.commands import Names

        names = Names(without_halves(str(files.model)), without_halves(data))
        write_report(model.evidence, files.report, names, files.language)


def _limit(time_limit: str | None, max_trials: int | None) -> float | None:
    """Give a budget of work alone no clock, so that the same seed gives the same bytes."""
    if time_limit is None and max_trials is not None:
        return None
    return parse_duration(time_limit or _DEFAULT_LIMIT)


def _named(**given: str | None) -> dict[str, str]:
    return {name: value for name, value in given.items() if value is not None}


def _columns(given: list[str] | None) -> tuple[str, ...]:
    """Read lists of names; one with a comma in it stands in quotes, as in CSV."""
    lines = csv.reader(given or (), skipinitialspace=True)
    return tuple(name for line in lines for name in line if name.strip())
