"""Topics of made-up texts of which the truth is known."""

import numpy as np
import pytest

from mlwright.insight.topics import find_topics

SUBJECTS = {
    "garden": "rose tulip soil shovel seed lawn hedge compost water bloom petal greenhouse",
    "kitchen": "oven pasta garlic recipe butter knife simmer dough pepper sauce roast flour",
    "harbor": "boat anchor sailor harbor tide captain mast rope lighthouse cargo dock ferry",
    "office": "meeting invoice deadline printer manager spreadsheet budget desk contract payroll memo audit",
}
WORDS = [words.split() for words in SUBJECTS.values()]


def written(n_texts=600, seed=0):
    rng = np.random.default_rng(seed)
    subjects = rng.integers(0, len(SUBJECTS), n_texts)
    return [" ".join(rng.choice(WORDS[subject], 6)) + " and the rest" for subject in subjects], subjects


@pytest.fixture(scope="module")
def found():
    texts, subjects = written()
    return find_topics(texts), subjects


def test_planted_topics_are_found_and_named_by_their_words(found):
    topics, subjects = found
    assert len(topics.topics) == len(SUBJECTS)
    for topic in topics.topics:
        assert any(set(topic.words) <= set(words) for words in WORDS)
        assert topic.is_stable
        assert topic.coherence > 0.05
    table = np.array([[((topics.of == t) & (subjects == s)).sum() for s in range(4)] for t in range(4)])
    assert table.max(axis=1).sum() > 0.95 * len(subjects)


def test_examples_are_texts_of_the_topic(found):
    topics, _ = found
    texts = {" ".join(text.split()) for text in written()[0]}
    for topic in topics.topics:
        assert len(topic.examples) == 3
        assert set(topic.examples) <= texts


def test_the_same_seed_gives_the_same_topics(found):
    again = find_topics(written()[0])
    assert again.to_json() == found[0].to_json()


def test_noise_has_no_stable_topics():
    rng = np.random.default_rng(1)
    words = [f"word{chr(97 + i)}{chr(97 + j)}" for i in range(20) for j in range(20)]
    topics = find_topics([" ".join(rng.choice(words, 6)) for _ in range(600)])
    assert not topics.is_stable
    assert sum(topic.is_stable for topic in topics.topics) <= 1


def test_equal_texts_count_once():
    texts, _ = written()
    spam = ["win a free cruise prize today"] * 600
    topics = find_topics(texts + spam)
    assert sum("cruise" in topic.words[:3] for topic in topics.topics) == 0
    assert len(topics.of) == 1_200


def test_few_texts_have_no_topics():
    assert find_topics(["good", "bad", ""] * 10) is None
    assert find_topics([]) is None
