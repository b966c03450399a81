"""Codes whose beginnings are coarser codes: a code that too few rows have is found as what it begins with.

All of it goes through the meter: one search for each length, among the rows that no longer code was found for.
"""

from __future__ import annotations

from collections import Counter
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
    texts, counts = known.counter.values(tally.column.name)
    left = Counter(dict(zip(texts, counts.tolist(), strict=True)))
    found: set[str] = set()
    for length in (None, *reversed(lengths)):
        together: Counter[str] = Counter()
        for text, count in left.items():
            together[text[:length]] += count
        search = known.meter.search(
            f"values of {known.name(position)}",
            list(together),
            np.array(list(together.values()), dtype=np.int64),
            public=np.zeros(0, dtype=np.int64),
        )
        shown, _ = search.more(max(1, quanta // (len(lengths) + 1)), pieces=1)
        found |= set(shown)
        left = Counter({text: count for text, count in left.items() if text[:length] not in found})
    listed = tuple(sorted(found))
    starts = sorted({text[: lengths[0]] for text in listed})
    tally.domain = Values(
        values=listed,
        rest=tally.column.nullable,
        other=True,
        groups=tuple(starts.index(text[: lengths[0]]) for text in listed),
        prefixes=lengths,
    )
