"""Checks of the data before anything is learned: leaks, and structure that nobody named."""
