"""Whichever of `independent`, `tree` and `pairwise` suits table and budget: chosen from public and noisy figures."""

from gateway.raw.generate.choosing import ChoosingGenerator

plugin = ChoosingGenerator(name="auto")
