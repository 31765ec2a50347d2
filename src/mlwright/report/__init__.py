"""The evidence, told to people."""
