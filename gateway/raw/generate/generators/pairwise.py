"""Noisy counts of columns and of the pairs worth measuring, and the least committed model that agrees with them."""

from gateway.estimation.pairwise import fit, restore
from gateway.raw.generate import selecting
from gateway.raw.generate.marginals import MarginalGenerator
from gateway.raw.generate.measuring import Relate

plugin = MarginalGenerator(
    name="pairwise", relate=Relate(measure=selecting.two_rounds, rounds=selecting.ROUNDS), fitter=fit, restore=restore
)
