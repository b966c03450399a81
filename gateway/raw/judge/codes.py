"""The three frames of an arena as small numbers, made once: what every attack and distance computes on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gateway.vocabulary.errors import CheckFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gateway.vocabulary.names import ColumnName

FEWEST_ROWS = 50
"""With fewer training or control rows no interval is narrow enough to say anything."""
NULL = -1
_NULL_POSITION = -1000.0
_FARTHEST = 50.0
"""Positions are clipped here, so that no real number comes near the place of NULL."""
_HUGE = 1e150
_WIDEST = 2**62
_STRETCH = 20
_AT_ONCE = 65_536
"""Rows that are moved or compared together, so that no second copy of a frame is made."""


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Codes:
    """Training, control and synthetic rows, in this order, as two matrices of one row per row. Raw: does not print."""

    cells: NDArray[np.int32]
    """Rows x columns. Equal codes are equal values in all frames; NULL and NaN are -1. Codes rise with the value."""
    positions: NDArray[np.float32]
    """Rows x columns, columns in another order: the sum of ``min(1, |a - b|)`` is two rows' Gower distance."""
    placed: NDArray[np.int64]
    """Per column of ``positions``, which column of ``cells`` it is."""
    ordered: NDArray[np.bool_]
    """Per column: whether its values are numbers or times, so that "at most" has a meaning."""
    sizes: NDArray[np.int32]
    """Per column: how many different values it has in all frames together."""
    numbers: tuple[NDArray[np.float64], ...]
    """For each column the number behind each code, and behind -1 NaN; the code itself where values have no order."""
    train: int
    control: int
    synthetic: int

    def __repr__(self) -> str:
        """Say nothing of the rows."""
        return "<Codes: rows withheld>"

    @property
    def real(self) -> NDArray[np.int32]:
        """The cells of the training rows, then of the control rows."""
        return self.cells[: self.train + self.control]

    @cached_property
    def held_out(self) -> NDArray[np.float32]:
        """The positions of the control rows, columns x rows, as kernels search them."""
        return np.ascontiguousarray(self.positions[self.train : self.train + self.control].T)

    @cached_property
    def searched(self) -> NDArray[np.float32]:
        """The positions of the synthetic rows, columns x rows, as kernels search them."""
        return np.ascontiguousarray(self.positions[self.train + self.control :].T)

    @property
    def invented(self) -> NDArray[np.int32]:
        """The cells of the synthetic rows."""
        return self.cells[self.train + self.control :]


def encode(train: pa.Table, control: pa.Table, synthetic: pa.Table, columns: Sequence[ColumnName]) -> Codes:
    """Return the three frames as codes, reading ``columns`` alone. Memory: eight bytes a cell.

    Values are compared exactly, as their declared type holds them. Raises ``CheckFailed`` when there is no column, no
    synthetic row, fewer than 50 training or control rows, or a column that is missing or of another type in a frame.
    """
    frames = (train, control, synthetic)
    _refuse_what_cannot_be_attacked(frames, columns)
    rows = sum(frame.num_rows for frame in frames)
    cells = np.empty((rows, len(columns)), dtype=np.int32)
    positions = np.empty((rows, len(columns)), dtype=np.float32)
    sizes, ordered, numbers = [], [], []
    for place, name in enumerate(columns):
        codes, values = code_column([frame.column(name) for frame in frames])
        is_ordered = has_order(values.type)
        cells[:, place] = codes
        positions[:, place] = _scale(codes, values, codes[-synthetic.num_rows :]) if is_ordered else codes
        sizes.append(len(values))
        ordered.append(is_ordered)
        numbers.append(np.append(numbers_of(values) if is_ordered else np.arange(len(values)), np.nan))
    placed = _by_telling(positions, synthetic.num_rows)
    for begin in range(0, rows, _AT_ONCE):
        positions[begin : begin + _AT_ONCE] = positions[begin : begin + _AT_ONCE, placed]
    return Codes(
        cells=cells,
        positions=positions,
        placed=placed,
        ordered=np.array(ordered, dtype=np.bool_),
        sizes=np.array(sizes, dtype=np.int32),
        numbers=tuple(numbers),
        train=train.num_rows,
        control=control.num_rows,
        synthetic=synthetic.num_rows,
    )


