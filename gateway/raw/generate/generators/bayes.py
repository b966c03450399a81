"""Noisy counts of every column with a few others before it, and rows drawn down that network (after PrivBayes)."""

from gateway.estimation.bayes import fit, restore
from gateway.raw.generate import relating
from gateway.raw.generate.marginals import MarginalGenerator
from gateway.raw.generate.measuring import Relate

plugin = MarginalGenerator(
    name="bayes", relate=Relate(measure=relating.network, rounds=relating.ROUNDS), fitter=fit, restore=restore
)
