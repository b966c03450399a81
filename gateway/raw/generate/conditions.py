"""Conditions on columns, as what they leave of each column's pieces. Public; never sees data.

A piece that meets a condition in part is cut down to that part, with its share of the weight. No message holds a value,
not even the condition's own.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.generate import physical
from gateway.raw.generate.expansion import STEPS
from gateway.vocabulary.errors import ConfigurationError
from gateway.vocabulary.schema import TEXT_KINDS, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gateway.policy.model import Scalar
    from gateway.raw.generate.expansion import Expansion, Numbers
    from gateway.raw.generate.request import Condition
    from gateway.vocabulary.schema import Column


def restrict(to: Expansion, condition: Condition) -> Expansion:
    """Return the pieces of ``to`` that meet ``condition``, with weights that sum to a bin's share that does.

    ``ConfigurationError`` for a condition that is empty, of another kind than the column, or that no value which the
    model can make meets.
    """
    if condition.values is not None:
        kept = _of_values(to, condition.values)
    elif condition.lowest is None and condition.highest is None:
        raise ConfigurationError(
            f"the condition on column {to.column.name} is empty; give values, a lowest or a highest one"
        )
    else:
        kept = _between(to, condition.lowest, condition.highest)
    if not (kept.weight > 0).any():
        raise ConfigurationError(
            f"no row of the kind asked for can be made: column {to.column.name} takes other values in the model; "
            "ask for values or bounds inside what the column was declared or found to hold"
        )
    return kept


def meets(to: Expansion, condition: Condition, numbers: Numbers, null: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which of some numbers of the column of ``to`` meet ``condition``; errors as in ``restrict``."""
    kept = restrict(to, condition)
    met = null & bool(kept.null.any())
    for low, high, nothing in zip(kept.low, kept.high, kept.null, strict=True):
        if not nothing:
            met |= ~null & (numbers >= low) & (numbers <= high)
    return np.asarray(met)


def shares(to: Expansion, whole: Expansion) -> NDArray[np.float64]:
    """Return the share of every bin's weight in ``whole`` that its pieces in ``to`` have."""
    kept = np.bincount(to.bin_of, weights=to.weight, minlength=whole.bins)
    before = np.bincount(whole.bin_of, weights=whole.weight, minlength=whole.bins)
    return np.asarray(np.divide(kept, before, out=np.zeros_like(kept), where=before > 0))


def _of_values(to: Expansion, values: Sequence[Scalar | None]) -> Expansion:
    numbers = sorted({n for value in values if value is not None for n in _numbers(to, value)})
    kept, picked, weight = [], [], []
    if None in values:
        at = np.flatnonzero(to.null)
        kept, picked, weight = [at], [to.low[at]], [to.weight[at]]
    for number in numbers:
        at = np.flatnonzero(~to.null & (to.low <= number) & (to.high >= number))
        kept.append(at)
        picked.append(np.full(at.size, number, dtype=to.low.dtype))
        weight.append(to.weight[at] * _share(to, at, picked[-1], picked[-1]))
    if not kept:
        return _pieces(to, np.zeros(0, dtype=np.int64), to.low[:0], to.high[:0], np.zeros(0))
    only = np.concatenate(picked)
    return _pieces(to, np.concatenate(kept), only, only, np.concatenate(weight))


def _between(to: Expansion, lowest: Scalar | None, highest: Scalar | None) -> Expansion:
    if to.column.kind in TEXT_KINDS:
        raise ConfigurationError(f"column {to.column.name} holds text; its condition has to list values")
    low, high = to.low, to.high
    if lowest is not None:
        low = np.maximum(low, _number(to.column, lowest, up=True)).astype(to.low.dtype)
    if highest is not None:
        high = np.minimum(high, _number(to.column, _last_moment(highest, to.column))).astype(to.high.dtype)
    at = np.flatnonzero(~to.null & (low <= high))
    return _pieces(to, at, low[at], high[at], to.weight[at] * _share(to, at, low[at], high[at]))


def _share(to: Expansion, at: NDArray[np.int64], low: Numbers, high: Numbers) -> NDArray[np.float64]:
    """Return which share of the values of pieces ``at`` lies between ``low`` and ``high``, both inside the piece.

    A single number out of a range of floats counts as one of its steps.
    """
    part, whole = to.mass(low, high), to.mass(to.low[at], to.high[at])
    share = np.divide(part, whole, out=np.ones_like(part), where=whole > 0)
    if to.low.dtype != np.float64 or to.lattice is not None:
        return share
    return np.maximum(share, np.where(whole > 0, 1.0 / STEPS, 1.0))


def _pieces(
    to: Expansion, at: NDArray[np.int64], low: Numbers, high: Numbers, weight: NDArray[np.float64]
) -> Expansion:
    return replace(to, low=low, high=high, null=to.null[at], origin=to.origin[at], bin_of=to.bin_of[at], weight=weight)


def _numbers(to: Expansion, value: Scalar) -> tuple[int | float, ...]:
    """Return the number or the place of a value; none when no row can have it."""
    if to.column.kind in TEXT_KINDS:
        if not isinstance(value, str):
            raise _other_kind(to.column)
        return (to.texts.index(value),) if value in to.texts else ()
    lower, upper = _number(to.column, value), _number(to.column, value, up=True)
    return (lower,) if lower == upper else ()


def _number(column: Column, value: Scalar, *, up: bool = False) -> int | float:
    plain = (isinstance(value, bool) and column.kind is not Kind.BOOLEAN) or (
        isinstance(value, dt.date) and column.kind not in {Kind.DATE, Kind.DATETIME}
    )
    if plain:
        raise _other_kind(column)
    try:
        return physical.declared(value, column, up=up)
    except ConfigurationError:
        raise _other_kind(column) from None


def _other_kind(column: Column) -> ConfigurationError:
    return ConfigurationError(
        f"column {column.name} is of kind {column.kind}, and the condition on it holds a value of another kind; "
        "write it in the column's own type"
    )


def _last_moment(value: Scalar, column: Column) -> Scalar:
    """Return the last moment of a day that is the highest allowed in a column of date-times."""
    if column.kind is Kind.DATETIME and isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return dt.datetime.combine(value, dt.time.max)
    return value
