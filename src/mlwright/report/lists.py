"""Rankings in words: who gets good lists, what hits do not tell, and a few lists to look at."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from mlwright.report import judged
from mlwright.report.derive import derived
from mlwright.report.figures import (
    Evidence,
    brief,
    dig,
    estimate_text,
    has_interval,
    is_number,
    number,
    percent,
)
from mlwright.report.language import say, say_some, word
from mlwright.report.text import join

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_POPULAR = 1.5
_NEW = 0.1
_MOST_EXAMPLES = 5
_OWN_MOMENTS = ("share", "last")
_FEWEST_USERS = 20
"""In a group that is told of in a sentence, or has an interval."""


def took(evidence: Evidence) -> str:
    """Say what makes an item a hit: that it was taken or liked, later or in what was set aside."""
    return say(f"lists.hits.{_deed(evidence)}_{judged.when(evidence)}")


def _deed(evidence: Evidence) -> str:
    return "liked" if is_number(dig(evidence, "ranking", "liked_from")) else "took"


def lists(evidence: Evidence) -> dict[str, Any]:
    """Prepare the section on rankings; nothing for other questions."""
    found = dig(evidence, "ranking", default={})
    if not found:
        return {}
    return {
        "lines": [line for line in (_all_items(evidence), _relevant(evidence)) if line],
        "groups": found.get("groups") or [],
        "new": _new_users(evidence),
        "few": (found.get("few_items") or {}).get("by_items") or [],
        "few_line": _few_items(evidence),
        "users": [_group(one) for one in found.get("users") or []],
        "more": history_line(evidence),
        "growth": growth_line(evidence),
        "beyond": list(_beyond(found)),
        "cold": _cold(evidence),
        "history": say(f"lists.history_{judged.when(evidence)}"),
        "examples": [_example(one) for one in (found.get("examples") or [])[:_MOST_EXAMPLES]],
    }


def _group(one: Evidence) -> dict[str, Any]:
    """Name a group of users for the table; few of them say nothing of others, so there is no interval."""
    score = one["ndcg_at_10"]
    told = score if one["n_users"] >= _FEWEST_USERS else {"value": score["value"]}
    return {**one, "who": _who(one["what"]), "ndcg_at_10": told}


def served(evidence: Evidence) -> list[str]:
    """Say in a sentence for each group of enough users how good their lists are; nothing for rows."""
    if not judged.are_users(evidence):
        return []
    return [
        say_some(
            "lists.group",
            one["n_users"],
            who=_who(one["what"]),
            n=number(one["n_users"]),
            score=estimate_text(one["ndcg_at_10"]),
        )
        for one in _told_groups(evidence)
    ] or [say("lists.few")]


def _told_groups(evidence: Evidence) -> list[Evidence]:
    """Return the groups of users that are large enough for a sentence; the others stand in the table."""
    groups = dig(evidence, "ranking", "users", default=[])
    return [one for one in groups if one["n_users"] >= _FEWEST_USERS]


def history_line(evidence: Evidence) -> str:
    """Say whether a longer history makes better lists, by the first and the last group of users."""
    groups = [one["ndcg_at_10"] for one in _told_groups(evidence)]
    if len(groups) < 2 or not (has_interval(groups[0]) and has_interval(groups[-1])):
        return ""
    short, long = groups[0], groups[-1]
    # The groups are other users, so their errors add up in squares; an end of an interval is two of them off.
    doubt = math.hypot(*((float(one["high"]) - float(one["low"])) / 2 for one in (short, long)))
    gain = float(long["value"]) - float(short["value"])
    return say("lists.longer" if gain > doubt else "lists.shorter" if gain < -doubt else "lists.alike")


def growth_line(evidence: Evidence) -> str:
    """Say whether more users to learn from may help, by what half of them gave; "" if that was not tried."""
    found = dig(evidence, "ranking", "more_users", default={})
    if not all(has_interval(found.get(key)) for key in ("all", "fewer", "gain")):
        return ""
    scores = {key: number(found[key]["value"]) for key in ("all", "fewer")}
    key = "lists.growth.helps" if float(found["gain"]["low"]) > 0 else "lists.growth.flat"
    return say(key, gain=estimate_text(found["gain"]), **scores)


def popular(evidence: Evidence) -> str:
    """Warn of lists that hold what everybody takes; "" if they do not."""
    lift = dig(evidence, "ranking", "beside", "popularity_lift")
    if not is_number(lift) or lift < _POPULAR:
        return ""
    share = percent(dig(evidence, "ranking", "beside", "coverage"))
    return say("lists.popular", n=number(lift, 1), share=share)


def newcomers(evidence: Evidence) -> str:
    """Say how few items of a user are too few for lists better than what is popular; "" if one will do."""
    found = dig(evidence, "ranking", "few_items", "by_items", default=[])
    worse = [one["n_items"] for one in found if not has_interval(one["gain"]) or one["gain"]["low"] <= 0]
    return say_some("lists.newcomers", max(worse), n=number(max(worse))) if worse else ""


def later(evidence: Evidence) -> str:
    """Note that others' later events were known, where each user was cut at a moment of their own."""
    is_own = judged.are_users(evidence) and judged.rule(evidence) in _OWN_MOMENTS
    return say("lists.later") if is_own else ""


