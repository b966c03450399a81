"""Noisy counts of columns and of pairs of columns, and the least committed model that agrees with them."""

from gateway.estimation.pairwise import fit
from gateway.raw.generate.marginals import MarginalGenerator

plugin = MarginalGenerator(name="pairwise", relationships=True, fitter=fit)
