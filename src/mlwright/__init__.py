"""mlwright: data and a question in; a system in production, with its evidence, out."""

__version__ = "0.1.0"
