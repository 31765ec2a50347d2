"""Sizes are read as people write them, and processes are measured."""

import os

import numpy as np
import pytest

from mlwright.core.errors import UsageError
from mlwright.core.memory import parse_size, resident_bytes, size_text


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("800MB", 8e8),
        ("4GB", 4e9),
        ("1.5 GiB", 1.5 * 2**30),
        ("512kib", 2**19),
        (" 2g ", 2e9),
        (10**9, 10**9),
    ],
)
def test_sizes_are_read(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "4", "GB", "4 bytes", "-1GB", "1e9", "4GBs", "lots"])
def test_what_is_no_size_is_refused_and_the_forms_are_named(text):
    with pytest.raises(UsageError, match=r"'800MB', '4GB' or '1\.5GiB'"):
        parse_size(text)


@pytest.mark.parametrize("size", ["0MB", 0, -5, float("inf"), float("nan")])
def test_a_limit_is_positive(size):
    with pytest.raises(UsageError, match="must be positive"):
        parse_size(size)


def test_sizes_are_written_for_people():
    assert [size_text(size) for size in (750e6, 4.21e9)] == ["750 MB", "4.2 GB"]


def test_a_process_is_measured():
    before = resident_bytes(os.getpid())
    if before is None:
        pytest.skip("this system does not tell")
    cells = np.ones(10_000_000)
    assert 6e7 < resident_bytes(os.getpid()) - before < 12e7
    del cells
    assert resident_bytes(2**22 + 1) == 0
