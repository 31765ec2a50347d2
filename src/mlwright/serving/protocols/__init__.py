"""Protocols, one a file: what bodies look like. The id is the file name."""
