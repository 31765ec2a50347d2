"""The evidence of a recommender, in the same mapping as that of every model."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.said import Said, one_after_the_other, said, spelled
from mlwright.workflow.circumstances import budget_told, environment
from mlwright.workflow.decisions import decision
from mlwright.workflow.judge import EVIDENCE_FORMAT
from mlwright.workflow.recommending import cut
from mlwright.workflow.recommending.judge import beside, doubts, groups, paired, parts, scored
from mlwright.workflow.recommending.judged import ndcg
from mlwright.workflow.recommending.prepare import described

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.budget import Budget
    from mlwright.core.evaluation import Estimate
    from mlwright.core.finding import Finding
    from mlwright.core.recommender import Histories
    from mlwright.core.task import Task
    from mlwright.ranking.blend import Blend
    from mlwright.workflow.options import TrainOptions
    from mlwright.workflow.recommending.choose import Choice
    from mlwright.workflow.recommending.judged import Exam, Scores
    from mlwright.workflow.recommending.memory import Memory
    from mlwright.workflow.recommending.prepare import Log
    from mlwright.workflow.recommending.program import Compiled

_EMPTY = (
    "confusion", "calibration", "calibration_error", "roc", "residuals", "in_place", "intervals", "decision",
    "learning_curve",
    "selection", "slice_search", "groups", "fairness", "contract", "recipe",
)  # fmt: skip
"""What the evidence of other questions holds, and this one has not."""
_AGAIN = {
    "what": said("what was taken before"),
    "choice": said("offered, and judged"),
    "why": said("asked for"),
}
_NO_LISTS = ("leaks", "importance", "dependence", "slices", "ledger")


@final
@dataclass(slots=True, kw_only=True, eq=False)
class Result:
    """What came out: the program that was judged, and what the sealed test said."""

    log: Log
    task: Task
    choice: Choice
    judged: Compiled
    learned: Histories
    winner: Blend
    price: dict[str, Any] | None = None
    most_events: float = np.inf
    ships: Log | None = None
    n_learned: int = 0
    n_users: int = 0
    n_there: int = 0
    scores: dict[str, Any] = field(default_factory=dict)
    ranking: dict[str, Any] = field(default_factory=dict)
    noticed: list[Finding] = field(default_factory=list)
    is_refitted: bool = False
    refit_why: str = ""

    @property
    def shipping(self) -> Log:
        """The log with the catalog of what ships."""
        return self.log if self.ships is None else self.ships

    @property
    def shipped_task(self) -> Task:
        """The question with the items of what ships."""
        return replace(self.task, classes=tuple(self.shipping.items))

    @property
    def baseline(self) -> str:
        """Name what has to be beaten."""
        naive = self.choice.naive
        return naive.name.replace("_", " ") if naive is not None else "popularity"

    def look(self, exam: Exam, scores: Scores, titles: Sequence[str], seed: int) -> None:
        """Open the sealed test: rank all items for all users, by the program and by the best naive one.

        `titles` are what people call the items; they stand in the examples.
        """
        self.n_users = exam.n_users
        if not exam.n_users:
            return
        lists = exam.lists(scores)
        dull = exam.lists(self.choice.fit_naive(self.learned, self.winner).scores)
        truth, plain = exam.truth(lists), exam.truth(dull)
        gain: Estimate = paired(ndcg(truth), ndcg(plain), seed)
        self.scores = {
            "test": scored(self.task.metrics, truth, seed),
            "baseline": scored(self.task.metrics, plain, seed),
            "gain": gain.to_json(),
        }
        self.ranking = {
            "users": parts(exam, truth, seed),
            "groups": groups(exam, truth, seed),
            "beside": beside(exam, lists, self.learned),
            "baseline_beside": beside(exam, dull, self.learned),
            "liked_from": self.log.liked_from,
            "examples": _examples(exam, lists, self.task, titles),
        }
        self.noticed = doubts(gain, exam.n_users, self.baseline)


def _examples(
    exam: Exam, lists: Any, task: Task, titles: Sequence[str], most: int = 5
) -> list[dict[str, Any]]:
    """Show, for a few users, what they took last, what they were offered, and what of it they took.

    "titles" has what people call the items that stand there.
    """
    found = []
    for user in np.linspace(0, exam.n_users - 1, min(most, exam.n_users)).astype(int).tolist():
        asked, later = exam.asked, exam.relevant[exam.starts[user] : exam.starts[user + 1]]
        history = asked.items[asked.starts[user] : asked.starts[user + 1]][:5]
        offered = lists[user][lists[user] >= 0]
        found.append(
            {
                "history": [task.classes[item] for item in history.tolist()],
                "offered": [task.classes[item] for item in offered.tolist()],
                "hits": [task.classes[item] for item in offered.tolist() if item in later],
                "titles": {
                    task.classes[item]: titles[item]
                    for item in (*history.tolist(), *offered.tolist())
                    if titles and titles[item]
                },
            }
        )
    return found


def collect(
    result: Result, shipped: Compiled, memory: Memory, options: TrainOptions, budget: Budget
) -> dict[str, Any]:
    """Return the evidence: scores on the sealed test, how they came about, what was decided and why."""
    log, task, choice = result.log, result.task, result.choice
    is_timed = options.max_trials is None
    leaderboard = _leaderboard(result)
    if not is_timed:
        leaderboard = [{**row, "fit_s": None} for row in leaderboard]
    found = {
        "format": EVIDENCE_FORMAT,
        "name": log.name,
        "created": datetime.now(UTC).isoformat(timespec="seconds") if is_timed else None,
        "task": {
            **task.to_json(),
            "classes": [],
            "n_classes": len(result.shipping.items),
            "naive": "" if choice.naive is None else choice.naive.name,
            "question": f"Which {task.target} will a {log.columns.user} take next?",
            "baseline": f"the best of the naive ones, {result.baseline}",
        },
        "data": {
            "n_rows": log.n_rows,
            "n_rows_used": log.everything.n_events,
            "n_users": len(log.train.user_names),
            "n_items": len(log.items),
            "n_new_items": log.n_new,
            "columns": [column.to_json() for column in described(log)],
            "attributes": list(memory.attributes),
            "fingerprint": log.fingerprint,
        },
        "split": _split(result),
        **dict.fromkeys(_EMPTY),
        **{name: [] for name in _NO_LISTS},
        "importance_left_out": 0,
        "test": {},
        "baseline": {},
        "gain": None,
        **result.scores,
        "leaderboard": leaderboard,
        "ranking": result.ranking,
        "decisions": _decisions(result),
        "options": options.named(),
        "budget": budget_told(budget, options, choice.ended),
        **_programs(result, shipped),
        "findings": [finding.to_json() for finding in (*log.findings, *result.noticed)],
        "environment": environment(options.seed),
    }
    return dict(spelled(found))


def _programs(result: Result, shipped: Compiled) -> dict[str, Any]:
    """Tell the judged program and the shipped one, and from how many pairs of user and item this learned."""
    digest = sha256(shipped.data).hexdigest()
    return {
        "refit": {
            "done": result.is_refitted,
            "why": result.refit_why,
            "judged_program": sha256(result.judged.data).hexdigest(),
            "shipped_program": digest,
            "n_rows": result.n_learned,
            "n_seeds": 1,
        },
        "program": {
            "sha256": digest,
            "size_bytes": len(shipped.data),
            "n_members": len(result.choice.members),
            "n_trees": 0,
            "inputs": shipped.program.columns,
            "largest_difference": shipped.largest_difference,
            "n_proof_rows": shipped.n_rows,
        },
    }


def _split(result: Result) -> dict[str, Any]:
    log = result.log
    return {
        "how": f"{log.how}{', as the file to judge by is' if log.is_given else ''}",
        "n_train": log.train.n_events,
        "n_test": result.n_users,
        "n_test_users": result.n_there,
        "n_test_events": log.test.n_events,
        "unit": "users",
        "proof": cut.spans(log.train.times, log.test.times),
        "price": result.price,
        "folds": {"n": 1, "how": log.how},
    }


def _leaderboard(result: Result) -> list[dict[str, Any]]:
    total = sum(weight for _, weight in result.choice.members)
    weights = {id(one): weight / total for one, weight in result.choice.members}
    rows = []
    for number, one in enumerate(sorted(result.choice.tried, key=lambda one: -one.score), start=1):
        told = one.to_json()
        view = {f"histories {key.removeprefix('is_')}": value for key, value in told["view"].items()}
        shown = ", ".join(f"{key} {value:g}" for key, value in {**told["settings"], **view}.items())
        row = {
            "name": f"{one.name} {number}",
            "learner": one.name,
            "weight": weights.get(id(one), 0.0),
            "fit_s": round(one.fit_s, 3),
            "rounds": None,
            "state": "done",
            "note": shown,
        }
        rows.append({**told, **row})
    return rows


def _decisions(result: Result) -> list[dict[str, Any]]:
    log = result.log
    scale = {
        "grades": said(
            "grades; liked from {least:g} on, which is what counts as relevant",
            least=log.liked_from or 0.0,
        ),
        "counts": said("counts; all are relevant, and strength grows with their logarithm"),
        "nothing": said("all events weigh alike"),
        "repeats": said("none; strength grows with the logarithm of how often a user took an item"),
    }
    span = said("values from {low:g} to {high:g}", low=log.scale.low, high=log.scale.high)
    if log.scale.says in ("nothing", "repeats"):
        span = said("there is no column of ratings")
        if log.columns.rating:
            span = said("every rating is the same")
    return [
        decision(said("columns"), ", ".join(log.columns.named.values()), log.columns.why),
        decision(said("ratings"), scale[log.scale.says], span),
        decision(said("split"), Said(log.how), _why(log)),
        decision(said("recommenders"), *_members(result)),
        *([_AGAIN] if log.allows_seen else []),
        *_new_users(result),
        *_few_items(result.choice),
    ]


def _new_users(result: Result) -> list[dict[str, Any]]:
    """Tell what becomes of the table of users, if there is one."""
    choice, log = result.choice, result.log
    if log.people is None:
        return []
    what = said("users who took nothing")
    if choice.cold is None:
        is_empty = log.traits is None or not log.traits.words
        why = said("it could not be judged in time")
        if is_empty:
            why = said("nothing in the table is shared by users")
        return [decision(what, said("as all others"), why)]
    columns = ", ".join(log.reader.readings) if log.reader is not None else ""
    shown = said("what is popular")
    if choice.cold.name == "traits":
        shown = said("by {columns}", columns=columns)
    why = said("the best nDCG@10 of users who were held out, judged as if nobody knew an item of theirs")
    if any(one.name == "traits" for one, _ in choice.members):
        more = said("{columns} are part of the blend for users who took something", columns=columns)
        why = one_after_the_other([why, more], "; ")
    return [decision(what, shown, why)]


def _few_items(choice: Choice) -> list[dict[str, Any]]:
    """Tell who answers users of whom few items are known, if that was judged."""
    if choice.few_told is None:
        return []
    shown = said("as all others do, nothing was better")
    if choice.few is not None:
        shown = said("{learner}, up to {most} items", learner=choice.few.name, most=choice.few_most)
    why = said("the best nDCG@10 of users who were held out whole, of whom the first items were told")
    return [decision(said("users of whom few items are known"), shown, why)]


def _members(result: Result) -> tuple[str, str]:
    """Name the recommenders that share the answer, and say by what they were chosen."""
    choice = result.choice
    names: str = ", ".join(one.name for one, _ in sorted(choice.members, key=lambda pair: -pair[1]))
    why: str = said("the best nDCG@10 on events cut off by the same rule as the test")
    if 0 < choice.n_events < choice.n_inside:
        part = said(
            "learned from {n:,} of {all:,} events, those of users at random",
            n=choice.n_events,
            all=choice.n_inside,
        )
        why = one_after_the_other([why, part], ", ")
    if len(result.learned.items) > result.most_events:
        n_each = said("each of {n:,.0f} events of users at random", n=float(result.most_events))
        names = one_after_the_other([names, n_each], ", ")
        late = said("all events would not have fitted into the time limit")
        why = one_after_the_other([why, late], "; ")
    return names, why


def _why(log: Log) -> str:
    if log.is_given:
        return said("so the file to judge by was chosen, as its users and times show")
    if log.how == cut.RANDOM:
        return said("nothing tells when events took place")
    if log.how == cut.LATER_TIME:
        return said("most later events are of users who were there before")
    return said("few later events are of users who were there before")
