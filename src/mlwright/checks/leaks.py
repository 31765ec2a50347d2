"""What to do about columns that give the answer away."""

from enum import StrEnum


class Leaks(StrEnum):
    """The answer to `--leaks`."""

    DROP = "drop"
    """Leave out what is proven, and warn of what is doubtful."""
    WARN = "warn"
    """Leave nothing out, and say all: a proven leak is then an error."""
    KEEP = "keep"
    """Leave nothing out: the user vouches that all columns are known when a prediction is made."""
