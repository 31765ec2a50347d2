"""Which column holds users, which items, what else is there: by name, as the user says or as people write."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final
from unicodedata import combining, normalize

from mlwright.core.errors import MissingColumnError, UsageError
from mlwright.core.said import Said, one_after_the_other, said

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_NAMES = {
    "user": """user users userid uid customer customerid client clientid visitor visitorid member memberid
        account accountid reader listener viewer subscriber person personid session sessionid reviewerid
        buyer username nutzer benutzer kunde kundennummer kundenid utilisateur usuario cliente""",
    "item": """item items itemid iid movie movieid film filmid product productid article articleid asin isbn
        book bookid song songid track trackid artist artistid sku content contentid video videoid show showid
        news newsid restaurant business businessid page pageid offer offerid title movietitle trackname
        artikel artikelnummer produkt buch lied produit articolo articulo producto pelicula""",
    "rating": """rating ratings score stars value preference playcount plays listens weight count clicks
        quantity strength watchtime duration interactions views overall bookrating yourrating userrating
        bewertung anzahl menge valoracion evaluation""",
    "time": """time timestamp ts date datetime when createdat unixreviewtime eventtime ratedat viewedat
        purchasedat day zeit zeitpunkt zeitstempel datum fecha""",
}
"""Names of columns, in lower case without signs and accents, the usual first."""


_OPTIONAL = ("rating", "time")
NONE = "none"
"""In the place of a column: there is none."""


@final
@dataclass(frozen=True, slots=True)
class LogColumns:
    """The columns of a log, "" where there is none; `why` says how they were found.

    `told` are the roles for which the user named a column.
    """

    user: str
    item: str
    rating: str = ""
    time: str = ""
    why: str = ""
    told: frozenset[str] = frozenset()

    def without(self, role: str) -> LogColumns:
        """Return the others, where the column of a role turned out to be something else."""
        lost = said("{column!r} cannot be read as a {role}", column=self.named[role], role=Said(role))
        why = one_after_the_other([self.why, lost], "; ")
        return replace(self, rating="", why=why) if role == "rating" else replace(self, time="", why=why)

    @property
    def named(self) -> dict[str, str]:
        """Return the name of each role that is there."""
        roles = {"user": self.user, "item": self.item, "rating": self.rating, "time": self.time}
        return {role: name for role, name in roles.items() if name}


def recognize(names: Iterable[str], given: Mapping[str, str], where: str) -> LogColumns:
    """Find the columns of a log among names; `given` are roles with the column that was named for them.

    A rating or a time may be "none": then no column is taken for it, whatever it is called.

    Raises
    ------
    MissingColumnError
        A named column is not there.
    UsageError
        No column, or no single one, looks like users or items.
    """
    known = list(names)
    none = {role for role in _OPTIONAL if given.get(role) == NONE and NONE not in known}
    found = {role: name for role, name in given.items() if role not in none}
    lost = [name for name in found.values() if name not in known]
    if lost:
        raise MissingColumnError.among(lost, known, where)
    for role in ("user", "item", *_OPTIONAL):
        if role not in found and role not in none:
            name = _usual(role, [one for one in known if one not in found.values()])
            found |= {role: name} if name else {}
    for role in ("user", "item"):
        if role not in found:
            shown = ", ".join(repr(name) for name in known[:10])
            message = f"No column of {where} is plainly the {role}: {shown}. Name it: --{role} COLUMN."
            raise UsageError(f"{message}{_headless(known)}")
    if len(set(found.values())) < len(found):
        twice = next(name for name in found.values() if list(found.values()).count(name) > 1)
        roles = [f"--{role}" for role, name in found.items() if name == twice]
        message = (
            f"Column {twice!r} is named for two roles, {' and '.join(roles)}. "
            "Each role needs a column of its own."
        )
        raise UsageError(message)
    told = [_found(name, role, is_told=role in given) for role, name in found.items()]
    told += [said("no {role} as told", role=Said(role)) for role in _OPTIONAL if role in none]
    return LogColumns(
        found["user"],
        found["item"],
        found.get("rating", ""),
        found.get("time", ""),
        why=one_after_the_other(told, ", "),
        told=frozenset(given) - none,
    )


def _found(name: str, role: str, *, is_told: bool) -> str:
    if is_told:
        return said("{column!r} as {role} as told", column=name, role=Said(role))
    return said("{column!r} as {role} by its name", column=name, role=Said(role))


def _usual(role: str, names: list[str]) -> str:
    """Return the column whose name is the most usual one for a role; "" if none is."""
    plain = {re.sub(r"[^a-z0-9]", "", _without_accents(name.lower())): name for name in reversed(names)}
    return next((plain[one] for one in _NAMES[role].split() if one in plain), "")


def _without_accents(name: str) -> str:
    return "".join(letter for letter in normalize("NFD", name) if not combining(letter))


def _headless(names: list[str]) -> str:
    """Say that names look like cells: many logs have no line of names, and their first row is lost."""
    if all(any(map(str.isalpha, name)) for name in names):
        return ""
    return " If this is its first row, put a line of names above it, such as user,item,rating,time."


def recognize_item(names: Iterable[str], item: str, where: str) -> str:
    """Return the column of a table of items that names them: as in the log, or the usual one."""
    known = list(names)
    found = item if item in known else _usual("item", known)
    if not found:
        raise MissingColumnError.among([item], known, where)
    return found


def recognize_user(names: Iterable[str], user: str, where: str) -> str:
    """Return the column of a table of users that names them; of a table with one column, that."""
    known = list(names)
    found = user if user in known else known[0] if len(known) == 1 else _usual("user", known)
    if not found:
        raise MissingColumnError.among([user], known, where)
    return found
