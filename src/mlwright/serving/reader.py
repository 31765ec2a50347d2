"""The reader: bodies become typed columns, by the schema of the model and by nothing else.

JSON has types (`cells`); texts of CSV are read as in a file. What comes out is what `predict` would have
read.
"""

from __future__ import annotations

import csv
import io
from itertools import islice
from math import nan
from typing import TYPE_CHECKING, Any, NoReturn, final

import msgspec
import numpy as np

from mlwright.core.dataset import Lines, Typed
from mlwright.core.errors import DataError, MissingColumnError
from mlwright.core.schema import NUMERIC, Column, Kind
from mlwright.data.parse import cell_reader, parse_column
from mlwright.serving.cells import checked, decoded_type, shown
from mlwright.serving.json_faults import check_range, fault_of, not_utf8
from mlwright.serving.problems import Problem
from mlwright.serving.settings import Extra

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mlwright.core.arrays import Array, Columns
    from mlwright.serving.settings import Settings

_MOST_SHOWN = 60
_MOST_LOOKED_AT = 200
"""Names of a row among which one that looks alike is searched: among 100,000 that would take seconds."""
_NO_FIELD_NAMES = frozenset({'"', "\\", *map(chr, range(32))})
"""Characters that JSON escapes; msgspec takes no field whose name holds one."""
LAYOUTS = ("dataframe_split", "dataframe_records", "instances", "inputs")
"""What wraps rows at `/invocations`."""
_OTHERS = ("data", "records", "rows")
_NULL = "Use null where a cell has no value."
_EMPTY = "Where a row has no value, leave its cell empty, but name the column."
_FEW = 32
"""So many rows are quicker to answer line by line."""
_astuple = msgspec.structs.astuple


@final
class Rows(msgspec.Struct, frozen=True):
    """Rows that a request brought: few of them line by line, which is quicker, more by columns."""

    typed: Lines | Typed
    n_rows: int
    is_single: bool = False


