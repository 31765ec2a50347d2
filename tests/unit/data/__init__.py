"""Reading, understanding and parsing."""
