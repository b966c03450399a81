"""Differential-privacy arithmetic; never sees data."""
