"""Measures of use, one file each; see ``gateway.raw.judge.measure``."""
