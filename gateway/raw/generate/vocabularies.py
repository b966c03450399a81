"""Lists of values that everybody knows: once a column seems to hold one, all of it is public and needs no discovery.

A value is listed here because the world knows it, not because a row has it; so its cell may be counted like any
declared one. Which list a column seems to hold is read off the values that were found under differential privacy.
"""

from __future__ import annotations

import calendar
import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import gateway.raw.generate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

FEWEST = 1
"""Values of a list that must have been found before the rest of it is believed."""
SHARE = 0.5
"""Share of a column's found values that must be of the list."""

_SPELLINGS: tuple[Callable[[str], str], ...] = (
    lambda text: text,
    lambda text: text.replace(" ", "-"),
    lambda text: text.replace(" ", "_"),
    lambda text: text.replace(" ", ""),
)
_CASES: tuple[Callable[[str], str], ...] = (lambda text: text, str.lower, str.upper)


def rest_of(found: Sequence[str]) -> tuple[str, ...]:
    """Return what the well-known list that ``found`` seems to be part of has besides, spelt alike and sorted.

    Nothing when there is no such list. A function of its arguments alone; ``found`` must be public or noisy.
    """
    best: frozenset[str] = frozenset()
    most = max(FEWEST, SHARE * len(found)) - 1e-9
    for known in _spelt():
        hits = sum(value in known for value in found)
        if hits > most or (hits >= most and not best):
            best, most = known, hits
    return tuple(sorted(best.difference(found)))


@cache
def _spelt() -> tuple[frozenset[str], ...]:
    return tuple(
        frozenset(case(spelling(value)) for value in known)
        for known in _lists()
        for spelling in _SPELLINGS
        for case in _CASES
    )


def _lists() -> Iterator[frozenset[str]]:
    """Yield countries by English name and by code, states of the USA, currencies, months and days of the week."""
    for known in json.loads(files(gateway.raw.generate).joinpath("vocabularies.json").read_text("utf-8")).values():
        yield frozenset(known)
    for names in (calendar.month_name, calendar.month_abbr, calendar.day_name, calendar.day_abbr):
        yield frozenset(names) - {""}
