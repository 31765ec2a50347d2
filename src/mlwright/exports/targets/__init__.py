"""Where a model can go, one a file."""
