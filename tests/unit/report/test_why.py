"""The reason of an answer in words."""

from __future__ import annotations

from mlwright.report.why import why


def told(*columns, label="yes", answer=0.71, base=0.25):
    items = [{"column": name, "value": value, "amount": amount} for name, value, amount in columns]
    return {"class": label, "answer": answer, "base": base, "columns": items}


def test_a_chance_is_told_in_points_the_strongest_first():
    said = why(
        told(
            ("contract", "monthly", 0.3), ("tenure", 2, 0.2), ("age", None, -0.05), ("fee", 12.5, 0.02),
            ("sex", "f", -0.01),
        ),
        "churn",
    )  # fmt: skip
    assert said == (
        "The chance that churn is yes: 71.0 %. Of a row that it knows nothing of it would say 25.0 %. "
        "Up: contract = monthly (+30.0 points), tenure = 2 (+20.0 points) and fee = 12.50 (+2.0 points). "
        "Down: age = missing (\N{MINUS SIGN}5.0 points). The other column: \N{MINUS SIGN}1.0 points."
    )


def test_a_value_is_told_in_its_own_units():
    said = why(told(("size", 80, -1234.5), label=None, answer=1000.0, base=2234.5), "price")
    assert said == (
        "price: 1,000. Of a row that it knows nothing of it would say 2,234. "
        "Down: size = 80 (\N{MINUS SIGN}1,230)."
    )


def test_the_six_columns_that_moved_it_most_are_named_whichever_way():
    moved = [(f"c{n}", n, (0.1 - n / 1000) * (-1 if n == 5 else 1)) for n in range(9)]
    said = why(told(*moved), "y")
    assert "Down: c5 = 5" in said
    assert "c4 = 4" in said
    assert "c6 = 6" not in said
    assert "The other 3 columns together: +27.9 points." in said


def test_an_answer_that_nothing_moved_says_so():
    assert why(told(("a", 1, 0.0), ("b", 2, 0.0)), "y").endswith("No column moved it.")
    assert why(told(), "y").endswith("No column moved it.")
