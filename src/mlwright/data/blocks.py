"""Text files piece by piece, so that those of any size can be read."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from mlwright.data.content import PACKED, may_be_utf_8

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BYTES = 4_194_304
_MOST_BYTES = 16 * _BYTES
_QUOTE = b'"'


def can_be_cut(path: Path) -> bool:
    """Tell whether `pieces` gives the text of a file: UTF-8, not packed, in lines that end as usual."""
    if path.suffix.lower() in PACKED:
        return False
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_first = True
    try:
        with path.open("rb") as file:
            while block := file.read(_BYTES):
                if is_first and not (may_be_utf_8(block) and b"\n" in block):
                    return False
                if b"\0" in block:
                    return False
                decoder.decode(block)
                is_first = False
        decoder.decode(b"", final=True)
    except (OSError, UnicodeDecodeError):
        return False
    return not is_first


def pieces(path: Path, *, quotes: bool = False) -> Iterator[str]:
    """Go through the text of a file as `read_text` gives it; a piece ends with a line.

    Where `quotes` may hold line breaks, no piece ends within one, unless it would be large beyond reason.
    """
    rest = b""
    with path.open("rb") as file:
        rest = file.read(len(codecs.BOM_UTF8)).removeprefix(codecs.BOM_UTF8)
        while block := file.read(_BYTES):
            rest += block
            end = _end(rest, quotes=quotes and len(rest) < _MOST_BYTES)
            if end:
                yield rest[:end].decode("utf-8")
                rest = rest[end:]
    if rest:
        yield rest.decode("utf-8")


def _end(data: bytes, *, quotes: bool) -> int:
    """Return where the last whole line of some bytes ends; 0 if none does."""
    end = data.rfind(b"\n") + 1
    while quotes and end and data.count(_QUOTE, 0, end) % 2:
        # Within quotes: the line break before the last quote is the next that may be outside of them.
        end = data.rfind(b"\n", 0, data.rfind(_QUOTE, 0, end)) + 1
    return end
