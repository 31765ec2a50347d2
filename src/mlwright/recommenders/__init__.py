"""One file per way to recommend items to users."""
