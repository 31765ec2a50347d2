"""One file per way to combine features."""