def row_ids(cells: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return one number per row, equal for equal rows and for those only (exact, no hashing)."""
    ids, below = np.zeros(len(cells), dtype=np.int64), 1
    for column in cells.T:
        size = int(column.max(initial=0)) + 2
        if below * size > _WIDEST:
            # as many columns as go into one number are sorted at once
            ids = np.unique(ids, return_inverse=True)[1].astype(np.int64)
            below = int(ids.max(initial=0)) + 1
        ids, below = ids * size + (column - NULL), below * size
    return np.unique(ids, return_inverse=True)[1].astype(np.int64)


def _refuse_what_cannot_be_attacked(frames: Sequence[pa.Table], columns: Sequence[ColumnName]) -> None:
    train, control, synthetic = frames
    if not columns:
        raise CheckFailed("there is no learned column to attack; learn at least one")
    if synthetic.num_rows == 0:
        raise CheckFailed("the synthetic table is empty; there is nothing to judge")
    if min(train.num_rows, control.num_rows) < FEWEST_ROWS:
        raise CheckFailed(
            f"fewer than {FEWEST_ROWS} training or control rows, so that no attack could tell anything: it takes about "
            f"{FEWEST_ROWS} divided by `holdout` units ({FEWEST_ROWS * 10} where that is 0.1); raise `holdout`, or do "
            "not release so small a table"
        )
    for name in columns:
        if any(name not in frame.column_names for frame in frames):
            raise CheckFailed(f"column {name} is missing from the training, control or synthetic rows")
        if len({frame.schema.field(name).type for frame in frames}) > 1:
            raise CheckFailed(f"column {name} has another type in the synthetic rows than in production")


def code_column(columns: Sequence[pa.ChunkedArray]) -> tuple[NDArray[np.int32], pa.Array]:
    """Return the codes of all cells of one column, all frames' one after the other, and its values in rising order."""
    joined = pa.chunked_array([chunk for column in columns for chunk in column.chunks], columns[0].type)
    rows = len(joined)
    if pa.types.is_null(joined.type):
        return np.full(rows, NULL, dtype=np.int32), pa.array([], pa.string())
    if pa.types.is_floating(joined.type):
        # NaN equals nothing, not even its copy: it is treated as NULL. Adding nought makes -0 and 0 one value.
        joined = pc.add(
            pc.if_else(pc.is_nan(joined), pa.scalar(None, joined.type), joined), pa.scalar(0.0, joined.type)
        )
    encoded = joined.combine_chunks().dictionary_encode()
    values = encoded.dictionary
    by_value = pc.array_sort_indices(values).to_numpy()
    rank = np.empty(len(values) + 1, dtype=np.int32)
    rank[by_value] = np.arange(len(values), dtype=np.int32)
    rank[-1] = NULL
    indices = encoded.indices.fill_null(len(values)).to_numpy(zero_copy_only=False)
    return rank[indices], values.take(pa.array(by_value))


def has_order(kind: pa.DataType) -> bool:
    """Tell whether values of this type are numbers or times, so that "at most" has a meaning."""
    types = pa.types
    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind) or types.is_temporal(kind))


def _scale(codes: NDArray[np.int32], values: pa.Array, invented: NDArray[np.int32]) -> NDArray[np.float32]:
    numbers = numbers_of(values)
    return np.append(places(numbers, numbers[invented[invented != NULL]]), _NULL_POSITION).astype(np.float32)[codes]


def places(numbers: NDArray[np.float64], seen: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each number's place between the 1 % and 99 % quantiles of those ``seen`` in synthetic rows, as 0 to 1.

    Quantiles rather than ends, so that one far synthetic value does not make all others look alike; and where they are
    further apart than 20 times the middle half (a number such as 999999999 that stands for "unknown"), 20 times the
    middle half. NaN, which is no number, is far from all others and at no distance from itself.
    """
    low, high = np.quantile(seen, [0.01, 0.99], method="nearest") if len(seen) else (0.0, 1.0)
    if not high > low and len(seen):
        low, high = seen.min(), seen.max()
    span = high - low if high > low else 1.0
    if len(seen):
        first, middle, last = np.quantile(seen, [0.25, 0.5, 0.75], method="nearest")
        if 0 < last - first < span / _STRETCH:
            low, span = middle, _STRETCH * (last - first)
    scaled = np.clip((numbers - low) / span, -_FARTHEST, _FARTHEST)
    return np.where(np.isnan(numbers), _NULL_POSITION, scaled)


def numbers_of(values: pa.Array) -> NDArray[np.float64]:
    """Return values that have an order as numbers; times in the units of their type."""
    if pa.types.is_temporal(values.type):
        values = values.cast(pa.int32() if values.type.bit_width == 32 else pa.int64())  # noqa: PLR2004 - bits
    numbers: NDArray[np.float64] = values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return np.clip(numbers, -_HUGE, _HUGE)


def most_telling_first(positions: NDArray[np.float32], synthetic: int) -> NDArray[np.float32]:
    """Return the columns ordered so that a search for the nearest row gives up early on rows that are far.

    ``positions`` are rows x columns, the last ``synthetic`` of which are the ones that are searched.
    """
    return np.ascontiguousarray(positions[:, _by_telling(positions, synthetic)])


def _by_telling(positions: NDArray[np.float32], synthetic: int) -> NDArray[np.int64]:
    """Return the columns by how far apart two neighbouring rows are in them, farthest first (of up to 65,536 rows)."""
    invented = positions[-synthetic:][:_AT_ONCE]
    apart = np.minimum(1, np.abs(invented - np.roll(invented, 1, axis=0))).mean(axis=0)
    return np.argsort(-apart, kind="stable")
