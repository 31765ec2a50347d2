import pytest

from mlwright.core.errors import DataError
from mlwright.data.sources.jsonl import JsonLines


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.jsonl", '{"a": 1, "b": "x"}\n\n{"a": 2}\n'),
        ("a.json", '[{"a": 1, "b": "x"}, {"a": 2}]'),
        ("a.json", '{"a": [1, 2], "b": ["x", null]}'),
        ("a.json", '{\n "a": [1, 2],\n "b": ["x", null]\n}'),
    ],
)
def test_objects_are_rows_and_a_lacking_key_is_missing(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    raw = JsonLines().read(tmp_path / name)
    assert raw.columns["a"].tolist() == [1, 2]
    assert raw.columns["b"].tolist() == ["x", None]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1}\n{"a"\n', "line 2: not valid JSON"),
        ('{"a": 1}\n3\n', "line 2: found '3'"),
        ("[1", "not valid"),
    ],
)
def test_a_bad_line_is_named(tmp_path, text, message):
    (tmp_path / "a.jsonl").write_text(text)
    with pytest.raises(DataError, match=message):
        JsonLines().read(tmp_path / "a.jsonl")
