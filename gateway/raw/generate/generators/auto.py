"""Whichever of `independent`, `tree` and `pairwise` suits the rows and the budget: chosen from noisy figures."""

from gateway.raw.generate.choosing import ChoosingGenerator

plugin = ChoosingGenerator(name="auto")
