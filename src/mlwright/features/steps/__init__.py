"""One file per kind of feature that needs no target."""
