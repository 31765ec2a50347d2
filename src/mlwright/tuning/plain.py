"""Plain data: dataclasses, arrays and numbers as bytes and back, without pickle.

What was written by others must not be able to import or run anything when it is read. So only classes
that the reader names are made, arrays hold numbers or text, and no constructor of ours is called.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, final

import numpy as np

Classes = Mapping[str, type]
"""The dataclasses and enumerations that may occur, by name."""

_LENGTH = struct.Struct("<Q")
_ARRAY_KINDS = frozenset("biufU")
_SPARSE_FORMATS = ("csr", "csc")
_SCALARS = (bool, int, float, str)


def by_name(classes: list[type]) -> Classes:
    """Name classes by where they are defined."""
    return {_name(found): found for found in classes}


def to_bytes(value: object, classes: Classes) -> bytes:
    """Write a value: a JSON tree, and behind it the cells of its arrays.

    Equal values give equal bytes. Raises TypeError for what is not plain data.
    """
    writer = _Writer(classes)
    text = json.dumps(writer.write(value)).encode()
    return b"".join([_LENGTH.pack(len(text)), text, *writer.cells])


def from_bytes(data: bytes, classes: Classes) -> Any:
    """Read what `to_bytes` wrote, arrays exact in type, value and order in memory.

    Raises ValueError if the bytes are anything else.
    """
    try:
        (length,) = _LENGTH.unpack(data[: _LENGTH.size])
        start = _LENGTH.size + length
        tree = json.loads(data[_LENGTH.size : start])
        return _Reader(classes, data[start:]).read(tree)
    except (
        ValueError, TypeError, LookupError, AttributeError, struct.error, RecursionError, OverflowError
    ) as error:  # fmt: skip
        message = f"These bytes are not plain data: {type(error).__name__}: {error}."
        raise ValueError(message) from error


def _name(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


@final
class _Writer:
    """Turns values into a JSON tree; cells of arrays are put aside."""

    def __init__(self, classes: Classes) -> None:
        self.cells: list[bytes] = []
        self._classes = classes
        self._size = 0

    def write(self, value: Any) -> Any:
        if value is None or type(value) in _SCALARS:
            return value
        if isinstance(value, np.ndarray | np.generic):
            return self._array(value)
        if isinstance(value, list | tuple):
            kind = "list" if isinstance(value, list) else "tuple"
            return {"is": kind, "items": [self.write(item) for item in value]}
        if isinstance(value, Mapping):
            pairs = [[self.write(key), self.write(item)] for key, item in value.items()]
            return {"is": "dict", "items": pairs}
        if type(value) in self._classes.values():
            return self._object(value)
        return self._sparse(value)

    def _object(self, value: Any) -> dict[str, Any]:
        name = _name(type(value))
        if isinstance(value, Enum):
            return {"is": "enum", "class": name, "value": value.value}
        inner = {field.name: self.write(getattr(value, field.name)) for field in fields(value)}
        return {"is": "object", "class": name, "fields": inner}

    def _array(self, value: Any) -> dict[str, Any]:
        if value.dtype.kind not in _ARRAY_KINDS:
            message = f"An array of {value.dtype} is not plain data."
            raise TypeError(message)
        # The order in memory is kept: sums over columns differ in their last bit with it.
        order = "F" if value.flags.f_contiguous and not value.flags.c_contiguous else "C"
        cells, at = value.tobytes(order), self._size
        self.cells.append(cells)
        self._size += len(cells)
        kind = "array" if isinstance(value, np.ndarray) else "number"
        facts = {"dtype": value.dtype.str, "shape": list(value.shape), "order": order, "at": at}
        return {"is": kind, **facts}

    def _sparse(self, value: Any) -> dict[str, Any]:
        from scipy import sparse  # noqa: PLC0415 - heavy, only for text

        if not sparse.issparse(value) or value.format not in _SPARSE_FORMATS:
            message = f"{_name(type(value))} is not plain data."
            raise TypeError(message)
        parts = [self._array(part) for part in (value.data, value.indices, value.indptr)]
        is_array = isinstance(value, sparse.sparray)
        facts = {"format": value.format, "is_array": is_array, "shape": list(value.shape)}
        return {"is": "sparse", **facts, "parts": parts}


@final
class _Reader:
    """Turns the tree back into values."""

    def __init__(self, classes: Classes, cells: bytes) -> None:
        self._classes, self._cells = classes, cells
        self._readers: dict[str, Callable[[dict[str, Any]], Any]] = {
            "list": lambda node: [self.read(item) for item in node["items"]],
            "tuple": lambda node: tuple(self.read(item) for item in node["items"]),
            "dict": lambda node: {self.read(key): self.read(item) for key, item in node["items"]},
            "enum": lambda node: self._classes[node["class"]](node["value"]),
            "number": lambda node: self._array(node)[()],
            "array": self._array,
            "object": self._object,
            "sparse": self._sparse,
        }

    def read(self, node: Any) -> Any:
        return self._readers[node["is"]](node) if isinstance(node, dict) else node

    def _object(self, node: dict[str, Any]) -> Any:
        cls, values = self._classes[node["class"]], node["fields"]
        if not is_dataclass(cls) or {field.name for field in fields(cls)} != set(values):
            message = f"the fields of {node['class']} are others"
            raise ValueError(message)
        made = object.__new__(cls)
        for name, value in values.items():
            object.__setattr__(made, name, self.read(value))
        return made

    def _array(self, node: dict[str, Any]) -> Any:
        dtype = np.dtype(node["dtype"])
        if dtype.kind not in _ARRAY_KINDS:
            message = f"an array of {dtype} is not read"
            raise ValueError(message)
        shape, at = tuple(node["shape"]), node["at"]
        if min(at, *shape, 0) < 0:  # numpy would look in front of the cells
            message = "an array lies outside its cells"
            raise ValueError(message)
        seen: Any = np.ndarray(shape, dtype, self._cells, at, order=node["order"])
        return seen.copy(order=node["order"])

    def _sparse(self, node: dict[str, Any]) -> Any:
        from scipy import sparse  # noqa: PLC0415 - heavy, only for text

        if node["format"] not in _SPARSE_FORMATS:
            message = f"unknown sparse format {node['format']!r}"
            raise ValueError(message)
        kind = "array" if node["is_array"] else "matrix"
        make = getattr(sparse, f"{node['format']}_{kind}")
        parts = tuple(self._array(part) for part in node["parts"])
        found = make(parts, shape=tuple(node["shape"]))
        found.check_format(full_check=True)  # native code trusts the indices
        return found
