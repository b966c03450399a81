"""A keyed hash of every row of a file, by what the row holds and not by where it stands.

Rows that read the same are told apart by how many of them came before, so that each has a chance of its own: of a kind
of value that 1 % of the rows have, all in rows that are alike, no fewer are drawn than of any other.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gateway.raw.connect.keeping import mixed, place_in_run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]

_PLACES = 4_096
"""Factors there are; of a longer row two characters share one."""
_SLICE = 8_192
"""Rows hashed at a time: each of their bytes takes 30 for a moment."""
_BETWEEN, _NOTHING = "\x1f", "\x00"


def row_hashes(batches: Iterable[pa.RecordBatch], *, seed: bytes) -> Hashes:
    """Return the hashes of all rows, in their order; 8 bytes each.

    A row's text is hashed by the multilinear method (Lemire and Kaser 2014, "Strongly universal string hashing is
    fast", section 2), whose factors are drawn from ``seed`` by SHAKE-256; then its number among its like is mixed in.
    Texts that collide are taken for like rows, which costs nothing: each has its own number.
    """
    factors = np.frombuffer(hashlib.shake_256(seed).digest(8 * _PLACES), np.uint64) | np.uint64(1)
    parts = (
        _of_texts(_texts(batch.slice(start, _SLICE)), factors)
        for batch in batches
        for start in range(0, batch.num_rows, _SLICE)
    )
    hashed = np.concatenate([np.zeros(0, dtype=np.uint64), *parts])
    sort = np.argsort(hashed, kind="stable")
    number = np.empty(hashed.size, dtype=np.uint64)
    number[sort] = place_in_run(hashed[sort]).astype(np.uint64)
    own = np.uint64(int.from_bytes(hashlib.blake2b(seed, digest_size=8).digest(), "big"))
    return mixed(mixed(np.full(hashed.size, own), hashed), number)


def _texts(rows: pa.RecordBatch) -> pa.Array:
    cells = [
        column.cast(pa.string()).cast(pa.large_string())  # there is no way to large texts from every type
        for column in rows.columns
    ]
    if not cells:
        return pa.array([""] * rows.num_rows, pa.large_string())
    filled = [pc.fill_null(cell, _NOTHING) for cell in cells]
    return pc.binary_join_element_wise(*filled, pa.scalar(_BETWEEN, pa.large_string()))


def _of_texts(texts: pa.Array, factors: Hashes) -> Hashes:
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    letters = np.frombuffer(data or b"", np.uint8)[ends[0] : ends[-1]] if len(texts) else np.zeros(0, np.uint8)
    ends = ends - ends[0] if len(texts) else ends
    place = np.arange(letters.size) - np.repeat(ends[:-1], np.diff(ends))
    sums = np.zeros(letters.size + 1, dtype=np.uint64)
    np.cumsum((letters.astype(np.uint64) + np.uint64(1)) * factors[place % _PLACES], out=sums[1:])
    return np.asarray(sums[ends[1:]] - sums[ends[:-1]])
