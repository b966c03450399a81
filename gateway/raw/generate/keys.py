"""Fresh surrogate keys: unique, typed, and made from a public seed alone, never from the source's keys."""

from __future__ import annotations

import decimal
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from gateway.vocabulary.errors import Unsupported
from gateway.vocabulary.schema import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
_UUID, _HEX, _CODE = 36, 32, 12
"""Lengths of a UUID with and without hyphens, and of the longest code: 36**12 is the last power below 2**63."""
_EXACT_FLOAT, _INT32, _INT64 = 2**53, 2**31 - 1, 2**63 - 1
_SMALL_INTEGERS = {"tiny": 127, "small": 2**15 - 1, "int2": 2**15 - 1, "medium": 2**23 - 1}
_LARGE_INTEGERS = ("big", "int8", "long")


def fresh_keys(column: Column, rows: int, *, seed: int) -> pa.Array:
    """Return ``rows`` distinct keys for ``column``, in its Arrow type; the same seed gives the same keys.

    Numbers are 1 to ``rows`` in shuffled order; texts are random UUIDs, or codes of digits and small letters where the
    declared length has no room for one. Nothing is taken from the source but the declared type. Raises ``Unsupported``
    when the type holds no keys or too few of them. References from other tables are not brought along.
    """
    generator = np.random.default_rng([seed, 0x6B657973])
    if column.kind is Kind.TEXT:
        return pa.array(_texts(column, rows, generator), type=column.arrow_type)
    if column.kind not in {Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT}:
        raise Unsupported(
            f"column {column.name} is {column.kind}: fresh keys are made for numbers and texts only; drop the column "
            "or declare another treatment"
        )
    room = largest_number(column)
    if rows > room:
        raise _too_few(column, rows, room)
    return whole_numbers(column, (generator.permutation(rows) + 1).tolist())


def whole_numbers(column: Column, numbers: Sequence[int]) -> pa.Array:
    """Return ``numbers`` in the Arrow type of a numeric ``column``; they must not exceed ``largest_number``."""
    if pa.types.is_decimal(column.arrow_type):
        return pa.array([decimal.Decimal(number) for number in numbers], type=column.arrow_type)
    return pa.array(numbers, type=pa.int64()).cast(column.arrow_type)


def _texts(column: Column, rows: int, generator: np.random.Generator) -> list[str]:
    declared = column.native.lower()
    length = _UUID if "uuid" in declared or "uniqueidentifier" in declared else column.length or _UUID
    if length >= _HEX:
        return _uuids(rows, generator, hyphens=length >= _UUID)
    size = min(length, _CODE)
    if rows > len(ALPHABET) ** size:
        raise _too_few(column, rows, len(ALPHABET) ** size)
    return codes(generator.choice(len(ALPHABET) ** size, rows, replace=False), size)


def _uuids(rows: int, generator: np.random.Generator, *, hyphens: bool) -> list[str]:
    raw = np.frombuffer(generator.bytes(16 * rows), dtype=np.uint8).reshape(rows, 16).copy()
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
    """Return the largest whole number that ``column`` holds by its declared type.

    An integer whose native name does not say its width is taken for one of 32 bits, the narrowest of that name in use.
    """
    if column.kind is Kind.DECIMAL and column.scale is not None:
        return int(10 ** max(min(column.precision or 38, 38) - column.scale, 0)) - 1
    if column.kind in {Kind.FLOAT, Kind.DECIMAL}:
        return _EXACT_FLOAT
    native = column.native.lower()
    for name, limit in _SMALL_INTEGERS.items():
        if name in native:
            return limit
    return _INT64 if any(name in native for name in _LARGE_INTEGERS) else _INT32


def _too_few(column: Column, rows: int, room: int) -> Unsupported:
    return Unsupported(
        f"column {column.name} ({column.native}) has room for {room} different keys and {rows} rows need one each; "
        "widen the column in the source or drop it"
    )
