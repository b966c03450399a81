"""The rows of one table as they are read: learned columns stay, keys only as long as somebody is found by them.

Texts are held as codes into the distinct ones, so no Arrow array of texts grows beyond what it can hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gateway.raw.connect.matching import NOBODY, Keys
from gateway.raw.family import there_name
from gateway.vocabulary.schema import TEXT_KINDS, Column

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from gateway.raw.connect.kinship import Portrait
    from gateway.vocabulary.names import ColumnName
    from gateway.vocabulary.schema import Table

_CODES = pa.dictionary(pa.int32(), pa.large_string())
_CHUNK = 2**14
"""Rows of one chunk of texts: an Arrow array of texts holds 2 GiB at most."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Named:
    """Rows that other rows name."""

    portrait: Portrait
    rows: pa.Table
    keys: Keys

    def find(self, slab: pa.Table) -> NDArray[np.int64]:
        """Return which of these each row of ``slab`` names, or NOBODY."""
        return self.keys.find([slab.column(name) for name in self.portrait.kin.owner_columns])

    def attach(self, places: NDArray[np.int64]) -> dict[ColumnName, pa.ChunkedArray]:
        """Return the columns of the rows at ``places``, under the names they have on the rows that name them."""
        taken = self.rows.take(pa.array(places, mask=places == NOBODY))
        found = {self.portrait.attached(c.name): taken.column(c.name) for c in self.portrait.columns}
        if self.portrait.is_optional:
            found[there_name(self.portrait.kin.owner_columns)] = pa.chunked_array([pa.array(places != NOBODY)])
        return found


class Gathered:
    """What was read of one table so far."""

    def __init__(self, portrait: Portrait, named: Sequence[Named], *, keys: Iterable[ColumnName]) -> None:
        """Begin with nothing; the columns ``keys`` are held of all rows, what a family has only of those taken in."""
        self._portrait, self._named = portrait, tuple(named)
        self._parts: dict[ColumnName, list[pa.Array]] = {c.name: [] for c in portrait.columns}
        self._keys: dict[ColumnName, list[pa.Array]] = {name: [] for name in keys}
        self._places: list[list[NDArray[np.int64]]] = [[] for _ in named]

    def take_in(self, slab: pa.Table, only: NDArray[np.bool_] | None = None) -> None:
        """Hold the keys of all rows of ``slab``, and of all rows, or of ``only`` those, what a family has of them."""
        for name, keys in self._keys.items():
            keys.extend(_packed(slab.column(name), self._portrait.source.column(name)).chunks)
        if only is not None:
            slab = slab.filter(pa.array(only))
        for column in self._portrait.learned:
            self._parts[column.name] += _packed(slab.column(column.name), column).chunks
        for public in self._portrait.public:
            coded = public.code([slab.column(name) for name in public.reference.columns])
            self._parts[public.column.name].append(coded)
        for link in self._portrait.links:
            there = np.ones(slab.num_rows, dtype=np.bool_)
            for name in link:
                there &= pc.is_valid(slab.column(name)).to_numpy()
            self._parts[there_name(link)].append(pa.array(there))
        for column in self._portrait.bare:
            if column.name in self._parts:
                self._parts[column.name].append(pa.array(np.ones(slab.num_rows, dtype=np.bool_)))
        for named, places in zip(self._named, self._places, strict=True):
            places.append(named.find(slab))

    def keys(self, names: Sequence[ColumnName]) -> list[pa.ChunkedArray]:
        """Return the key columns of all rows."""
        return [_whole(self._keys[name], self._portrait.source.column(name)) for name in names]

    def rows(self) -> pa.Table:
        """Return what was taken in, with texts as codes, and forget it; the columns are those of the portrait."""
        attached: dict[ColumnName, pa.ChunkedArray] = {}
        for named, places in zip(self._named, self._places, strict=True):
            attached |= named.attach(np.concatenate(places) if places else np.zeros(0, dtype=np.int64))
            places.clear()
        columns = {}
        for column in self._portrait.columns:
            parts = self._parts.pop(column.name)
            columns[column.name] = attached.get(column.name) or _whole(parts, column)
        return pa.table(columns)


def plain(rows: pa.Table, shape: Table) -> pa.Table:
    """Return ``rows`` with columns of texts as texts, in the types of ``shape``."""
    return pa.Table.from_arrays(
        [_decoded(rows.column(column.name), column) for column in shape.columns], schema=shape.arrow_schema()
    )


def _packed(values: pa.ChunkedArray, column: Column) -> pa.ChunkedArray:
    """Return texts as codes, other values as they are."""
    if column.kind not in TEXT_KINDS or pa.types.is_dictionary(values.type):
        return values
    return pc.dictionary_encode(values.cast(pa.large_string()))


def _whole(parts: list[pa.Array], column: Column) -> pa.ChunkedArray:
    """Return all parts of a column in one chunk."""
    if not parts:
        return pa.chunked_array([pa.array([], _CODES if column.kind in TEXT_KINDS else column.arrow_type)])
    joined = pa.chunked_array(parts)
    if column.kind in TEXT_KINDS:
        joined = joined.unify_dictionaries()
    return pa.chunked_array([joined.combine_chunks()])


def _decoded(values: pa.ChunkedArray, column: Column) -> pa.ChunkedArray:
    if column.kind not in TEXT_KINDS:
        return values
    cut = [chunk.slice(at, _CHUNK) for chunk in values.chunks for at in range(0, len(chunk), _CHUNK)]
    return pa.chunked_array([part.cast(pa.large_string()).cast(pa.string()) for part in cut], pa.string())
