"""Which rows are looked at: those with the least keyed hashes, so that nobody who writes rows can choose them.

What is hashed is what tells a row from the others: its declared key, wherever it lies in the table; where none is
declared, what the source tells it by (an address, a number, or, in files, its content). The key of the hash is one
installation's secret, so the same table gives the same sample again, and to whoever does not have the secret each row
is as likely to be looked at as any other. A sample is all rows under a threshold on the hash, cut to those with the
least: one pass in the source that sends little more than is kept, and the outcome does not depend on the threshold.
"""

from __future__ import annotations

import hashlib
import math
import secrets
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from gateway.vocabulary.names import ColumnName, TableName
    from gateway.vocabulary.schema import Table

SHARE, CERTAINTY, TIMES = 0.01, 0.999, 2
"""The promise: a kind of value that this share of rows has is drawn this often at least, with this probability. Twice,
because a shape that one value alone has is never told."""
LEAST_FILLED = 0.5
"""Share of rows in which a column has to have a value for the first look at its table to keep the promise for it."""
LONGEST = 32_768
"""Characters of a text, or of a document (JSON and the like), that a sample holds."""

_WHOLE = 2**64
_PURPOSE = b"gateway-sample"
_LONGEST_KEY = 64
_MARGIN = 1.3
_MOST = 4
"""More than so many times the rows asked for, and the threshold was too high; the rest of them is not read."""
_SMALLEST_STEP, _GREATEST_STEP, _STEP_DOWN = 2.0, 256.0, 16.0
_TRIES = 40
_AT_ONCE = 64
"""Columns that are looked at again in one pass."""


def enough(*, share: float = SHARE, certainty: float = CERTAINTY, times: int = TIMES) -> int:
    """Return how many rows show what a ``share`` of all rows has, ``times`` times or more, with this ``certainty``.

    Rows are drawn independently of what they hold; without replacement they show it more surely still.
    """
    rows = times
    while _missed(rows, share=share, times=times) > 1 - certainty:
        rows += 1
    return rows


def _missed(rows: int, *, share: float, times: int) -> float:
    return math.fsum(math.comb(rows, n) * share**n * (1 - share) ** (rows - n) for n in range(times))


