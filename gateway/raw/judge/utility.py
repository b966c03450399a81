"""How far the synthetic table is from the real one: total variation distances of columns, pairs and triples."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from gateway.raw.judge.codes import NULL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from gateway.vocabulary.names import ColumnName

Bins = tuple["NDArray[np.int64]", int]
"""The bin of every row, and how many bins there are."""
_BINS = 20
_MOST_VALUES = 100
_COARSE = 10


class Coded(Protocol):
    """Rows as codes, training first and synthetic last: ``Codes`` of one table, ``Cells`` of a history."""

    @property
    def cells(self) -> NDArray[np.int32]:
        """Rows x columns; NULL is -1."""
        ...

    @property
    def ordered(self) -> NDArray[np.bool_]:
        """Per column: whether codes rise with a value that has an order."""
        ...

    @property
    def sizes(self) -> NDArray[np.int32]:
        """Per column: how many different values."""
        ...

    @property
    def numbers(self) -> tuple[NDArray[np.float64], ...]:
        """For each column the number behind each code, and behind -1 NaN; the code itself where there is no order."""
        ...

    @property
    def train(self) -> int:
        """How many rows were trained on."""
        ...

    @property
    def control(self) -> int:
        """How many rows were held out."""
        ...

    @property
    def synthetic(self) -> int:
        """How many rows are synthetic."""
        ...


@dataclass(frozen=True, kw_only=True)
class Distances:
    """Total variation distances between training and synthetic rows, 0 to 1: one per column and one per pair."""

    one_way: Mapping[ColumnName, float]
    two_way: Mapping[tuple[ColumnName, ColumnName], float]

    @property
    def mean_one_way(self) -> float:
        """The mean over all columns."""
        return float(np.mean(list(self.one_way.values())))

    @property
    def mean_two_way(self) -> float:
        """The mean over all pairs; that of the columns when there is only one."""
        return float(np.mean(list((self.two_way or self.one_way).values())))

    def figures(self) -> dict[str, float]:
        """Return what the steward is shown, by name: both means and each column."""
        means = {"mean_one_way": self.mean_one_way, "mean_two_way": self.mean_two_way}
        return means | {f"one_way.{name}": figure for name, figure in self.one_way.items()}


def distances(codes: Coded, columns: Sequence[ColumnName]) -> Distances:
    """Compare the synthetic with the training rows, on every column and every pair of columns.

    Numbers and times are put into 20 bins of equally many training rows (a frequent value has a bin of its own), other
    values stand for themselves, all but the 100 most frequent ones together; NULL is a cell of its own. Two samples of
    one population are not at distance 0: with n rows each and k even cells they are about sqrt(k / (pi n)) apart.
    """
    bins = [binned(codes, column) for column in range(len(columns))]
    real = [cells[: codes.train] for cells, _ in bins]
    invented = [cells[len(cells) - codes.synthetic :] for cells, _ in bins]
    sizes = [size for _, size in bins]
    one_way = {name: distance(real[i], invented[i], sizes[i]) for i, name in enumerate(columns)}
    two_way = {
        (columns[i], columns[j]): distance(
            real[i] * sizes[j] + real[j], invented[i] * sizes[j] + invented[j], sizes[i] * sizes[j]
        )
        for i, j in itertools.combinations(range(len(columns)), 2)
    }
    return Distances(one_way=one_way, two_way=two_way)


def three_way(
    codes: Coded, columns: Sequence[ColumnName], *, most: int, random: np.random.Generator
) -> dict[tuple[ColumnName, ColumnName, ColumnName], float]:
    """Compare the synthetic with the training rows on triples of columns: all, or ``most`` drawn at random.

    Bins are coarser than those of ``distances``: 10 of numbers, and the 9 most frequent values; else most cells of a
    triple would be empty, and nothing but chance be compared.
    """
    count = len(columns)
    triples = list(itertools.islice(itertools.combinations(range(count), 3), most + 1))
    if len(triples) > most:
        triples = sorted(_triples(count, most, random))
    bins = [binned(codes, column, bins=_COARSE, values=_COARSE - 1) for column in range(count)]
    found = {}
    for one, two, three in triples:
        (a, first), (b, second), (c, third) = bins[one], bins[two], bins[three]
        cells = (a * second + b) * third + c
        real, invented = cells[: codes.train], cells[len(cells) - codes.synthetic :]
        found[columns[one], columns[two], columns[three]] = distance(real, invented, first * second * third)
    return found


def _triples(count: int, most: int, random: np.random.Generator) -> set[tuple[int, int, int]]:
    """Return ``most`` different triples of ``count`` columns, each as likely; there must be more than that."""
    found: set[tuple[int, int, int]] = set()
    while len(found) < most:
        one, two, three = sorted(int(each) for each in random.choice(count, 3, replace=False))
        found.add((one, two, three))
    return found


def binned(codes: Coded, column: int, *, bins: int = _BINS, values: int = _MOST_VALUES) -> Bins:
    """Return the bin of every row in one column, and how many bins there are, that of NULL (the last) included.

    Numbers and times: ``bins`` of equally many training rows, none where a value alone fills several. Others: the
    ``values`` most frequent in training, and all further ones together.
    """
    cells = codes.cells[:, column]
    if not codes.ordered[column]:
        places, count = most_frequent(codes, column, values), values + 1
    else:
        known = cells[: codes.train][cells[: codes.train] != NULL]
        shares = np.arange(1, bins + 1) / bins
        tops = np.unique(np.quantile(known, shares, method="inverted_cdf")) if len(known) else np.zeros(1)
        places, count = np.minimum(np.searchsorted(tops, cells), len(tops) - 1), len(tops)
    return np.where(cells == NULL, count, places).astype(np.int64), count + 1


def most_frequent(codes: Coded, column: int, most: int) -> NDArray[np.int64]:
    """Return each row's place, from 0, among the values most frequent in training; ``most`` for all further ones."""
    cells = codes.cells[:, column]
    counts = np.bincount(cells[: codes.train] - NULL, minlength=int(codes.sizes[column]) + 1)[1:]
    place = np.full(len(counts) + 1, most, dtype=np.int64)
    frequent = np.argsort(-counts, kind="stable")[:most]
    place[frequent] = np.arange(len(frequent))
    return place[cells]


def distance(real: NDArray[np.int64], invented: NDArray[np.int64], size: int) -> float:
    """Return the total variation distance of two samples of ``size`` cells; 1 when one of them alone is empty."""
    if not len(real) or not len(invented):
        return float(len(real) != len(invented))
    first = np.bincount(real, minlength=size) / len(real)
    second = np.bincount(invented, minlength=size) / len(invented)
    return float(np.abs(first - second).sum() / 2)
