"""Every column by itself, with all of the budget: the yardstick, and the better choice for very small tables."""

from gateway.estimation.independent import fit, restore
from gateway.raw.generate.marginals import MarginalGenerator

plugin = MarginalGenerator(name="independent", relate=None, fitter=fit, restore=restore)
