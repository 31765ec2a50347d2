"""Words that tell what a text is about: no links, no names that are called, no words that every text has."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from html import unescape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_NOISE = re.compile(
    r"https?:\S*|www\.\S+|(?<!\S)\S+\.(?:com|ly|co|net|org)\b\S*|[@\uff20]\w+|&#?\w+;?", re.IGNORECASE
)
"""Links, mentions, and what is left of entities that were cut off. A link is looked for from the beginning of
a word alone: from each of its letters would take a long word the square of its length."""
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_APOSTROPHES = str.maketrans("\u2019\u2018", "''")
_SHORTEST = 3
_REPEATED = re.compile(r"(.)\1{2,}")
_SPOKEN = """
rt amp via http https lt gt im ive id ill youre youve youll hes shes theyre weve dont doesnt didnt
cant cannot wont wouldnt couldnt shouldnt isnt arent wasnt werent hasnt havent hadnt aint thats
whats theres heres lets gonna wanna gotta got get gets getting just like really also would could
should one two say says said know think see going make made way thing things much many still even
well good new day today want need let yes did lol lmao ur thx pls ya yeah yall tho cuz bout ok okay
oh hey hi ain em bc til cause dat dis da wit wan wat thk cos time great people right come
"""
"""Beside the stop words of the library: how people write them, and words that fit every topic."""


def telling_words(text: str) -> list[str]:
    """Return the words of a text that may tell what it is about, in small letters.

    Examples
    --------
    >>> telling_words("@ann Don't miss the NEW parcels!! https://t.co/x &amp; sooooo cheap")
    ['miss', 'parcels', 'soo', 'cheap']
    """
    stop = _stop_words()
    found = []
    for word in _WORD.findall(_NOISE.sub(" ", unescape(unescape(text))).lower().translate(_APOSTROPHES)):
        plain = _REPEATED.sub(r"\1\1", word.removesuffix("'s"))
        if len(plain) >= _SHORTEST and plain not in stop and plain.replace("'", "") not in stop:
            found.append(plain)
    return found


def one_form(texts: Iterable[Sequence[str]]) -> dict[str, str]:
    """Map plurals to singulars where both are written, so that a topic does not name both.

    Only plain endings count (parcel, parcels; box, boxes), and the form that more texts use is kept.
    """
    counts = Counter(word for words in texts for word in set(words))
    found: dict[str, str] = {}
    for word in counts:
        for ending in ("s", "es"):
            stem = word.removesuffix(ending)
            if stem != word and len(stem) >= _SHORTEST and stem in counts and stem not in found:
                kept, other = (stem, word) if counts[stem] >= counts[word] else (word, stem)
                found.setdefault(other, kept)
                break
    return {word: found.get(kept, kept) for word, kept in found.items() if found.get(kept) != word}


@cache
def _stop_words() -> frozenset[str]:
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS  # noqa: PLC0415 - heavy

    return frozenset(_SPOKEN.split()) | frozenset(ENGLISH_STOP_WORDS)
