"""Rows from anywhere: read them, understand them, split them."""
