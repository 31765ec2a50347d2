"""`python -m mlwright`."""

from mlwright.cli.app import main

main()