FILLED = enough()
"""Cells with a value that are drawn of every column that has so many."""
ROWS = math.ceil(FILLED / LEAST_FILLED)
"""Rows drawn of every table that has so many."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Rows that are wanted: those whose hash is in the first ``share`` of all hashes, and that fill ``filled``."""

    share: float
    filled: ColumnName | None = None

    @property
    def below(self) -> int | None:
        """Return the unsigned 64-bit number that hashes have to be less than; None when all will do."""
        return int(self.share * _WHOLE) if self.share < 1 else None

    def holds(self, rows: pa.Table, hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Return which of ``rows`` are of this part."""
        found = np.ones(rows.num_rows, dtype=np.bool_)
        if self.below is not None:
            found &= hashes < np.uint64(self.below)
        if self.filled is not None:
            found &= pc.is_valid(rows.column(self.filled)).to_numpy(zero_copy_only=False)
        return found


@dataclass(frozen=True, kw_only=True)
class Look:
    """One look at a table: rows of any of ``parts``, with ``columns``, ``most`` at most."""

    table: TableName
    columns: tuple[ColumnName, ...]
    parts: tuple[Part, ...]
    most: int
    seed: bytes
    """Secret of this table: the key of its hash."""


class Drawing(ABC):
    """The sampling half of a snapshot, over what each kind of source does its own way: ``count`` and ``look``."""

    @abstractmethod
    def count(self, table: TableName) -> float:
        """Return about how many rows there are; it may be wrong, and then costs another pass or two."""

    @abstractmethod
    def look(self, wanted: Look) -> tuple[pa.Table, NDArray[np.uint64]]:
        """Return the rows of any part, in any order, and the hash of each; whatever ``most`` rows come first."""

    def sample(self, table: TableName, columns: Sequence[ColumnName], *, rows: int) -> pa.Table:
        """Return ``rows`` rows as ``draw`` does, by a secret of this process alone."""
        return self.draw(table, columns, rows=rows, secret=of_this_process())

    def draw(self, table: TableName, columns: Sequence[ColumnName], *, rows: int, secret: bytes) -> pa.Table:
        """Return the rows with the least hashes, least first; see ``KeyedSnapshot``."""
        share = _Share(rows, self.count(table))
        for _ in range(_TRIES):
            look = Look(
                table=table, columns=tuple(columns), parts=(Part(share=share.now),), most=_MOST * rows,
                seed=seed_of(table, secret),
            )  # fmt: skip
            found, hashes = self.look(look)
            if share.is_right(found.num_rows):
                break
        return found.take(_least(hashes, rows))

    def draw_filled(
        self, table: TableName, columns: Mapping[ColumnName, float], *, rows: int, secret: bytes
    ) -> dict[ColumnName, pa.ChunkedArray]:
        """Return for each column ``rows`` cells that are not NULL; see ``KeyedSnapshot``."""
        found: dict[ColumnName, pa.ChunkedArray] = {}
        count = self.count(table)
        waiting = {name: _Share(rows, share * count) for name, share in columns.items()}
        for _ in range(_TRIES):
            names = list(waiting)
            for at in range(0, len(names), _AT_ONCE):
                some = {name: waiting[name] for name in names[at : at + _AT_ONCE]}
                found |= self._again(table, some, rows=rows, seed=seed_of(table, secret))
            waiting = {name: share for name, share in waiting.items() if name not in found}
            if not waiting:
                break
        return found

    def _again(
        self, table: TableName, shares: Mapping[ColumnName, _Share], *, rows: int, seed: bytes
    ) -> dict[ColumnName, pa.ChunkedArray]:
        """Look once at all of ``shares``, and return the cells of those whose thresholds were right."""
        parts = {name: Part(share=share.now, filled=name) for name, share in shares.items()}
        most = _MOST * rows * len(parts)
        look = Look(table=table, columns=tuple(parts), parts=tuple(parts.values()), most=most, seed=seed)
        read, hashes = self.look(look)
        cut = read.num_rows >= most
        found = {}
        for name, part in parts.items():
            own = part.holds(read, hashes)
            # of what was cut off, only those are known to be too many of which too many have come
            if (not cut or own.sum() >= _MOST * rows) and shares[name].is_right(int(own.sum())):
                found[name] = read.column(name).filter(pa.array(own)).take(_least(hashes[own], rows))
        return found


class _Share:
    """The search for a share of which about the rows wanted come: from an estimate, corrected by what came."""

    def __init__(self, rows: int, estimate: float) -> None:
        self._rows = rows
        self._few, self._many = 0.0, math.inf
        self.now = min(1.0, _MARGIN * rows / max(estimate, 1.0))

    def is_right(self, found: int) -> bool:
        """Tell whether ``found`` rows will do; choose another share if not."""
        if found >= _MOST * self._rows:
            self._many = self.now
            wanted = self.now / _STEP_DOWN
        elif found >= self._rows or self.now >= 1:
            return True
        else:
            self._few = self.now
            step = _MARGIN * self._rows / max(found, 1)
            wanted = self.now * min(max(step, _SMALLEST_STEP), _GREATEST_STEP)
        if self._few > 0 and not self._few < wanted < self._many:
            wanted = math.sqrt(self._few * self._many)
        self.now = min(1.0, wanted)
        return False


def seed_of(table: TableName, secret: bytes) -> bytes:
    """Return 32 secret bytes for ``table``. They are what a database gets to see; the secret itself it never does."""
    short = secret if len(secret) <= _LONGEST_KEY else hashlib.blake2b(secret).digest()
    return hashlib.blake2b(table.encode(), digest_size=32, key=short, person=_PURPOSE).digest()


@cache
def of_this_process() -> bytes:
    """Return a secret that lasts as long as the process, for a sample that need not be drawn again by another."""
    return secrets.token_bytes(32)


def identity(table: Table) -> tuple[ColumnName, ...]:
    """Return the columns that tell each row from all others, wherever it lies; empty when none are declared to."""
    if table.primary_key:
        return table.primary_key
    never_null = {column.name for column in table.columns if not column.nullable}
    return next((key for key in table.unique if never_null.issuperset(key)), ())


def _least(hashes: NDArray[np.uint64], rows: int) -> pa.Array:
    return pa.array(np.argsort(hashes, kind="stable")[:rows])
