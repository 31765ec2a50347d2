"""Features: fitted once, lowered into the program."""
