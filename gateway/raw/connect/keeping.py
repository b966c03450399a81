"""Which rows of an owner who has too many are kept: chosen by a keyed hash of what they are, beside that owner's own.

Nothing that others have changes the choice, nor does the order in which a database hands out rows: rows that read the
same are told apart by nothing but how many there are.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_PURPOSE = b"gateway-kept"
_LONGEST_KEY = 64
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_STEP = np.uint64(0x9E3779B97F4A7C15)


def kept(
    owner: NDArray[np.int64], columns: Sequence[pa.ChunkedArray], *, most: int, secret: bytes
) -> NDArray[np.bool_]:
    """Return which rows stay: all of an owner that has at most ``most``, ``most`` of any other.

    ``owner`` (rows,) is the owner of each, not negative; ``columns`` are what the rows are, NULL among the values.
    """
    staying = np.ones(owner.size, dtype=np.bool_)
    many = np.bincount(owner) > most
    at = np.flatnonzero(many[owner]) if owner.size else np.zeros(0, dtype=np.int64)
    if not at.size:
        return staying
    whose = owner[at]
    seed = np.uint64(int.from_bytes(_digest(secret, b"seed"), "big"))
    hashed = np.full(at.size, seed)
    for column in columns:
        hashed = mixed(hashed, _hashes(column.take(pa.array(at)), secret=secret))
    # of rows that are alike each gets a hash of its own, by its number among them: else all would stay, or none
    sort = np.lexsort((hashed, whose))
    place = place_in_run(whose[sort], hashed[sort])
    numbered = mixed(hashed[sort], place.astype(np.uint64))
    chosen = np.lexsort((numbered, whose[sort]))
    rank = place_in_run(whose[sort][chosen])
    staying[at[sort[chosen[rank >= most]]]] = False
    return staying


def place_in_run(*keys: NDArray[Any]) -> NDArray[np.int64]:
    """Return for each entry of sorted ``keys`` how many of the same stand before it."""
    starts = np.ones(keys[0].size, dtype=np.bool_)
    starts[1:] = np.logical_or.reduce([key[1:] != key[:-1] for key in keys])
    first = np.flatnonzero(starts)
    return np.arange(keys[0].size) - np.repeat(first, np.diff(np.append(first, keys[0].size)))


def _hashes(column: pa.ChunkedArray, *, secret: bytes) -> NDArray[np.uint64]:
    """Return a keyed hash of every value, by its text; distinct values are hashed one by one, with BLAKE2b."""
    if pa.types.is_dictionary(column.type):
        # of the texts of the whole table only those of these rows
        column = column.cast(column.type.value_type)
    encoded = pc.dictionary_encode(column).combine_chunks()
    values = encoded.dictionary.cast(pa.large_string()).cast(pa.large_binary()).to_pylist()
    known = [int.from_bytes(_digest(secret, b"=" + value), "big") for value in values]
    known.append(int.from_bytes(_digest(secret, b"null"), "big"))
    indices = pc.fill_null(encoded.indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)
    return np.asarray(np.array(known, dtype=np.uint64)[indices])


def _digest(secret: bytes, value: bytes) -> bytes:
    short = secret if len(secret) <= _LONGEST_KEY else hashlib.blake2b(secret).digest()
    return hashlib.blake2b(value, digest_size=8, key=short, person=_PURPOSE).digest()


def mixed(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return a hash of both, by the finisher of SplitMix64 (Steele, Lea, Flood 2014); arithmetic modulo 2^64."""
    mixed = one * _STEP + other
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))
