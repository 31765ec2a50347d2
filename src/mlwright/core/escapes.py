"""Characters that a file or a terminal cannot take as they are, written as escapes."""

from __future__ import annotations

import re

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""All but the tab and the end of a line."""


def without_halves(text: str) -> str:
    r"""Write each half of a character as its escape: what is left is Unicode, which any file can hold.

    Python holds the bytes of a file name that is not UTF-8 as such halves: "caf\udce9.csv".
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def printable(text: str) -> str:
    r"""Write halves and what would steer a terminal as escapes, such as "\u001b"; JSON stays equal JSON."""
    return without_halves(_CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text))
