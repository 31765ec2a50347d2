"""The nouns: what every other folder talks about. Standard library and numpy only."""
