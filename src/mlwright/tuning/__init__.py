"""The search: which candidate, under which budget."""
