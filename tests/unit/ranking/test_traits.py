from __future__ import annotations

import numpy as np
import pytest

from mlwright.core.errors import DataError
from mlwright.core.recommender import Traits
from mlwright.ranking.traits import TraitReader

COLUMNS = {
    "sex": ["F", "f", "M", "", "F"] * 6,
    "likes": ["Drama|Comedy", "Comedy", "War", "", "Drama"] * 6,
    "age": [str(20 + at) for at in range(30)],
    "page": ["http://a"] * 30,
    "name": [f"name{at}" for at in range(30)],
}


def reader(columns=COLUMNS, learned=None):
    n_users = len(next(iter(columns.values())))
    return TraitReader.of(columns, np.ones(n_users, bool) if learned is None else learned)


def test_cells_become_words_that_several_share():
    words = reader().words
    assert {"sex=f", "sex=m", "likes=drama", "likes=comedy", "likes=war"} <= set(words)
    assert [word for word in words if word.startswith("age=")] != []
    assert not [word for word in words if word.startswith(("page=", "name="))], "nobody shares these"


def test_numbers_are_told_by_where_they_lie():
    found = reader()
    assert found.said({"age": "20"}) == found.said({"age": "21.5"}) == ["age=to 22.9"]
    assert found.said({"age": "49"}) == found.said({"age": "1e9"}) == ["age=over 46.1"]
    assert found.said({"age": "24"}) == ["age=over 22.9 to 25.8"]


def test_a_number_that_is_none_is_said_and_of_whom():
    with pytest.raises(DataError, match=r"'age' of user 'x' holds 'old'; it is a column of numbers"):
        reader().traits({"age": ["20", "old"]}, ["w", "x"])


def test_what_is_not_known_or_not_there_says_nothing():
    assert reader().said({"sex": "other", "likes": "", "shoe": "44"}) == []


def test_only_users_to_learn_from_are_looked_at():
    learned = np.arange(30) < 15
    columns = {**COLUMNS, "sex": ["F"] * 15 + ["M"] * 15}
    assert [word for word in reader(columns, learned).words if word.startswith("sex=")] == ["sex=f"]


def test_what_is_stored_reads_alike():
    one = reader()
    other = TraitReader.from_json(one.to_json())
    assert other == one


def test_traits_are_taken_and_joined_user_by_user():
    traits = Traits.of(("a", "b", "c"), [[0], [], [1, 2]])
    assert [traits.take(np.array([2, 0, 1])).said(user) for user in range(3)] == [["b", "c"], ["a"], []]
    assert [traits.joined(traits).said(user) for user in range(6)] == [["a"], [], ["b", "c"]] * 2
