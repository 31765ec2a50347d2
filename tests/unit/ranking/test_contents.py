"""What is known of items makes them alike or not."""

import numpy as np
import pytest

from mlwright.ranking.contents import contents_of


def likeness(**attributes):
    """Return the cosines of all pairs of items."""
    rows = contents_of(attributes)
    return (rows @ rows.T).toarray()


def test_items_of_a_kind_are_alike_and_lists_share_some_of_theirs():
    found = likeness(genre=["Drama|Crime", "crime", "Comedy", "comedy|Drama", "", "other"])
    assert 0 < found[0, 1] < 1
    assert found[1, 2] == 0
    assert found[2, 3] > 0
    assert found[4].sum() == 0
    np.testing.assert_allclose(np.diag(found)[:4], 1.0, rtol=1e-6)


def test_words_that_few_texts_share_make_them_alike():
    texts = [f"the tale of item {number}" for number in range(8)]
    texts[0], texts[1], texts[2] = "the dragon returns", "a dragon sleeps", "the tale of a king"
    found = likeness(plot=texts)
    assert found[0, 1] > 0.4
    assert found[2, 3] == 0


def test_near_numbers_are_alike():
    found = likeness(year=[str(1950 + number) for number in range(60)])
    assert found[0, 1] > 0.99
    assert found[0, 59] == 0


def test_a_flag_makes_alike_what_has_it_and_not_what_has_it_not():
    found = likeness(war=["1", "1", "0", "0", "0", "0"])
    assert found[0, 1] > 0.99
    assert found[2, 3] == 0


@pytest.mark.parametrize(
    "cells", [["", "", ""], ["a", "b", "c"], ["same", "same", "same"], ["http://a", "http://b", "x"]]
)
def test_where_nothing_tells_items_apart_there_are_no_contents(cells):
    assert contents_of({"text": cells}) is None


def test_no_attributes_are_no_contents():
    assert contents_of({}) is None
