"""Codes whose beginnings are coarser codes: a code that too few rows have is found as what it begins with.

All of it goes through the meter: one search for each length, among the rows that no longer code was found for.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.generate.domain import Values

if TYPE_CHECKING:
    from gateway.raw.generate.surveying import Survey


def search_codes(known: Survey, position: int, quanta: int) -> None:
    """Spend ``quanta`` on a column's codes and their beginnings, and a piece of delta on each of these searches.

    In each search a row has one text at most, whatever was found before. Every search gets a quantum at least.
    """
    tally = known.tally.columns[position]
    lengths = tally.facts.prefixes
    listed = Values(values=(), rest=tally.column.nullable, other=True, prefixes=lengths)
    for length in (None, *reversed(lengths)):
        texts, counts = known.counter.values(tally.column.name, length=length, besides=listed)
        public = np.zeros(0, dtype=np.int64)
        search = known.meter.search(f"values of {known.name(position)}", texts, counts, public=public)
        shown, _ = search.more(max(1, quanta // (len(lengths) + 1)), pieces=1)
        listed = replace(listed, values=tuple(sorted({*listed.values, *shown})))
    coarse = [str(text)[: lengths[0]] for text in listed.values]
    starts = sorted(set(coarse))
    tally.domain = replace(listed, groups=tuple(starts.index(start) for start in coarse))
