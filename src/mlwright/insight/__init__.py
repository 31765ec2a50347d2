"""Insight: what people write, view and do, described before and beside any prediction."""
