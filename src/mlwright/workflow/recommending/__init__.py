"""Recommending: from a log of who took what to a program that ranks items for any history."""
