"""Text for people: what is no word of a sentence keeps its shape."""

from __future__ import annotations

from mlwright.report.text import Figure, Foreign, Text, capital, sentence


def test_options_are_kept_in_one_piece_and_everything_is_escaped():
    html = Text(["Use --time <when>, not-", Figure("3", 3.0, "/n"), "--x."]).__html__()
    assert html == (
        'Use <span class="sort">--time</span> &lt;when&gt;, not-<data value="3" data-at="/n">3</data>'
        '<span class="sort">--x</span>.'
    )


def test_a_sentence_begins_with_a_large_letter():
    assert sentence(Text(["rows were held ", "back"])) == "Rows were held back."
    assert capital(Text([Figure("3", 3.0, "/n"), " rows"])) == "3 rows"
    assert isinstance(capital(Text([Foreign("so")])).parts[0], Foreign)
