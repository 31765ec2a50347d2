"""Words that tell what a text is about."""

import pytest

from mlwright.insight.words import one_form, telling_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("RT @someone: Parcels from http://t.co/abc &amp; bit.ly/x", ["parcels"]),
        ("I don\u2019t think it's late", ["late"]),
        ("&amp;lt;3 sooooo coooool 42", ["soo", "cool"]),
        ("#MakeTea größer 東京タワー", ["maketea", "größer", "東京タワー"]),
        ("The dog's bone", ["dog", "bone"]),
        ("", []),
    ],
)
def test_links_names_numbers_and_words_that_fit_everywhere_are_left_out(text, words):
    assert telling_words(text) == words


def test_plurals_are_one_word_with_their_singular_if_both_are_there():
    texts = [["parcel", "box"], ["parcels", "boxes", "glass"], ["parcels", "news"]]
    forms = one_form(texts)
    assert forms["parcel"] == "parcels"
    assert forms["boxes"] == "box"
    assert "glass" not in forms
    assert "news" not in forms