def unknown(evidence: Evidence) -> str:
    """Warn of a catalog that renews itself faster than the model learns; "" if it does not."""
    beside = dig(evidence, "ranking", "beside", default={})
    n_all, n_new = beside.get("n_relevant"), beside.get("n_relevant_new_items")
    if not n_all or not is_number(n_new) or n_new < _NEW * n_all:
        return ""
    return _cold(evidence)


def _all_items(evidence: Evidence) -> str:
    n_items = dig(evidence, "data", "n_items")
    key = "lists.all_items_again" if _repeats(evidence) else "lists.all_items"
    return say(key, n=number(n_items)) if is_number(n_items) else ""


def _repeats(evidence: Evidence) -> bool:
    """Whether what users took before was offered, and counted."""
    return is_number(dig(evidence, "ranking", "beside", "n_relevant_seen"))


def _new_users(evidence: Evidence) -> str:
    """Say what is gained by what is known of users who took nothing; "" if that is not used."""
    found = dig(evidence, "ranking", "new_users", default={})
    if not found:
        return ""
    told, gain = found["known"], estimate_text(found["gain"])
    return say(
        "lists.new_users", score=estimate_text(told), gain=gain, popular=number(found["unknown"]["value"])
    )


def _few_items(evidence: Evidence) -> str:
    """Say who answers users of whom few items are known, and how that was judged; "" if it was not."""
    found = dig(evidence, "ranking", "few_items", default={})
    if not found:
        return ""
    who = say("lists.few_own", n=number(found["most"])) if found["most"] else say("lists.few_same")
    return join([who, say("lists.few_judged")])


def _relevant(evidence: Evidence) -> str:
    if _repeats(evidence):
        shares = {name: percent(derived(evidence, f"again_{name}")) for name in ("relevant", "offered")}
        return say("lists.relevant_again", hit=took(evidence), **shares)
    key = f"lists.relevant_{_deed(evidence)}_{judged.when(evidence)}"
    return say(key, n=number(dig(evidence, "ranking", "liked_from")))


def _who(what: str) -> str:
    return word(f"lists.who.{re.sub(r'[^a-z0-9]+', '_', what)}", brief(what.removeprefix("users "), 80))


def _beyond(found: Evidence) -> Iterator[dict[str, Any]]:
    beside, dull = found.get("beside") or {}, found.get("baseline_beside") or {}
    for name in ("coverage", "popularity_lift", "novelty", "diversity"):
        if is_number(beside.get(name)):
            show = percent if name == "coverage" else number
            told = {"title": say(f"lists.beyond.{name}"), "says": say(f"lists.beyond.{name}_says")}
            yield told | {"model": show(beside[name]), "naive": show(dull.get(name))}


def _cold(evidence: Evidence) -> str:
    beside = dig(evidence, "ranking", "beside", default={})
    n_all, n_new = beside.get("n_relevant"), beside.get("n_relevant_new_items")
    if not n_all or not n_new:
        return ""
    share = derived(evidence, "new_offered")
    offered = say("lists.cold_offered", share=percent(share)) if share else say("lists.cold_hidden")
    return join([say_some("lists.cold", n_new, n=number(n_new), all=number(n_all)), offered])


def _example(one: Evidence) -> dict[str, Any]:
    titles, hits = one.get("titles") or {}, set(one.get("hits") or [])

    def named(items: Sequence[str]) -> list[dict[str, Any]]:
        return [{"name": brief(titles.get(item, item), 60), "is_hit": item in hits} for item in items]

    return {"history": named(one.get("history") or []), "offered": named(one.get("offered") or [])}
