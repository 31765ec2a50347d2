"""The engine that says a program in SQL."""
