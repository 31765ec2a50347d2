"""Words and letters, against scikit-learn's counting."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize
from threadpoolctl import threadpool_limits

from mlwright.core.dataset import Dataset
from mlwright.core.schema import Column, Kind, Schema
from mlwright.features.steps import text
from mlwright.features.steps.text import Text
from mlwright.features.terms import Terms
from mlwright.testing.lowered import lowered_step

SCHEMA = Schema((Column(name="note", kind=Kind.TEXT),))
RNG = np.random.default_rng(0)
VOCABULARY = [
    "good",
    "bad",
    "late",
    "fast",
    "größe",
    "東京",
    "a",
    "never",
    "again",
    "box-set",
    "it's",
    "100%",
]
TEXTS = [" ".join(RNG.choice(VOCABULARY, RNG.integers(1, 8))) for _ in range(300)] + [""] * 10


def columns(texts):
    return {"note": np.array(texts, dtype=object)}


def fit(texts):
    return Text().fit(Dataset(schema=SCHEMA, columns=columns(texts), n_rows=len(texts)), 0)


@pytest.fixture(scope="module")
def fitted():
    return fit(TEXTS)


def reference(texts, **options):
    """Square roots of counts times log inverse document frequencies, of unit length; terms by name."""
    known = [text for text in texts if text]
    vectorizer = CountVectorizer(lowercase=False, token_pattern=None, min_df=2, **options).fit(known)
    documents = (vectorizer.transform(known) > 0).sum(axis=0).A1
    weights = np.log((1 + len(known)) / (1 + documents)) + 1
    table = normalize(np.sqrt(vectorizer.transform(texts).toarray()) * weights)
    return dict(zip(vectorizer.get_feature_names_out(), table.T, strict=True))


def test_weights_are_those_of_scikit_learn(fitted):
    found = fitted.transform(columns(TEXTS)).terms.toarray()
    words = reference(TEXTS, analyzer="word", tokenizer=str.split, ngram_range=(1, 2))
    letters = reference(TEXTS, analyzer="char", ngram_range=(3, 4))
    at = 0
    for bag, expected in zip(fitted.bags, (words, letters), strict=True):
        names = [("" if bag.of_letters else " ").join(term) for term in bag.terms]
        assert sorted(names) == sorted(expected)
        for name in names:
            np.testing.assert_allclose(found[:, at], expected[name], atol=1e-6, err_msg=name)
            at += 1
    assert at == found.shape[1] == fitted.layout.n_terms


def test_the_program_counts_the_same_words(fitted):
    odd = [
        "", "good", "bad", "x", "good good good", "never seen before", "a" * 300, "good " + "b" * 300,
        "größe 東京", "東京 東京", "\U0001f600 good", "e\u0301té good", "it's 100%", "box-set", "a a a a",
        "\\ good . * ( bad", "goodbad", "good\u200dbad", "good bad\x01 good", "\ufeffgood",
    ]  # fmt: skip
    block = fitted.transform(columns(odd))
    np.testing.assert_allclose(
        lowered_step(fitted, SCHEMA, columns(odd), "terms"), block.terms.toarray(), atol=5e-6
    )
    np.testing.assert_allclose(lowered_step(fitted, SCHEMA, columns(odd), "dense"), block.dense, atol=5e-6)


def test_a_text_without_known_words_is_zero_and_not_nan(fitted):
    block = fitted.transform(columns(["", "zzz", "qqqqqq"]))
    assert block.terms.nnz == 0
    assert (block.dense == 0).all()


def test_rare_words_are_no_terms():
    fitted = fit(["good day", "good night", "good grief"] * 2 + ["once", "upon"])
    words = {term for bag in fitted.bags if not bag.of_letters for term in bag.terms}
    assert ("good",) in words
    assert ("once",) not in words


@pytest.mark.parametrize("texts", [[""] * 5, ["a", "b", "c"], [""]])
def test_texts_without_repetition_give_nothing(texts):
    assert fit(texts) is None


def test_the_same_seed_gives_the_same_themes():
    np.testing.assert_array_equal(fit(TEXTS).themes, fit(TEXTS).themes)


def test_themes_of_very_many_rows_are_found_in_some_of_them_and_only_these_are_counted(monkeypatch):
    n_rows, count = [], Terms.count
    monkeypatch.setattr(text, "_MOST_ROWS", 50)
    monkeypatch.setattr(Terms, "count", lambda self, some: (n_rows.append(len(some)), count(self, some))[1])
    fit(TEXTS)
    assert set(n_rows) == {len(TEXTS[::6])}


def test_in_haste_words_alone_are_counted(fitted):
    hurried = Text().in_haste().fit(Dataset(schema=SCHEMA, columns=columns(TEXTS), n_rows=len(TEXTS)), 0)
    assert hurried is not None
    (bag,) = hurried.bags
    assert bag.terms == fitted.bags[0].terms
    assert not bag.of_letters


@pytest.mark.parametrize("texts", [["one"] * 40, ["same words here"] * 40])
def test_texts_that_are_all_alike_have_one_theme_that_is_alike(texts):
    found = fit(texts).transform(columns(texts)).dense
    np.testing.assert_allclose(
        found, np.full((40, 1), np.sqrt(2.0)), rtol=1e-6
    )  # words and letters, each of length 1
    assert len(np.unique(found)) == 1


@pytest.mark.parametrize("maker", [Text(), Text(letters=False)])
def test_a_text_that_has_no_part_in_a_theme_is_exactly_0_in_it(maker):
    """Else trees part rows above 0 from rows below by rounding errors, which the program makes otherwise."""
    levels = ["ford focus", "ford fiesta", "opel astra", "opel corsa", "fiat panda", "audi quattro"]
    texts = RNG.choice(levels, 600, p=[0.3, 0.2, 0.2, 0.1, 0.1, 0.1]).tolist()
    found = maker.fit(Dataset(schema=SCHEMA, columns=columns(texts), n_rows=600), 0)
    themes = found.transform(columns(texts)).dense
    assert (themes == 0.0).any()
    assert not np.any((themes != 0.0) & (np.abs(themes) < 1e-4))
    np.testing.assert_array_equal(lowered_step(found, SCHEMA, columns(texts), "dense") == 0.0, themes == 0.0)


def test_themes_do_not_depend_on_the_number_of_threads():
    words = [f"word{number}" for number in range(3_000)]
    texts = [" ".join(RNG.choice(words, 12)) for _ in range(4_000)]
    found = fit(texts).themes
    with threadpool_limits(1):
        alone = fit(texts).themes
    np.testing.assert_array_equal(found, alone)
