"""Noisy counts of the pairs of columns that form the strongest tree, and rows drawn down that tree (MST)."""

from gateway.estimation.tree import fit, restore
from gateway.raw.generate import relating
from gateway.raw.generate.marginals import MarginalGenerator
from gateway.raw.generate.measuring import Relate

plugin = MarginalGenerator(
    name="tree", relate=Relate(measure=relating.spanning_tree, rounds=relating.ROUNDS), fitter=fit, restore=restore
)
