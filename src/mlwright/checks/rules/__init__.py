"""Charges of the leak court, one a file."""
