"""Conformance suites: what every plug-in must keep, as plain functions that anyone's tests can call."""
