"""Rows that break a declared NOT NULL or CHECK get the columns in question from a row that keeps it.

Columns that one constraint speaks of go together, and so do constraints that share a column. Where hardly a row keeps
it, cells of different rows are put together until some do; where none do, the constants in the constraint are tried.
What is learned is changed and nothing else. This looks at rows that were made
up, and costs nothing.
"""

from __future__ import annotations

import contextlib
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from gateway.raw.generate.keys import mixed, salt
from gateway.vocabulary.checks import Condition, columns_of, keeps
from gateway.vocabulary.names import ColumnName

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from gateway.vocabulary.schema import Table

_MOST_TRIED = 10_000
"""Rows that are tried where no row keeps a constraint."""
_FEW = 50
"""Of fewer rows that keep it the others would be too much alike."""
_TURNS = 8
"""How often a row is mended anew, where what it keeps of its own decides what it can be mended with."""


class Mending:
    """Mends the rows of one table, block by block, in order."""

    def __init__(
        self,
        shape: Table,
        *,
        learned: Collection[ColumnName],
        settled: Collection[ColumnName],
        together: Sequence[Collection[ColumnName]],
        seed: int,
    ) -> None:
        """Keep what ``shape`` declares; of the ``learned`` columns, the ``settled`` ones stay as they are.

        ``together`` are columns that only mean something together: those of one reference.
        """
        required = [column.name for column in shape.columns if not column.nullable]
        conditions = [*(("not", ("is null", ("column", name))) for name in required)]
        conditions += [check.condition for check in shape.checks if check.condition is not None]
        self._groups = [
            (names, kept, [n for n in names if n in learned and not any(n in s for s in _with(settled, together))])
            for names, kept in _grouped(conditions, together)
        ]
        self._shape = shape
        self._salt = salt(seed, "mending", shape.name)
        self._model: dict[int, pa.Table] = {}
        """For each group, a row that keeps it: for blocks that have none."""

    def mend(self, block: pa.Table, *, first: int) -> tuple[pa.Table, NDArray[np.bool_]]:
        """Return ``block``, whose rows are the ``first``-th on, mended; and which rows are broken still."""
        broken = np.zeros(len(block), dtype=np.bool_)
        for number, (_, conditions, open_) in enumerate(self._groups):
            bad = ~_kept(conditions, block)
            if not bad.all():
                self._model[number] = block.slice(int(np.flatnonzero(~bad)[0]), 1)
            if not bad.any():
                continue
            good = self._good(number, block, bad, open_, first)
            for turn in range(_TURNS if good is not None else 0):
                block = self._from_others(good, block, bad, open_, first + turn * len(block))
                bad = ~_kept(conditions, block)
                if not bad.any():
                    break
            for name in open_:
                if bad.any() and self._shape.column(name).nullable:
                    block = _replaced(block, name, pa.nulls(len(block), block.schema.field(name).type), bad)
                    bad = ~_kept(conditions, block)
            broken |= bad
        return block, broken

    def breaks(self, block: pa.Table) -> NDArray[np.bool_]:
        """Return which rows of ``block`` are broken."""
        broken = np.zeros(len(block), dtype=np.bool_)
        for _, conditions, _ in self._groups:
            broken |= ~_kept(conditions, block)
        return broken

    def _good(
        self, number: int, block: pa.Table, bad: NDArray[np.bool_], open_: Sequence[ColumnName], first: int
    ) -> pa.Table | None:
        """Return rows of the columns ``open_`` to mend others with; None when there are none."""
        if not open_:
            return None
        found = block.select(open_).filter(pa.array(~bad))
        if len(found) < _FEW:
            random = np.random.default_rng([self._salt, first, number])
            places = random.integers(0, len(block), (len(open_), _MOST_TRIED))
            tried = block.take(pa.array(random.integers(0, len(block), _MOST_TRIED)))
            for name, at in zip(open_, places, strict=True):
                cells = block.column(name).take(pa.array(at))
                tried = tried.set_column(tried.column_names.index(name), tried.schema.field(name), cells)
            kept = pa.array(_kept(self._groups[number][1], tried))
            found = pa.concat_tables([found, tried.select(open_).filter(kept)])
        if len(found):
            return found.combine_chunks()
        model = self._model.get(number)
        model = self._from_the_conditions(number, block, open_) if model is None else model
        return None if model is None else model.select(open_).combine_chunks()

    def _from_others(
        self, good: pa.Table, block: pa.Table, bad: NDArray[np.bool_], open_: Sequence[ColumnName], first: int
    ) -> pa.Table:
        places = np.arange(len(block), dtype=np.int64)
        drawn = mixed(places.astype(np.uint64) + np.full(1, (self._salt + first) % 2**64, dtype=np.uint64))
        chosen = (drawn % np.uint64(len(good))).astype(np.int64)
        for name in open_:
            block = _replaced(block, name, good.column(name).take(pa.array(chosen)), bad)
        return block

    def _from_the_conditions(self, number: int, block: pa.Table, open_: Sequence[ColumnName]) -> pa.Table | None:
        """Return the first row with values that the conditions themselves speak of in it; None when none keeps them.

        Where nothing could be learned, every row may break ``status IN ('A', 'B')`` or ``amount > 0``.
        """
        conditions = self._groups[number][1]
        said = [text for condition in conditions for text in _constants(condition)]
        types = [block.schema.field(name).type for name in open_]
        values = [
            pa.concat_arrays([block.column(name).combine_chunks().slice(0, 1), *_typed(said, kind)])
            for name, kind in zip(open_, types, strict=True)
        ]
        rows = math.prod(map(len, values))
        if not open_ or rows > _MOST_TRIED:
            return None
        tried = pa.concat_tables([block.slice(0, 1)] * rows).combine_chunks()
        each = 1
        for name, found in zip(open_, values, strict=True):
            tried = _replaced(
                tried, name, found.take(pa.array(np.arange(rows) // each % len(found))), np.ones(rows, bool)
            )
            each *= len(found)
        kept = np.flatnonzero(_kept(conditions, tried))
        if not kept.size:
            return None
        self._model[number] = tried.slice(int(kept[0]), 1)
        return self._model[number]


def _constants(node: Any) -> Iterator[str]:  # noqa: ANN401 - an operand
    """Yield the constants of a condition, and of each number its neighbours, as text."""
    match node:
        case ("text", text):
            yield text
        case ("truth", value):
            yield str(value).lower()
        case ("number", text):
            yield from (str(Decimal(text) + step) for step in (0, 1, -1))
        case ("column", _):
            return
        case tuple():
            for part in node:
                yield from _constants(part)


def _typed(texts: Sequence[str], kind: pa.DataType) -> list[pa.Array]:
    """Return those of ``texts`` that are values of type ``kind``."""
    found = []
    for text in dict.fromkeys(texts):
        with contextlib.suppress(pa.ArrowInvalid, pa.ArrowNotImplementedError):
            found.append(pa.array([text], pa.string()).cast(kind))
    return found


def _kept(conditions: Sequence[Condition], block: pa.Table) -> NDArray[np.bool_]:
    found = np.ones(len(block), dtype=np.bool_)
    for condition in conditions:
        found &= keeps(condition, block).to_numpy(zero_copy_only=False)
    return found


def _replaced(block: pa.Table, name: str, values: pa.Array | pa.ChunkedArray, where: NDArray[np.bool_]) -> pa.Table:
    at = block.column_names.index(name)
    given = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    both = pa.concat_arrays([block.column(at).combine_chunks(), given])
    places = np.arange(len(block)) + np.where(where, len(block), 0)
    return block.set_column(at, block.schema.field(at), both.take(pa.array(places)))


def _with(settled: Collection[ColumnName], together: Sequence[Collection[ColumnName]]) -> list[Collection[ColumnName]]:
    """Return the settled columns, and the references that one of them belongs to."""
    return [settled, *(each for each in together if set(each) & set(settled))]


def _grouped(
    conditions: Sequence[Condition], together: Sequence[Collection[ColumnName]]
) -> list[tuple[list[ColumnName], list[Condition]]]:
    """Return the conditions that share columns, by way of others too, with all their columns."""
    groups: list[tuple[set[str], list[Condition]]] = []
    for condition in conditions:
        names = set(columns_of(condition))
        for each in together:
            names |= set(each) if names & set(each) else set()
        mine = (names, [condition])
        apart = []
        for group in groups:
            if group[0] & names:
                mine = (mine[0] | group[0], [*group[1], *mine[1]])
            else:
                apart.append(group)
        groups = [*apart, mine]
    return [([ColumnName(name) for name in sorted(names)], kept) for names, kept in groups]
