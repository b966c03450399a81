"""Rows that belong to others, one after the other: their model is fitted to noisy tables by simulation."""
