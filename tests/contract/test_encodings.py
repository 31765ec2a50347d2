"""Every encoding on the shelf keeps the contract."""

import pytest

from mlwright.core.shelves import ENCODINGS
from mlwright.testing.check_encoding import check_encoding


@pytest.mark.parametrize("name", ENCODINGS.names())
def test_an_encoding_keeps_the_contract(name):
    check_encoding(ENCODINGS.get(name))
