"""Terms: what clients of a service rely on. A model may follow another only on the same terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

from mlwright.core.errors import ArtifactError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlwright.serving.scorer import Scorer

Terms = dict[str, Any]
_MOST_TOLD, _LONGEST = 5, 60
_WRITTEN = ("kind", "date_format", "decimal", "thousands")


@final
class TermsError(ArtifactError):
    """A sound model, but of another question, or with other columns."""


def terms_of(scorer: Scorer) -> Terms:
    """Return what clients send and get, as JSON values: the columns in order, and what answers hold."""
    task = scorer.model.task
    memory = scorer.tastes.memory if scorer.ranks else None
    about = memory.reader if memory is not None else None
    return {
        "target": task.target,
        "answers": "items" if scorer.ranks else list(task.classes) or "a number",
        "filters": list(memory.attributes) if memory is not None else [],
        "attributes": list(about.readings) if about is not None else [],
        "decisions": scorer.model.decides,
        "intervals": _has_intervals(scorer),
        "columns": [
            {"name": column.name, **{what: str(getattr(column, what)) for what in _WRITTEN}}
            for column in (() if scorer.ranks else scorer.reader.columns)  # of histories clients send none
        ],
    }


def check_terms(first: Terms, new: Terms) -> None:
    """Raise TermsError if clients of a service that began on the terms `first` would notice."""
    if new["target"] != first["target"]:
        raise _other("target", f"{new['target']!r} instead of {first['target']!r}")
    if repr(new["answers"]) != repr(first["answers"]):  # repr: True equals 1
        raise _other("answers", _difference(first["answers"], new["answers"]))
    for what in ("decisions", "intervals"):
        if first[what] and not new[what]:
            raise _other(what, f"it gives no {what}, and clients may ask for them")
    for what, told in (
        ("filters", "its items have no {}, which clients may filter by"),
        ("attributes", "its users have no {}, which clients may send"),
    ):
        lost = [name for name in first[what] if name not in new[what]]
        if lost:
            raise _other(what, told.format(_few(lost)))
    _check_columns(first["columns"], new["columns"])


def _difference(first: object, new: object) -> str:
    """Tell two sorts of answers apart, by a few of the labels at most."""
    if not isinstance(first, list) or not isinstance(new, list):
        before, after = (_few(one) if isinstance(one, list) else repr(one) for one in (first, new))
        return f"{after} instead of {before}"
    known = [{repr(label): label for label in labels} for labels in (first, new)]
    lost, added = (
        [one for key, one in ours.items() if key not in theirs] for ours, theirs in (known, known[::-1])
    )
    told = [f"{_few(lost)} is no answer any more"] * bool(lost) + [f"{_few(added)} is new"] * bool(added)
    if told:
        return ", ".join(told)
    at = next(at for at, (one, other) in enumerate(zip(first, new, strict=True)) if repr(one) != repr(other))
    return f"they come in another order: number {at + 1} is {new[at]!r} instead of {first[at]!r}"


def _few(values: Sequence[Any]) -> str:
    """Write values, some of many."""
    told = ", ".join(repr(value)[:_LONGEST] for value in values[:_MOST_TOLD])
    return told if len(values) <= _MOST_TOLD else f"{told} and {len(values) - _MOST_TOLD:,} more"


def _check_columns(first: Sequence[Mapping[str, str]], new: Sequence[Mapping[str, str]]) -> None:
    before, after = ({column["name"]: column for column in columns} for columns in (first, new))
    for name in after:
        if name not in before:
            raise _other("columns", f"it reads {name!r}, which clients do not send")
    for name, column in before.items():
        if name not in after:
            raise _other("columns", f"it does not read {name!r}, which clients send")
        what = next((what for what in _WRITTEN if column[what] != after[name][what]), None)
        if what is not None:
            told = f"the {what} of {name!r} is {after[name][what]!r} instead of {column[what]!r}"
            raise _other("columns", told)
    if list(before) != list(after):
        raise _other("columns", "they come in another order, which clients that send tensors rely on")


def _other(what: str, how: str) -> TermsError:
    verb = "differs" if what == "target" else "differ"
    message = (
        f"Its {what} {verb} from what the service began with: {how}. To serve it, start the service anew."
    )
    return TermsError(message)


def _has_intervals(scorer: Scorer) -> bool:
    try:
        return scorer.model.conformal is not None
    except UsageError:
        return False
