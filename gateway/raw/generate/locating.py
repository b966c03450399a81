"""Cells where the rows are: heavy values get cells of their own, and numbers lie on the lattice that is found.

All of it is decided from noisy counts, and costs quanta whatever is found.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.generate import discovery, physical
from gateway.raw.generate.counting import Axis
from gateway.raw.generate.domain import Ranges, Residues, grid, with_singles
from gateway.vocabulary.schema import TEXT_KINDS

if TYPE_CHECKING:
    from gateway.raw.generate.domain import Lattice
    from gateway.raw.generate.surveying import Survey
    from gateway.vocabulary.schema import Column

HEAVY = 0.02
"""Share of all quanta for the search for heavy values, in all columns where some could hide."""
MOST_LOOKS = 3
"""A column's search gets at most so many times its part of the first look."""
CROWDED = 16
LATTICE = 1
"""Quanta for each step of the search for a lattice."""


def refine(known: Survey, position: int, *, look: int) -> None:
    """Search a column of numbers for heavy values and a lattice before its first look, which has ``look`` quanta."""
    tally = known.tally.columns[position]
    domain = tally.domain
    if not isinstance(domain, Ranges) or tally.fixed or not _coarse(domain, tally.column):
        return
    heavy = _heavy(known, position, domain, look)
    tally.domain = domain = with_singles(domain, heavy) if heavy else domain
    if tally.facts.lattice is not None or (found := _lattice(known, position, domain)) is None:
        return
    tally.domain = replace(domain, lattice=found)
    if found.step > 1:
        facts = replace(tally.facts, lattice=found)
        made = grid(domain.starts[0], domain.last, tally.column, cells=tally.fine, known=facts)
        # these cells lie across the octaves
        tally.domain, tally.coarse = with_singles(made, heavy), []


def split(known: Survey, position: int) -> None:
    """Cut a column's cells that hold more than 1/CROWDED of the rows, as far as the first look tells."""
    tally = known.tally.columns[position]
    domain = tally.domain
    if not isinstance(domain, Ranges) or tally.fixed or not _coarse(domain, tally.column) or not tally.one_ways:
        return
    whole = physical.is_whole(tally.column)
    counts = known.tally.of(position).counts.astype(np.float64)
    counts[domain.single(whole=whole) | (counts < known.size / CROWDED)] = 0.0
    if not counts.any():
        return
    # of few rows noise can seem to put more into one column than there are
    parts = math.ceil(tally.fine * min(counts.sum() / known.size, 1.0))
    tally.domain = discovery.split(domain, counts, whole=whole, parts=parts)
    tally.coarse += [(domain, answer) for answer in tally.one_ways]
    tally.one_ways = []


def _coarse(domain: Ranges, column: Column) -> bool:
    """Return whether something can hide in a cell: not where every number has one."""
    return not domain.single(whole=physical.is_whole(column))[domain.first :].all()


def _searched(known: Survey) -> int:
    """Return in how many columns heavy values could hide, as far as types and declared bounds tell."""
    return sum(
        each.column.kind not in TEXT_KINDS and physical.is_whole(each.column)
        if each.domain is None
        else isinstance(each.domain, Ranges) and discovery.units(each.domain, each.column) is not None
        for each in known.tally.columns
    )


def _heavy(known: Survey, position: int, domain: Ranges, look: int) -> list[int]:
    tally = known.tally.columns[position]
    every = discovery.units(domain, tally.column)
    if every is None:
        return []
    quanta = max(1, min(MOST_LOOKS * look, round(HEAVY * known.meter.plan.quanta / _searched(known))))
    exact = known.counter.count([[Axis(column=tally.column.name, domain=every)]])[0]
    answer = known.meter.histogram(f"numbers of {known.name(position)}", exact, quanta=quanta)
    tally.every = (every, answer)
    return discovery.heavy(answer.counts, every, sigma=answer.sigma)


def _lattice(known: Survey, position: int, domain: Ranges) -> Lattice | None:
    """Return the lattice of the numbers that share a cell with others."""
    column = known.columns[position]
    modulus = discovery.modulus(column)
    if modulus is None:
        return None
    alone = domain.single(whole=True).astype(np.int32)
    shared = Axis(column=column.name, domain=domain, bin_of=alone)
    found: Lattice | None = None
    while modulus is not None and domain.last - domain.starts[0] >= modulus:
        residues = Residues(modulus=modulus, rest=column.nullable)
        exact = known.counter.count([[Axis(column=column.name, domain=residues), shared]])[0]
        answer = known.meter.histogram(f"remainders of {known.name(position)}", exact, quanta=LATTICE)
        counts = answer.counts[int(column.nullable) :, 0]
        more = discovery.lattice(counts, found, sigma=answer.sigma)
        if more is None:
            return found
        found, modulus = more, discovery.finer(more, column)
    return found