@final
class Reader:
    """Reads bodies for one model."""

    def __init__(self, columns: Sequence[Column], settings: Settings) -> None:
        self.columns = tuple(columns)
        self._max_rows, self.max_body_bytes = settings.max_rows, settings.max_body_bytes
        self._rejects_extra = settings.extra is Extra.REJECT
        # Of each column: what null stands for, and what reads other cells; numbers are what they are.
        self._cells: list[tuple[float | str, Callable[[Any], Any] | None]] = [
            (nan if c.kind in NUMERIC else "", None if c.kind is Kind.NUMBER else cell_reader(c))
            for c in columns
        ]
        self._is_plain = all(read is None for _, read in self._cells)
        self._decoder = self._quick_decoder()

    def rows(self, body: bytes) -> Rows:
        """Read one row as an object, or an array of rows.

        Raises
        ------
        Problem
            Not JSON (400), or no rows of this model (422).
        """
        if self._decoder is None:
            records = decoded(body)
            self._check_layout(records)
            is_single = isinstance(records, dict)
            rows = self.records([records] if is_single else records)
            return Rows(rows.typed, rows.n_rows, is_single=is_single)
        try:
            found = self._decoder.decode(body)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            self._refuse(decoded(body), error)
        if type(found) is not list:
            return Rows(self._typed([_astuple(found)]), 1, is_single=True)
        self.check_count(len(found))
        return Rows(self._typed(list(map(_astuple, found))), len(found))

    def records(self, records: object) -> Rows:
        """Read rows that were decoded: a list of objects.

        Raises
        ------
        Problem
            They are no rows of this model (422).
        """
        if not isinstance(records, list):
            raise shape_problem(f"found {shown(records)}, expected an array of rows, each an object")
        self.check_count(len(records))
        lines = []
        for number, record in enumerate(records, 1):
            if not isinstance(record, dict):
                detail = f"Row {number} is {shown(record)}, expected an object of cells by column."
                raise Problem(422, "shape", detail, terse=f"Row {number} is no object.", row=number)
            self._check_names(record, number)
            lines.append(tuple(record[column.name] for column in self.columns))
        return Rows(self._typed(self._checked(lines)), len(lines))

    def table(self, columns: Mapping[str, Sequence[Any]], n_rows: int, advice: str = _NULL) -> Rows:
        """Read cells by column, typed as in JSON; `advice` says how a cell without a value is sent."""
        self.check_count(n_rows)
        self._check_names(columns, None, advice)
        lines = list(zip(*(columns[column.name] for column in self.columns), strict=True))
        return Rows(self._typed(self._checked(lines)), n_rows)

    def texts(self, body: bytes) -> Rows:
        """Read CSV with a header line."""
        lines = _csv_lines(body, self._max_rows + 2)  # one too many is enough to know
        names, cells = (self._names(lines[0]), lines[1:]) if lines else ([], [])
        if names and not cells:
            raise shape_problem(
                "there is one line, which names the columns; curl keeps lines with --data-binary"
            )
        self.check_count(len(cells))
        odd = next((n for n, line in enumerate(cells, 1) if len(line) != len(names)), None)
        if odd is not None:
            detail = f"Row {odd} has {len(cells[odd - 1])} cells, the header line has {len(names)}."
            raise Problem(422, "shape", detail, row=odd)
        if len(set(names)) != len(names):
            raise shape_problem("the first line must name the columns, each once")
        if len(names) == 1 < len(self.columns) and (";" in names[0] or "\t" in names[0]):
            raise shape_problem("the first line has no comma; cells are separated by commas")
        found = dict(zip(names, zip(*cells, strict=True), strict=True))
        return self.cells({name: list(values) for name, values in found.items()}, len(cells), _EMPTY)

    def cells(self, cells: Mapping[str, Any], n_rows: int, advice: str = _NULL) -> Rows:
        """Type cells of any sort by column, as those of a file are."""
        self.check_count(n_rows)
        self._check_names(cells, None, advice)
        return Rows(Typed({c.name: _parsed(c, cells[c.name]) for c in self.columns}), n_rows)

    def _names(self, header: list[str]) -> list[str]:
        """Name columns as those of a file are; white space is kept where it is part of a column's name."""
        known = {column.name for column in self.columns}
        return [
            name if name in known else name.strip() or f"column_{place}"
            for place, name in enumerate(header, 1)
        ]

    def by_column(self, rows: Rows) -> Columns:
        """Return typed columns, each of shape (n_rows,)."""
        if isinstance(rows.typed, Typed):
            return rows.typed.columns
        cells = zip(*rows.typed.cells, strict=True)
        return {c.name: _array(c, values) for c, values in zip(self.columns, cells, strict=True)}

    def _quick_decoder(self) -> Any:
        """Return what decodes bodies straight into rows; None where msgspec takes a name for no field's."""
        columns = self.columns
        if any(set(column.name) & _NO_FIELD_NAMES for column in columns):
            return None
        fields = [(f"c{n}", decoded_type(column)) for n, column in enumerate(columns)]
        names = {f"c{n}": column.name for n, column in enumerate(columns)}
        row: Any = msgspec.defstruct(
            "Row", fields, rename=names, forbid_unknown_fields=self._rejects_extra, frozen=True, gc=False
        )
        return msgspec.json.Decoder(row | list[row])

    def check_count(self, n_rows: int) -> None:
        """Refuse no rows at all, and more than may come at once."""
        if n_rows > self._max_rows:
            detail = f"More rows came at once than may: {self._max_rows:,}. Send several requests."
            raise Problem(413, "rows", detail)
        if not n_rows:
            raise shape_problem("there are no rows")

    def _typed(self, lines: Sequence[tuple[Any, ...]]) -> Lines | Typed:
        """Type cells whose JSON types were checked, given line by line."""
        known = self._cells
        try:
            found = [
                list(line)
                if self._is_plain and None not in line
                else [
                    missing if cell is None else cell if read is None else read(cell)
                    for cell, (missing, read) in zip(line, known, strict=True)
                ]
                for line in lines
            ]
        except DataError:
            for column, cells in zip(self.columns, zip(*lines, strict=True), strict=True):
                _parsed(column, list(cells))  # which knows the row
            raise
        if len(lines) <= _FEW:
            return Lines(found)
        columns = zip(self.columns, zip(*found, strict=True), strict=True)
        return Typed({column.name: _array(column, cells) for column, cells in columns})

    def _check_names(self, names: Iterable[str], row: int | None, advice: str = _NULL) -> None:
        """Every column must be there; whether others may, the operator says."""
        given = dict.fromkeys(names)
        missing = [column.name for column in self.columns if column.name not in given]
        where = "the request" if row is None else f"row {row}"
        facts: dict[str, Any] = {} if row is None else {"row": row}
        if missing:
            looked_at = [str(name)[:_MOST_SHOWN] for name in islice(given, _MOST_LOOKED_AT)]
            needed = [column.name for column in self.columns]
            error = MissingColumnError.among(missing, looked_at, where, needed)
            detail = f"{error} {advice}"
            terse = f"Column {missing[0]!r} is missing in {where}."
            raise Problem(422, "missing_column", detail, terse=terse, column=missing[0], **facts)
        if self._rejects_extra and len(given) > len(self.columns):
            known = {column.name for column in self.columns}
            extra = next(str(name) for name in given if name not in known)
            detail = f"Column {extra[:_MOST_SHOWN]!r} in {where} is none that the model reads. Leave it out."
            raise Problem(422, "extra_column", detail, column=extra[:_MOST_SHOWN], **facts)

    def _check_layout(self, found: object) -> None:
        """Say where bodies of other protocols go."""
        if not isinstance(found, dict) or any(column.name in found for column in self.columns):
            return
        name = next((name for name in (*LAYOUTS, *_OTHERS) if isinstance(found.get(name), list | dict)), "")
        if name:
            known = f"{name!r} is understood at /invocations"
            there = known if name in LAYOUTS else f"{name!r} is no column"
            raise shape_problem(f"here a row is an object of cells by column, and rows are an array; {there}")

    def _checked(self, lines: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Hold decoded cells to the types that msgspec demands of undecoded ones; numbers become floats."""
        return [
            tuple(checked(column, number, cell) for column, cell in zip(self.columns, line, strict=True))
            for number, line in enumerate(lines, 1)
        ]

    def _refuse(self, found: object, error: Exception) -> NoReturn:
        """Say why rows are refused: a slow look at what the quick one did not take."""
        self._check_layout(found)
        self.records([found] if isinstance(found, dict) else found)
        reason = f"{str(error)[:_MOST_SHOWN]}"  # such as a number beyond the largest double
        terse = "The rows cannot be used."
        raise Problem(422, "shape", f"The rows cannot be used: {reason}.", terse=terse) from error


def decoded(body: bytes) -> Any:
    """Decode JSON; raise a problem (400) if it is none, or (422) if a number in it is too large."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        if isinstance(error, msgspec.ValidationError):
            check_range(body)
        detail = f"The body is not JSON: {fault_of(body, error)}."
        raise Problem(400, "json", detail, terse="The body is not JSON.") from error


def decoded_lines(body: bytes) -> list[Any]:
    """Decode JSON lines, empty ones apart; problems are those of `decoded`, and name the line and the row."""
    found: list[Any] = []
    for number, line in enumerate(body.splitlines(), 1):
        if not line.strip():
            continue
        row = len(found) + 1
        try:
            found.append(msgspec.json.decode(line))
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            if isinstance(error, msgspec.ValidationError):
                check_range(line, row)
            what = "its bytes are not UTF-8; write it as UTF-8"
            fault = what if isinstance(error, UnicodeDecodeError) else fault_of(line, error)
            terse = f"Line {number} of the body is not JSON."
            detail = f"Line {number} of the body is not JSON: {fault}."
            raise Problem(400, "json", detail, terse=terse, row=row) from error
    return found


def shape_problem(what: str) -> Problem:
    """Say that a body does not have the shape that its protocol asks for."""
    return Problem(422, "shape", f"The body cannot be used: {what}.", terse="The body has another shape.")


def _csv_lines(body: bytes, most: int) -> list[list[str]]:
    """Take CSV apart, at most so many lines, empty ones apart; raise a problem (400) where that cannot be."""
    lines: list[list[str]] = []
    facts: dict[str, Any] = {}
    raised: Exception
    try:
        read = csv.reader(io.StringIO(body.decode("utf-8-sig")), strict=True)
        lines.extend(islice(filter(None, read), most))
    except UnicodeDecodeError as error:
        fault, raised = not_utf8(body), error
    except csv.Error as error:
        fault, raised = _csv_fault(error, len(lines)), error
        facts = {"row": len(lines)} if lines else {}
    else:
        return lines
    detail = f"The body is not CSV in UTF-8: {fault}."
    raise Problem(400, "csv", detail, terse="The body is not CSV in UTF-8.", **facts) from raised


def _csv_fault(error: csv.Error, n_read: int) -> str:
    """Say which row cannot be taken apart: the one after those that were."""
    where = f"row {n_read}" if n_read else "the first line"
    if "unexpected end of data" in str(error):
        return f"in {where} a quote is opened that is never closed; a quote inside of a cell is written twice"
    return f"{where} cannot be taken apart: {error}"


def _parsed(column: Column, cells: Any) -> Array:
    """Type the cells of one column; raise a problem that names the first that cannot be read."""
    try:
        return parse_column(column, cells)
    except DataError as error:
        terse = f"Column {column.name!r} cannot be used."
        facts: dict[str, Any] = {} if error.row is None else {"row": error.row}
        raise Problem(422, "cell", str(error), terse=terse, column=column.name, **facts) from error


def _array(column: Column, cells: Any) -> Array:
    return np.array(cells, dtype=np.float64 if column.kind in NUMERIC else object)
