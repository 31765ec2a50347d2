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
        ("(see:shop.example.com/x) parcel,bit.ly tea", ["tea"]),
        ("", []),
    ],
)
def test_links_names_numbers_and_words_that_fit_everywhere_are_left_out(text, words):
    assert telling_words(text) == words


def test_a_word_without_end_is_read_in_one_go():
    assert telling_words("ab." * 50_000) == []  # takes minutes where a link is looked for from every letter
    assert telling_words("ab." * 50_000 + "com parcel") == ["parcel"]


def test_plurals_are_one_word_with_their_singular_if_both_are_there():
    texts = [["parcel", "box"], ["parcels", "boxes", "glass"], ["parcels", "news"]]
    forms = one_form(texts)
    assert forms["parcel"] == "parcels"
    assert forms["boxes"] == "box"
    assert "glass" not in forms
    assert "news" not in forms
