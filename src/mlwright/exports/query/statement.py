"""The query: tables to look up in, raw cells as the schema reads them, stages, answers."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, final

from mlwright.core.errors import UsageError
from mlwright.core.schema import Kind, Role
from mlwright.core.task import Link
from mlwright.exports.query.cells import cell, finite, wanted
from mlwright.exports.query.dialect import Dialect, identifier, text_literal
from mlwright.exports.query.lookups import lookup_table, lookups
from mlwright.exports.query.render import Writer, is_covered
from mlwright.exports.query.spelling import SPACES
from mlwright.exports.query.stages import Stage, as_stages
from mlwright.exports.query.term import Term, Type
from mlwright.exports.query.trace import trace
from mlwright.program.onnx_file import read_onnx
from mlwright.program.runtime import DECISION, LABEL, PROBABILITIES, VALUE

if TYPE_CHECKING:
    from mlwright.artifact.model import Model
    from mlwright.core.task import Label

_PART = re.compile(r'"(?:[^"]|"")+"|[^".]+')
_OWN = re.compile(r"typed|parsed|s\d+|k\d+_\d+")
"""What the query calls its own parts; a table of such a name would be hidden by them."""
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_MOST_PARTS = 3
"""Of a name: database, schema, table."""
INPUT, PREDICTION, ROW = "input", "prediction", "row"


@final
@dataclass(frozen=True, slots=True)
class Answer:
    """A column that the query returns: its name, the term it is written from, labels for class numbers."""

    name: str
    term: Term
    labels: tuple[Label, ...] = ()


def _answers(model: Model, dialect: Dialect) -> list[Answer]:
    graph, task = read_onnx(model.program), model.task
    if task.link is Link.IDENTITY:
        found = trace(graph, [VALUE], dialect.portion)
        return [Answer(PREDICTION, found[VALUE].ravel()[0])]
    wanted_ones = [name for name in (PROBABILITIES, LABEL, DECISION) if name in graph.outputs]
    found = trace(graph, wanted_ones, dialect.portion)
    labels = [
        Answer(name, found[output].ravel()[0], tuple(task.classes))
        for name, output in ((PREDICTION, LABEL), (DECISION, DECISION))
        if output in found
    ]
    shares = [
        Answer(f"probability_{label}", term)
        for label, term in zip(task.classes, found[PROBABILITIES].ravel(), strict=True)
    ]
    return [*labels, *shares]


def id_columns(model: Model) -> tuple[str, ...]:
    """Return the columns that say which row is which; without any the rows are numbered."""
    return tuple(c.name for c in model.schema if c.role is Role.ID or c.kind is Kind.IDENTIFIER)


@final
class Statement:
    """One query that answers each row of a relation as the program does.

    Raises
    ------
    UsageError
        Something cannot be said in SQL, or not within the limits of the dialect; the message says what.
    """

    def __init__(self, model: Model, dialect: Dialect) -> None:
        self.model, self.dialect = model, dialect
        self.answers = answers = _answers(model, dialect)
        self.stages = stages = as_stages([answer.term for answer in answers], dialect)
        by_name = {term.data: term for term in stages[0].new}
        self.raw = [by_name[name] for name in model.inputs if name in by_name]
        self.names: dict[Term, str] = {term: f"x{number}" for number, term in enumerate(self.raw, 1)}
        for stage in stages:
            for term in stage.new:
                self.names.setdefault(term, f"v{len(self.names) - len(self.raw) + 1}")
        self.ids = id_columns(model)
        self.id_names = [f"id{number}" for number, _ in enumerate(self.ids, 1)] or ["row_number"]
        _check_names("columns that it reads", [*self.ids, *(term.data for term in self.raw)], dialect)
        returned = [*(name for _, name in self._id_outputs()), *(answer.name for answer in answers)]
        _check_names("columns that it returns", returned, replace(dialect, folds_names=False))

    def text(self, relation: str, proof: str = "") -> str:
        """Write it all; `proof` says in the header how it was checked."""
        own = "mlwright_" if _OWN.fullmatch(relation.replace('"', "").lower()) else ""
        parts = [*self._cells(relation, own), *self._stages(own)]
        tables = self._tables(own)
        body = ",\n".join([*tables, *parts])
        found = f"{self._header(relation, proof)}WITH {body}\n{self._last(own)};\n"
        size = len(found.encode())
        if size > self.dialect.most_bytes:
            message = (
                f"The query would have {size / 1e6:,.1f} MB, more than {self.dialect.title} reads "
                f"in reasonable time ({self.dialect.most_bytes / 1e6:,.0f} MB). Train a smaller model, with "
                "--latency fast or a shorter --time-limit."
            )
            raise UsageError(message)
        return found

    def _header(self, relation: str, proof: str) -> str:
        model, task = self.model, self.model.task
        lines = [
            f"Predicts {_shown(task.target)}.",
            f"Written by mlwright export --to sql --dialect {self.dialect.name},",
            f"equal to the program with the sha256 {sha256(model.program).hexdigest()}.",
            proof,
            "",
            f"Needs {self.dialect.needs[0]}",
            *self.dialect.needs[1:],
            "",
            f"Reads {_shown(relation)}, with these columns:",
            *(f"  {_shown(name)}: identifies the row" for name in self.ids),
            *(f"  {_shown(term.data)}: {wanted(model.schema[term.data])}" for term in self.raw),
            "Missing is NULL, empty text, what is not finite, and in text also what meant so in training.",
            "What cannot be read stops the query with an error that names the column.",
            "",
            "Returns for each row, in no order:",
            *(f"  {_shown(name)}" for name in [name for _, name in self._id_outputs()]),
            *(f"  {_shown(answer.name)}" for answer in self.answers),
        ]
        return "".join(f"-- {line}".rstrip() + "\n" for line in lines)

    def _id_outputs(self) -> list[tuple[str, str]]:
        """Return the inner and the outer name of what identifies a row."""
        if not self.ids:
            return [(self.id_names[0], ROW)]
        taken = {answer.name for answer in self.answers}
        return [
            (inner, f"{name}_id" if name in taken else name)
            for inner, name in zip(self.id_names, self.ids, strict=True)
        ]

    def _cells(self, relation: str, own: str) -> list[str]:
        spaces = " || ".join(self.dialect.sign.format(x=point) for point in SPACES)
        first = [
            f"r.{identifier(name)} AS {inner}" for name, inner in zip(self.ids, self.id_names, strict=False)
        ]
        first = first or [f"row_number() OVER () AS {self.id_names[0]}"]
        second = list(self.id_names)
        third = list(self.id_names)
        for number, term in enumerate(self.raw, 1):
            column = self.model.schema[term.data]
            said = cell(column, self.dialect, is_read_as_text=term.type is Type.TEXT)
            text, value = f"t{number}", f"n{number}"
            first.append(f"-- {_shown(term.data)}\n  {said.text} AS {text}")
            if said.number:
                first.append(f"{said.number} AS {value}")
            second.append(
                f"{said.value.replace('{text}', text).replace('{number}', value)} AS {self.names[term]}"
            )
            is_text = term.type is Type.TEXT
            third.append(
                self.names[term]
                if is_text
                else f"{finite(column, self.dialect, self.names[term])} AS {self.names[term]}"
            )
        source = f"{_relation(relation, self.dialect)} AS r CROSS JOIN (SELECT {spaces} AS spaces) AS s"
        return [
            self._with(f"{own}typed", first, source),
            self._with(f"{own}parsed", second, f"{own}typed"),
            self._with(f"{own}s0", third, f"{own}parsed"),
        ]

    def _with(self, name: str, columns: list[str], source: str) -> str:
        if len(columns) > self.dialect.most_columns:
            message = (
                f"The query would need {len(columns):,} columns at once; {self.dialect.title} has at most "
                f"{self.dialect.most_columns:,}. Train with --latency fast, or choose another dialect."
            )
            raise UsageError(message)
        lines = ",\n  ".join(columns)
        query = f"SELECT\n  {lines}\nFROM {source}"
        return f"{name} {self.dialect.fenced.format(query=query)}"

    def _tables(self, own: str) -> list[str]:
        found = []
        for number, stage in enumerate(self.stages):
            for place, (at, terms) in enumerate(lookups(stage).items()):
                found.append(lookup_table(f"{own}k{number}_{place}", at, terms, self.dialect))
        return found

    def _stages(self, own: str) -> list[str]:
        found = []
        for number, stage in enumerate(self.stages):
            if number:
                found.append(self._stage(number, stage, own))
        return found

    def _stage(self, number: int, stage: Stage, own: str) -> str:
        columns = [*self.id_names, *(self.names[term] for term in stage.kept)]
        source, places = f"{own}s{number - 1}", {}
        writer = Writer(self.dialect, self.names)
        for place, (at, terms) in enumerate(lookups(stage).items()):
            table = f"{own}k{number}_{place}"
            source += f"\n  LEFT JOIN {table} ON {table}.k = {self.names[at]}"
            for column, term in enumerate(terms):
                places[term] = f"{table}.w{column}"
        for term in stage.new:
            if term in places:
                text = places[term]
                if not is_covered(term):
                    default = Writer(self.dialect, {}).value(term.type, term.data[1])
                    text = f"coalesce({text}, {default})"
            else:
                text = writer.definition(term)
            columns.append(f"{text} AS {self.names[term]}")
        return self._with(f"{own}s{number}", columns, source)

    def _last(self, own: str) -> str:
        writer = Writer(self.dialect, self.names)
        columns = [f"{inner} AS {identifier(name)}" for inner, name in self._id_outputs()]
        for answer in self.answers:
            text = writer.text(answer.term)
            if answer.labels:
                cases = " ".join(
                    f"WHEN {number} THEN {_label(label)}" for number, label in enumerate(answer.labels)
                )
                text = f"CASE {text} {cases} END"
            columns.append(f"{text} AS {identifier(answer.name)}")
        return "SELECT\n  " + ",\n  ".join(columns) + f"\nFROM {own}s{len(self.stages) - 1}"


def _check_names(what: str, names: list[str], dialect: Dialect) -> None:
    """Refuse names that the database would take for one."""
    known: dict[str, str] = {}
    for name in names:
        kept = dialect.name_kept(name)
        other = known.setdefault(kept.translate(_LOWER) if dialect.folds_names else kept, name)
        if other != name:
            reason = "their case" if dialect.folds_names else f"what is beyond {dialect.most_name} bytes"
            message = (
                f"--to sql cannot say this model for {dialect.title}: of the {what}, {other[:100]!r} and "
                f"{name[:100]!r} differ in {reason} alone, so that it has one name for both. "
                "Train with other names, or choose another dialect."
            )
            raise UsageError(message)


def _label(label: Label) -> str:
    if isinstance(label, bool):
        return "TRUE" if label else "FALSE"
    return repr(label) if isinstance(label, int | float) else text_literal(label)


def _relation(name: str, dialect: Dialect) -> str:
    """Write the name of a table; parts in double quotes are taken as they are, dots and all."""
    parts = _PART.findall(name)
    plain = [part[1:-1].replace('""', '"') if part.startswith('"') else part for part in parts]
    if ".".join(parts) != name or not 1 <= len(parts) <= _MOST_PARTS or "\0" in name:
        message = (
            f"--from cannot read {name!r} as the name of a table. "
            'Write it as sales, main.sales or "main"."sales".'
        )
        raise UsageError(message)
    long = next((part for part in plain if len(part.encode()) > dialect.most_name), None)
    if long is not None:
        message = (
            f"--from names {long[:20]!r}..., longer than {dialect.title} takes names "
            f"({dialect.most_name} bytes)."
        )
        raise UsageError(message)
    return ".".join(map(identifier, plain))


def _shown(name: Any) -> str:
    """Return a name in one line, without what could end a comment."""
    return "".join(sign if sign.isprintable() else " " for sign in str(name))
