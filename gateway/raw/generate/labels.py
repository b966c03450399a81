"""What cells of a domain are called and in which order they stand: from domains alone, which are declared or noisy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gateway.raw.generate import physical
from gateway.raw.generate.domain import Ranges, Residues, Values
from gateway.vocabulary.schema import TEXT_KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gateway.raw.generate.domain import Domain
    from gateway.vocabulary.schema import Column

EMPTY, UNLISTED, EITHER = "(empty)", "(other values)", "(empty or other values)"
NOTHING = "(nothing)"
"""A cell in which no value is."""
_NAMED = 3
"""So many values of a cell are named."""


def labels_of(column: Column, domain: Domain, to: NDArray[np.int32], *, count: int) -> tuple[str, ...]:
    """Return a label for each of ``count`` cells: fine cell c of ``domain`` is in cell ``to[c]``, or in none for -1."""
    low, high, words = _fine(column, domain)
    return tuple(_label(np.flatnonzero(to == cell), low, high, words) for cell in range(count))


def _label(members: NDArray[np.int64], low: Sequence[str], high: Sequence[str], words: Sequence[str]) -> str:
    said = [words[at] for at in members if words[at]]
    for run in _runs([int(at) for at in members if not words[at]]):
        first, last = low[run[0]], high[run[-1]]
        said.append(first if first == last else f"{first} to {last}")
    if len(said) > _NAMED + 1:
        said = [*said[:_NAMED], f"and {len(said) - _NAMED:,} more"]
    return ", ".join(dict.fromkeys(said)) or NOTHING


def _runs(members: Sequence[int]) -> list[list[int]]:
    """Return ``members``, which rise, in runs without a gap."""
    found: list[list[int]] = []
    for at in members:
        if found and found[-1][-1] == at - 1:
            found[-1].append(at)
        else:
            found.append([at])
    return found


def _fine(column: Column, domain: Domain) -> tuple[list[str], list[str], list[str]]:
    """Return the lowest and the highest value of every fine cell as texts, or a word where it is no range."""
    rest = [EITHER if isinstance(domain, Values) and not domain.other else EMPTY] if domain.rest else []
    match domain:
        case Values():
            apart = [*rest, *([UNLISTED] if domain.other else [])]
            texts = [str(v) for v in domain.values] if column.kind in TEXT_KINDS else _texts(domain.values, column)
            words = [*apart, *texts]
            blank = [""] * len(words)
            return blank, blank, words or [EMPTY]
        case Residues():
            words = [*rest, *(f"remainder {n}" for n in range(domain.modulus))]
            return [""] * len(words), [""] * len(words), words
        case Ranges():
            lead = [*rest, *_texts(domain.sentinels, column)]
            starts = _texts(domain.starts, column)
            whole = physical.is_whole(column)
            ends = _texts(domain.ends(whole=whole).tolist(), column) if domain.starts else []
            blank = [""] * len(lead)
            words = [*lead, *([""] * len(starts))]
            return [*blank, *starts], [*blank, *ends], words or [EMPTY]


def _texts(numbers: Sequence[Any], column: Column) -> list[str]:
    """Return numbers as ``physical`` has them as people read them."""
    if not len(numbers):
        return []
    if column.kind in TEXT_KINDS:
        return [str(number) for number in numbers]
    if not physical.is_whole(column):
        return [f"{float(number):.6g}" for number in numbers]
    units = np.array([int(number) for number in numbers], dtype=np.int64)
    typed = physical.typed(units, np.ones(units.size, dtype=np.bool_), column)
    try:
        return [str(value) for value in typed.to_pylist()]
    except (ValueError, OverflowError):  # a date that Python does not know
        return [str(number) for number in units.tolist()]


def scores_of(domain: Domain, to: NDArray[np.int32], *, count: int) -> NDArray[np.float64] | None:
    """Return the mean number of each of ``count`` cells, NaN where it has none; None for texts. As for ``cut_of``."""
    if isinstance(domain, Residues):
        return None
    values = domain.values if isinstance(domain, Values) else domain.starts
    if values and isinstance(values[0], str):
        return None
    numbers = np.array([np.nan] * domain.first + [float(value) for value in values] or [np.nan])
    there = np.isfinite(numbers) & (to >= 0)
    many = np.bincount(to[there], minlength=count)
    sums = np.bincount(to[there], weights=numbers[there], minlength=count)
    return np.asarray(np.where(many > 0, sums / np.maximum(many, 1), np.nan))
