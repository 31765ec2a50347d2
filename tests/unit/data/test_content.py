import pytest

from mlwright.core.errors import DataError
from mlwright.data.content import read_text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
def test_text_is_decoded(tmp_path, encoding):
    path = tmp_path / "a.csv"
    path.write_bytes("a,b\nÄ é,1\n".encode(encoding))
    assert read_text(path) == "a,b\nÄ é,1\n"


def test_text_without_the_mark_of_utf_16_gets_a_hint(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("a,b\n1,2\n".encode("utf-16-le"))
    with pytest.raises(DataError, match="lacks its byte order mark"):
        read_text(path)


def test_a_file_that_cannot_be_opened_is_named(tmp_path):
    with pytest.raises(DataError, match=r"gone\.csv cannot be read"):
        read_text(tmp_path / "gone.csv")
