"""Dialect: what one database says differently from the others."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlwright.core.schema import Column
    from mlwright.exports.query.term import Term


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """Pieces of SQL; `{x}` stands for an expression, which is repeated where `{x}` is.

    Attributes
    ----------
    needs
        What a reader must know of the database, in one line each.
    double, whole, text
        Names of types.
    exponent
        Whether a literal needs an exponent to be a double.
    quoted
        Whether a number beside a double is written in quotes. It takes its type from there, without a cast.
    infinity
        The literal of infinity.
    no_nan
        Turns what is not a number into NULL.
    whole_div
        The operator that divides whole numbers.
    extreme
        Whether "least" and "greatest" are NULL where one of two is: their names, or "" if they are not.
    arrays
        Whether a lookup table is written as one array for each column, else as rows.
    fenced
        A common table expression whose columns the planner does not compute again wherever they are used.
    most_columns
        Of one SELECT.
    portion
        Trees and questions of one column at most; None means that a whole forest is one.
    most_nested
        Levels of CASE in a tree.
    most_bytes
        Of a statement that the database reads in reasonable time.
    single
        Rounds an expression to single precision.
    forest
        Adds trees: what was added before (or ""), then the trees.
    leaf, more_leaf
        A number of single precision that a tree gives: the last of a CASE, and others.
    among
        Whether a double is one of several numbers; for NULL it may also say no.
    among_keys
        Whether a text or a whole number is one of several.
    or_null
        Whether `{asked}` is true of an expression or it is NULL; `{other}` is the opposite of what is asked.
    sign
        The text of one code point.
    is_text
        Whether a raw cell is text.
    cast
        A typed cell as a double.
    trimmed
        A cell as text, white space at its ends removed.
    lowered
        A text with its ASCII letters in lower case.
    whole_text
        A text without the ".0" of a whole number.
    number
        A text as a double, NULL where it is not finite; the column says how it is written.
    moment, spelled
        Seconds since 1970 of a typed cell, and of ISO text.
    fail
        Stops the query: a literal message, and the text that is wrong.
    tiniest
        Numbers below are taken as 0, because the database stops where a result is too small.
    most_name
        Bytes of a name.
    cuts_names
        Whether it cuts off what is beyond, so that two names may become one; else long names are fine.
    folds_names
        Whether names that differ in the case of ASCII letters alone are one.
    """

    name: str
    title: str
    needs: tuple[str, ...]
    double: str
    whole: str
    text: str
    exponent: bool
    quoted: bool
    infinity: str
    no_nan: str
    whole_div: str
    extreme: tuple[str, str] | None
    arrays: bool
    fenced: str
    most_columns: int
    portion: tuple[int, int] | None
    most_nested: int
    most_bytes: int
    single: Callable[[str, Term], str]
    forest: Callable[[str, list[str]], str]
    leaf: Callable[[float], str]
    more_leaf: Callable[[float], str]
    among: str
    among_keys: str
    or_null: str
    sign: str
    is_text: str
    cast: str
    trimmed: str
    lowered: str
    whole_text: Callable[[str], str]
    number: Callable[[str, Column, str], str]
    moment: str
    spelled: Callable[[str, str], str]
    fail: Callable[[str, str], str]
    tiniest: float = 0.0
    most_name: int = 255
    cuts_names: bool = False
    folds_names: bool = True

    def name_kept(self, name: str) -> str:
        """Return what the result of a query calls a column of this name."""
        return name.encode()[: self.most_name].decode(errors="ignore") if self.cuts_names else name

    def number_literal(self, value: float | None) -> str:
        """Write a double."""
        if value is None:
            return f"CAST(NULL AS {self.double})"
        if math.isinf(value):
            return self.infinity if value > 0 else f"(-{self.infinity})"
        found = repr(float(value))
        if self.quoted:
            return f"'{found}'::{self.double}"
        if self.exponent and "e" not in found:
            found += "e0"
        return f"({found})" if value < 0 or found.startswith("-") else found

    def short_literal(self, text: str) -> str:
        """Write a number that is given as text, for an operator whose other side is a double."""
        if self.quoted:
            return text_literal(text)
        found = text if "e" in text or not self.exponent else f"{text}e0"
        return f"({found})" if found.startswith("-") else found


def text_literal(value: str) -> str:
    """Write a text."""
    return "'" + value.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Write the name of a column."""
    return '"' + name.replace('"', '""') + '"'


def single_text(value: float) -> str:
    """Write a number of single precision with as few digits as tell it from others."""
    if value.is_integer() and abs(value) < 1e6:
        return str(int(value))
    return repr(float(str(np.float32(value))))
