"""One file per way to turn categories into numbers."""
