"""Noisy measurements to a model to rows: post-processing that never sees data."""
