"""Builds with one deliberate mistake each, and the test that has to fail on every one of them."""
