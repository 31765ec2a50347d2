from __future__ import annotations

import json
import struct

import numpy as np
import pytest

from mlwright.core.errors import ArtifactError
from mlwright.testing.check_recommender import known_histories
from mlwright.workflow.recommending.columns import LogColumns
from mlwright.workflow.recommending.events import Scale
from mlwright.workflow.recommending.memory import Memory


def memory():
    known = known_histories()
    return Memory(
        users=[f"user {number} ä" for number in range(known.n_users)],
        histories=known,
        columns=LogColumns("user", "item", "rating", ""),
        scale=Scale("grades", 1.0, 5.0, 1.0),
        attributes={"genre": ["a|b"] * 40},
    )


def changed(data, **values):
    start = data.index(b"\n") + 1
    (size,) = struct.unpack("<Q", data[start : start + 8])
    head = json.loads(data[start + 8 : start + 8 + size]) | values
    text = json.dumps(head).encode()
    return data[:start] + struct.pack("<Q", len(text)) + text + data[start + 8 + size :]


def test_what_is_written_is_read():
    one = memory()
    other = Memory.from_bytes(one.to_bytes(), 40)
    assert other.users == one.users
    assert other.scale == one.scale
    assert other.attributes == one.attributes
    assert np.array_equal(other.histories.items, one.histories.items)
    assert np.array_equal(other.histories.starts, one.histories.starts)
    assert np.array_equal(other.histories.strengths, one.histories.strengths)
    assert other.to_bytes() == one.to_bytes()


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:30],
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: data[:-4] + struct.pack("<f", float("nan")),
        lambda data: data[:-4] + struct.pack("<f", -1.0),
        lambda data: data.replace(b"mlwright", b"otherone"),
        lambda data: changed(data, n_events=-1),
        lambda data: changed(data, n_items=41),
        lambda data: changed(data, users=["a"]),
        lambda data: changed(data, users=["same"] * 60),
        lambda data: changed(data, attributes=[{"name": "genre", "cells": ["a"]}]),
        lambda data: changed(data, scale={"says": "evil", "low": 0, "high": 1, "step": 1}),
        lambda data: changed(data, more=1),
    ],
)
def test_a_memory_that_is_damaged_is_refused(damage):
    with pytest.raises(ArtifactError, match=r"memory\.bin"):
        Memory.from_bytes(damage(memory().to_bytes()), 40)


def test_items_that_there_are_not_are_refused():
    data = memory().to_bytes()
    n_events = len(known_histories().items)
    place = len(data) - 8 * n_events
    with pytest.raises(ArtifactError, match="that there are not"):
        Memory.from_bytes(data[:place] + struct.pack("<i", 40) + data[place + 4 :], 40)
