import pytest

from mlwright.data.numerals import Numerals, guess_numerals, is_code_list, read_number


@pytest.mark.parametrize(
    ("text", "marks", "number"),
    [
        ("12", (".", ""), 12),
        (" -1.5e3 ", (".", ""), -1500),
        ("1,234.5", (".", ","), 1234.5),
        ("1234.5", (".", ","), 1234.5),
        ("1.234.567,5", (",", "."), 1234567.5),
        ("1 234,5", (",", " "), 1234.5),
        ("1\u00a0234,5", (",", " "), 1234.5),
        ("1'234", (".", "'"), 1234),
        ("$1,200", (".", ","), 1200),
        ("-$5", (".", ""), -5),
        ("$-5", (".", ""), -5),
        ("12 €", (".", ""), 12),
        ("45%", (".", ""), 45),
        (",5", (",", ""), 0.5),
        ("\u22125", (".", ""), -5),
    ],
)
def test_numbers_are_read_under_their_convention(text, marks, number):
    assert read_number(text, *marks) == number


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("", (".", "")),
        ("abc", (".", "")),
        ("$", (".", "")),
        (".", (".", "")),
        ("1,234", (".", "")),
        ("1,2,3", (".", ",")),
        ("0,123", (".", ",")),
        ("1_000", (".", "")),
        ("12.5", (",", "")),
        ("1.23", (",", ".")),
        ("12-5", (".", "")),
    ],
)
def test_anything_else_is_no_number(text, marks):
    with pytest.raises(ValueError, match=r"^"):
        read_number(text, *marks)


@pytest.mark.parametrize(
    ("texts", "marks"),
    [
        (["1", "2.5", "1e5"], (".", "")),
        (["1.234", "2.345"], (".", "")),
        (["1,234", "2,345"], (".", ",")),
        (["1,234", "12,5"], (",", ".")),
        (["1.234,5", "12"], (",", ".")),
        (["1,234.5", "12"], (".", ",")),
        (["0,123", "0,5"], (",", ".")),
        (["$1,200", "$900"], (".", ",")),
        (["1 234,5", "12"], (",", " ")),
    ],
)
def test_the_convention_is_found(texts, marks):
    assert guess_numerals(dict.fromkeys(texts, 1)) == Numerals(*marks, ())


def test_one_odd_cell_among_many_numbers_is_no_number():
    counts = {str(i): 10 for i in range(30)} | {"lots": 1}
    assert guess_numerals(counts) == Numerals(".", "", ("lots",))
    assert guess_numerals({str(i): 1 for i in range(10)} | {"lots": 1}) is None
    assert guess_numerals({"a": 5, "1": 5}) is None


def test_digits_of_one_length_with_leading_zeros_are_codes():
    assert is_code_list({"00123": 1, "10456": 1})
    assert not is_code_list({"0": 1, "1": 1})
    assert not is_code_list({"10": 1, "12": 1})
    assert not is_code_list({"007": 1, "12": 1})


@pytest.mark.parametrize("marks", [(".", ""), (",", "."), (",", " ")])
@pytest.mark.parametrize("before", ["$", "+", "-", "", "1"])
def test_white_space_is_looked_at_once(before, marks):
    # Were it divided in all ways, as it was, this would take hours.
    with pytest.raises(ValueError, match=r"^"):
        read_number(f"{before}{' ' * 20_000}x", *marks)
