import numpy as np
import pytest

from mlwright.core.schema import Kind
from mlwright.data.kinds import is_id_name, is_key, is_row_number, kind_of_texts


@pytest.mark.parametrize(
    "name", ["id", "ID", "user_id", "userId", "customerID", "id_str", "uuid", "No", "Unnamed: 0"]
)
def test_names_of_ids_are_known(name):
    assert is_id_name(name)


@pytest.mark.parametrize(
    "name", ["paid", "humidity", "number_of_rooms", "price_index", "grid", "x", "", "日"]
)
def test_other_names_are_not(name):
    assert not is_id_name(name)


def test_row_numbers_are_all_different_and_named_or_counted():
    shuffled = np.random.default_rng(0).permutation(100)
    assert is_row_number("user_id", shuffled)
    assert not is_row_number("price", shuffled)
    assert is_row_number("x", np.arange(1000.0))
    assert is_row_number("x", np.delete(np.arange(1010), [3, 40, 41]))
    assert not is_row_number("size", np.arange(100))
    assert not is_row_number("x", np.arange(100) * 7)
    assert not is_row_number("Year", np.arange(1900, 2000))
    assert not is_row_number("id", np.arange(10))
    assert not is_row_number("id", np.arange(100) // 2)
    assert not is_row_number("id", np.append(np.arange(99.0), np.nan))


def test_keys_are_single_codes_that_differ():
    assert is_key("x", {f"A{i}-ZZ": 1 for i in range(50)}, 50)
    assert is_key("x", {f"{i:032x}": 1 for i in range(50)}, 50)
    assert is_key("x", {f"{10**17 + i}": 1 for i in range(50)}, 50)
    assert not is_key("amount", {str(i): 1 for i in range(100, 150)}, 50)
    assert not is_key("x", {f"name {i}": 1 for i in range(50)}, 50)
    assert not is_key("x", {f"A{i}": 2 for i in range(50)}, 100)
    assert not is_key("x", {chr(97 + i) * 3: 1 for i in range(40)}, 40)


@pytest.mark.parametrize(
    ("counts", "kind"),
    [
        ({"yes": 5, "no": 5}, Kind.CATEGORY),
        ({f"level {i}": 20 for i in range(300)}, Kind.CATEGORY),
        ({f"town{i}": 1 for i in range(300)}, Kind.STRING),
        ({f"this is sentence number {i}": 1 for i in range(30)}, Kind.TEXT),
        ({"Do not have children, and do not want any of them": 50, "Have children": 50}, Kind.CATEGORY),
        ({f"http://example.org/some/rather/long/address/{i}": 1 for i in range(99)}, Kind.TEXT),
    ],
)
def test_texts_are_categories_strings_or_sentences(counts, kind):
    assert kind_of_texts(counts) is kind
