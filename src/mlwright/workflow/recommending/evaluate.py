"""Evaluating a recommender on a later log: what users took, after what the model knows of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlwright.core.errors import DataError
from mlwright.data.read import read
from mlwright.workflow.recommending.columns import recognize
from mlwright.workflow.recommending.events import check_known_items, read_events
from mlwright.workflow.recommending.exams import exam_of, judges
from mlwright.workflow.recommending.judge import beside, parts, scored
from mlwright.workflow.recommending.memory import Memory
from mlwright.workflow.recommending.program import program_scores

if TYPE_CHECKING:
    from mlwright.artifact.model import Model


def evaluate(model: Model, data: object, seed: int) -> dict[str, Any]:
    """Judge rankings of all items by a later log; what users took before is not offered, and does not count.

    Unless the model was trained to offer it. What the log says of users, in columns that the model learned
    from, is known of them.

    Returns
    -------
    The shape of `evaluate --json`; "n_rows" is the number of users who judged, of the "n_users" there are;
    "ranking" tells users apart and says what
    hits do not tell.
    """
    raw = read(data)
    items = [str(item) for item in model.task.classes]
    memory = Memory.from_bytes(model.memory, len(items))
    columns = recognize(
        raw.names, {k: v for k, v in memory.columns.named.items() if v in raw.names}, raw.source
    )
    events, *_ = read_events(raw, columns)
    check_known_items(items, events.item_names, raw.source)
    users = [*memory.users, *sorted(set(events.user_names) - set(memory.users))]
    later = events.named(users, items)
    known = memory.histories.padded(len(users) - len(memory.users))
    known = memory.telling(raw, columns.user, users, known)
    judging, n_there = judges(exam_of(known, later, memory.scale, hides=not memory.allows_seen), seed)
    if not judging.n_users:
        raise DataError(
            f"In {raw.source} no user liked anything that is new to them, so nothing can be judged."
        )
    lists = judging.lists(program_scores(model.runtime, model.task.classes))
    truth = judging.truth(lists)
    return {
        "task": {**model.task.to_json(), "classes": []},
        "n_rows": judging.n_users,
        "n_users": n_there,
        "seen": None,
        "metrics": scored(model.task.metrics, truth, seed),
        "calibration_error": None,
        "intervals": None,
        "decision": None,
        "ranking": {"users": parts(judging, truth, seed), "beside": beside(judging, lists, memory.histories)},
    }
