"""Hands a model over: what other systems run, and what its owner reads."""
