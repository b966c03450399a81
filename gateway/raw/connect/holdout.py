"""Set people aside before training, so that attacks can be compared with people the generator never saw."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gateway.raw.rows import RawTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gateway.vocabulary.names import ColumnName

_PURPOSE = b"gateway-holdout"
_LONGEST_KEY = 64
_PLAIN = 6
"""Arrow writes decimals of more digits behind the point with an exponent, when they are small enough: 0E-7."""


def split_by_unit(
    rows: RawTable, key: Sequence[ColumnName], *, share: float, secret: bytes
) -> tuple[RawTable, RawTable]:
    """Return (training, control), where each person is in control with probability ``share``, by ``secret`` alone.

    ``key`` names the columns that together say whose row it is. The side follows from keyed BLAKE2b (RFC 7693) of the
    key's values, so the same person falls on the same side in every table and every run with this secret, and nobody
    without it can tell who was held out. A number is the same person whether it is declared an integer or a decimal.
    Rows with a NULL in the key belong to no known person: training. Order is kept.

    ``ValueError`` for an empty key, an empty secret, or a share not within (0, 1). Not checked: that the secret is
    random and kept, or that either side has rows.
    """
    frame = rows.expose()
    control = pa.array(held_out([frame.column(name).combine_chunks() for name in key], share=share, secret=secret))
    return RawTable(rows.table, frame.filter(pc.invert(control))), RawTable(rows.table, frame.filter(control))


def held_out(key: Sequence[pa.Array], *, share: float, secret: bytes) -> NDArray[np.bool_]:
    """Return which keys, given as one array for each of their columns, are in control; see ``split_by_unit``."""
    if not key or not secret or not 0 < share < 1:
        raise ValueError("a holdout needs at least one key column, a secret, and a share between 0 and 1")
    coded = _identities(key).dictionary_encode()
    aside = _hashed(coded.dictionary, secret=secret) < np.uint64(int(share * 2**64))
    places = pc.fill_null(coded.indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)
    return np.asarray(np.append(aside, False)[places])


def _identities(columns: Sequence[pa.Array]) -> pa.Array:
    """Write each row's key as one text, NULL when any part is; lengths keep ("a", "bc") and ("ab", "c") apart."""
    parts = []
    for column in columns:
        text = _canonical(column)
        parts += [_tag(column.type), pc.binary_length(text.cast(pa.binary())).cast(pa.string()), text]
    return pc.binary_join_element_wise(*parts, ":", null_handling="emit_null")


def _canonical(column: pa.Array) -> pa.Array:
    text = column.cast(pa.string())
    if pa.types.is_decimal(column.type) and column.type.scale > _PLAIN:
        written = [None if value is None else format(value, "f") for value in column.to_pylist()]
        text = pa.array(written, pa.string())
    if pa.types.is_decimal(column.type) and column.type.scale > 0:
        # 7.00 and 7 are one key
        return pc.utf8_rtrim(pc.utf8_rtrim(text, "0"), ".")
    return text


def _tag(kind: pa.DataType) -> str:
    return "number" if pa.types.is_integer(kind) or pa.types.is_decimal(kind) else str(kind)


def _hashed(identities: pa.Array, *, secret: bytes) -> NDArray[np.uint64]:
    short = secret if len(secret) <= _LONGEST_KEY else hashlib.blake2b(secret).digest()
    keyed = hashlib.blake2b(digest_size=8, key=short, person=_PURPOSE)
    digests = bytearray()
    for identity in identities.cast(pa.binary()).to_pylist():
        one = keyed.copy()
        one.update(identity)
        digests += one.digest()
    return np.frombuffer(bytes(digests), np.uint64)
