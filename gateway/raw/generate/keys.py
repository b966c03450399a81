"""Fresh surrogate keys: unique, typed, and made from a public seed alone, never from the source's keys.

The key of any row can be told from its place alone: a table's places are permuted by a small Feistel network whose
rounds are seeded, and places outside the range are walked on from (Black and Rogaway, "Ciphers with arbitrary finite
domains", 2002). So millions of keys take no memory, and rows may be made in any pieces. It mixes; it hides nothing.
"""

from __future__ import annotations

import decimal
import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from gateway.raw.generate.physical import LARGEST
from gateway.vocabulary.errors import Unsupported
from gateway.vocabulary.schema import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
_UUID, _HEX, _CODE = 36, 32, 12
"""Lengths of a UUID with and without hyphens, and of the longest code: 36**12 is the last power below 2**63."""
_EXACT_FLOAT = 2**53
_ROUNDS = 8
_STEP = 0x9E3779B97F4A7C15
"""The golden ratio in 64 bits: SplitMix64's increment (Steele, Lea and Flood, 2014)."""


def salt(seed: int, *labels: str | int) -> int:
    """Return a number of 64 bits for one use of ``seed``, so that no two uses draw alike."""
    text = "\0".join(map(str, (seed, *labels)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return SplitMix64's finalizer of each number: one to one on 64 bits."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


def permuted(
    places: NDArray[np.int64], size: int | NDArray[np.int64], *, key: int | NDArray[np.uint64]
) -> NDArray[np.int64]:
    """Return where each of ``places`` (0 to ``size`` - 1, ``size`` at most 2**63) goes in the permutation of ``key``.

    ``size`` and ``key`` may differ from place to place: one permutation for each pair of them.
    """
    shape = places.shape
    sizes = np.broadcast_to(np.asarray(size).astype(np.uint64), shape)
    keys = np.broadcast_to(np.asarray(key, dtype=np.uint64), shape)
    found = _shuffled(places.astype(np.uint64), _half_bits(sizes), keys)
    outside = np.flatnonzero(found >= sizes)
    while outside.size:
        again = _shuffled(found[outside], _half_bits(sizes[outside]), keys[outside])
        found[outside] = again
        outside = outside[again >= sizes[outside]]
    return found.astype(np.int64)


def _half_bits(sizes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return half the bits that numbers below each size take, rounded up; 1 at least."""
    largest = np.maximum(sizes, 2) - np.uint64(1)
    bits = np.frexp(largest.astype(np.float64))[1].astype(np.uint64)
    bits -= largest >> (bits - np.uint64(1)) == 0  # turned into a float, a large number may be rounded up
    return (bits + np.uint64(1)) // np.uint64(2)


def _shuffled(numbers: NDArray[np.uint64], half: NDArray[np.uint64], keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    mask = (np.uint64(1) << half) - np.uint64(1)
    left, right = numbers >> half, numbers & mask
    for turn in range(_ROUNDS):
        salted = keys + np.uint64((turn + 1) * _STEP % 2**64)
        left, right = right, left ^ (mixed(mixed(salted) + right) & mask)
    return (left << half) | right


def fresh_keys(column: Column, rows: int, *, seed: int) -> pa.Array:
    """Return ``rows`` distinct keys for ``column``, in its Arrow type; see ``keys_at``."""
    return keys_at(column, np.arange(rows), of=rows, key=salt(seed, "keys"))


def keys_at(column: Column, places: NDArray[np.int64], *, of: int, key: int) -> pa.Array:
    """Return the keys for ``column`` of the rows at ``places``, of ``of`` rows in all, in its Arrow type.

    Numbers are 1 to ``of`` in shuffled order; texts are random UUIDs, or codes of digits and small letters where the
    declared length has no room for one. Nothing is taken from the source but the declared type. Raises ``Unsupported``
    when the type holds no keys or too few of them. References from other tables are not brought along.
    """
    if column.kind is Kind.TEXT:
        return pa.array(_texts(column, places, of=of, key=key), type=column.arrow_type)
    if column.kind not in {Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT}:
        raise Unsupported(
            f"column {column.name} is {column.kind}: fresh keys are made for numbers and texts only; drop the column "
            "or declare another treatment"
        )
    if of > room(column):
        raise _too_few(column, of, room(column))
    return whole_numbers(column, permuted(places, max(of, 1), key=key) + 1)


def whole_numbers(column: Column, numbers: Sequence[int] | NDArray[np.int64]) -> pa.Array:
    """Return ``numbers`` in the Arrow type of a numeric ``column``; they must not exceed ``largest_number``."""
    if pa.types.is_decimal(column.arrow_type):
        plain = numbers.tolist() if isinstance(numbers, np.ndarray) else numbers
        return pa.array([decimal.Decimal(number) for number in plain], type=column.arrow_type)
    return pa.array(numbers, type=pa.int64()).cast(column.arrow_type)


def room(column: Column) -> int:
    """Return how many different keys ``column`` holds by its declared type; 0 where that holds no keys."""
    if column.kind is Kind.TEXT:
        length = _length(column)
        return 2**62 if length >= _HEX else len(ALPHABET) ** min(length, _CODE)
    return largest_number(column) if column.kind in {Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT} else 0


def _length(column: Column) -> int:
    declared = column.native.lower()
    return _UUID if "uuid" in declared or "uniqueidentifier" in declared else column.length or _UUID


def _texts(column: Column, places: NDArray[np.int64], *, of: int, key: int) -> list[str]:
    length = _length(column)
    if length >= _HEX:
        return _uuids(places, key, hyphens=length >= _UUID)
    if of > room(column):
        raise _too_few(column, of, room(column))
    return codes(permuted(places, room(column), key=key), min(length, _CODE))


def _uuids(places: NDArray[np.int64], key: int, *, hyphens: bool) -> list[str]:
    """Return UUIDs of version 4: 62 bits are a permutation of the places, so that no two are alike."""
    words = np.empty((len(places), 2), dtype=">u8")
    words[:, 0] = mixed(places.astype(np.uint64) + np.full(1, key, dtype=np.uint64))
    words[:, 1] = permuted(places, 2**62, key=key).astype(np.uint64)
    raw = words.view(np.uint8).reshape(len(places), 16)
    raw[:, 6] = raw[:, 6] & 0x0F | 0x40  # version 4: random
    raw[:, 8] = raw[:, 8] & 0x3F | 0x80  # variant of RFC 9562
    text = raw.tobytes().hex()
    whole = [text[at : at + _HEX] for at in range(0, len(text), _HEX)]
    return [f"{w[:8]}-{w[8:12]}-{w[12:16]}-{w[16:20]}-{w[20:]}" for w in whole] if hyphens else whole


def codes(numbers: NDArray[np.int64], size: int) -> list[str]:
    """Return each of ``numbers`` (below 36**size) as ``size`` digits and small letters."""
    digits = np.empty((len(numbers), size), dtype=np.uint8)
    letters = np.frombuffer(ALPHABET.encode(), dtype=np.uint8)
    rest = np.asarray(numbers, dtype=np.int64)
    for place in range(size - 1, -1, -1):
        digits[:, place] = letters[rest % len(ALPHABET)]
        rest = rest // len(ALPHABET)
    text = digits.tobytes().decode("ascii")
    return [text[at : at + size] for at in range(0, len(text), size)]


def largest_number(column: Column) -> int:
    """Return the largest whole number that ``column`` holds by its declared type."""
    if column.kind is Kind.DECIMAL and column.scale is not None:
        return int(10 ** max(min(column.precision or 38, 38) - column.scale, 0)) - 1
    if column.kind in {Kind.FLOAT, Kind.DECIMAL}:
        return _EXACT_FLOAT
    return LARGEST if column.highest is None else column.highest


def _too_few(column: Column, rows: int, room: int) -> Unsupported:
    return Unsupported(
        f"column {column.name} ({column.native}) has room for {room} different keys and {rows} rows need one each; "
        "widen the column in the source or drop it"
    )
