"""How far the synthetic table is from the real one, and whether one can learn from it what one would learn there."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from gateway.raw.judge.codes import NULL
from gateway.vocabulary.errors import CheckFailed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from gateway.raw.judge.codes import Codes
    from gateway.vocabulary.names import ColumnName

_BINS = 20
_MOST_VALUES = 100
_MOST_CLASSES = 10
_MOST_TAUGHT = 50_000
_FEWEST_OF_A_CLASS = 10
_TREES = 60
_Z = 1.96


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
    def train(self) -> int:
        """How many rows were trained on."""
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


def usefulness(codes: Codes, columns: Sequence[ColumnName], *, task: str, seed: int) -> float:
    """Return how much of what the training rows teach about ``task`` the synthetic rows teach too: 1 is all, 0 nothing.

    Boosted trees learn to predict the column from all others, once from the training rows and once from the synthetic
    rows (up to 50,000 of each), and both are tried on the control rows. The figure is the ratio of the two areas under
    the ROC curve, each counted from chance (0.5), cut off at -2 and 2. Numbers are predicted as above their median;
    more than two classes are averaged one against the rest, all but the ten most frequent ones taken together. Rows
    without the value are left out. Raises ``CheckFailed`` when the real rows teach no more than chance would.
    """
    if task not in columns:
        raise CheckFailed(f"the task column {task} is not learned; learn it, or name another in `criteria`")
    if len(columns) == 1:
        raise CheckFailed("there is no other column to predict the task from; learn more columns, or drop `task`")
    lesson = _Lesson.on(codes, [str(name) for name in columns].index(task))
    train, control, synthetic = (part[lesson.labels[part] != NULL] for part in _frames(codes))
    tested = [c for c in range(_MOST_CLASSES + 1) if _can_be_tested(lesson.labels[control] == c)]
    if not tested:
        raise CheckFailed("the task column has too few control rows in each of two classes; name another task")
    from_real = lesson.areas(train, control, tested, seed)
    error = np.mean([_standard_error(area, lesson.labels[control] == c) for c, area in from_real.items()])
    reached, chance = np.mean(list(from_real.values())), 0.5
    if reached - _Z * error <= chance:
        raise CheckFailed("even the real rows do not predict the task column better than chance; name another task")
    kept = np.mean(list(lesson.areas(synthetic, control, tested, seed).values()))
    return float(np.clip((kept - chance) / (reached - chance), -2, 2))


@dataclass(frozen=True, kw_only=True, repr=False)
class _Lesson:
    """What is to be predicted (-1: not known) and what from, for all rows of an arena."""

    features: NDArray[np.float64]
    unordered: NDArray[np.bool_]
    labels: NDArray[np.int64]

    @classmethod
    def on(cls, codes: Codes, target: int) -> _Lesson:
        others = [column for column in range(len(codes.sizes)) if column != target]
        # Trees only ask whether a number is below another: codes, which rise with the value, serve as well as values.
        features = [codes.cells[:, c] if codes.ordered[c] else binned(codes, c)[0] for c in others]
        return cls(
            features=np.stack(features, axis=1).astype(np.float64),
            unordered=~codes.ordered[others],
            labels=_labels(codes, target),
        )

    def areas(
        self, taught: NDArray[np.int64], control: NDArray[np.int64], classes: Sequence[int], seed: int
    ) -> dict[int, float]:
        """Return the area under the ROC curve on ``control`` of each class against the rest."""
        # Heavy to import, and only a policy with a task needs them.
        from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415 - see above
        from sklearn.metrics import roc_auc_score  # noqa: PLC0415 - see above
        from threadpoolctl import threadpool_limits  # noqa: PLC0415 - see above

        random = np.random.default_rng(seed)
        if len(taught) > _MOST_TAUGHT:
            taught = random.choice(taught, _MOST_TAUGHT, replace=False)
        likely = np.zeros((len(control), _MOST_CLASSES + 1))
        if len(np.unique(self.labels[taught])) > 1:
            model = HistGradientBoostingClassifier(
                max_iter=_TREES, early_stopping=False, categorical_features=self.unordered, random_state=seed
            )
            with threadpool_limits(1):
                model.fit(self.features[taught], self.labels[taught])
                likely[:, model.classes_] = model.predict_proba(self.features[control])
        return {c: float(roc_auc_score(self.labels[control] == c, likely[:, c])) for c in classes}


def _frames(codes: Codes) -> list[NDArray[np.int64]]:
    return np.split(np.arange(len(codes.cells)), [codes.train, codes.train + codes.control])


def _labels(codes: Codes, column: int) -> NDArray[np.int64]:
    cells = codes.cells[:, column]
    known = np.sort(cells[: codes.train][cells[: codes.train] != NULL])
    if codes.ordered[column] and len(np.unique(known)) > 2:  # noqa: PLR2004 - two values are two classes already
        median = known[len(known) // 2]
        above = cells > median if (known > median).any() else cells >= median
        return np.where(cells == NULL, NULL, above.astype(np.int64))
    return np.where(cells == NULL, NULL, _most_frequent(codes, column, _MOST_CLASSES))


def _can_be_tested(positive: NDArray[np.bool_]) -> bool:
    return bool(min(positive.sum(), (~positive).sum()) >= _FEWEST_OF_A_CLASS)


def _standard_error(area: float, positive: NDArray[np.bool_]) -> float:
    """Return the standard error of an area under the ROC curve (Hanley and McNeil 1982)."""
    many, others = int(positive.sum()), int((~positive).sum())
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (many - 1) * (one - area**2) + (others - 1) * (two - area**2)
    return math.sqrt(max(0.0, spread) / (many * others))


def binned(codes: Coded, column: int) -> tuple[NDArray[np.int64], int]:
    """Return the bin of every row in one column, and how many bins there are, that of NULL (the last) included.

    Numbers and times: 20 bins of equally many training rows, none where a value alone fills several. Others: the 100
    values most frequent in training, and all further ones together.
    """
    cells = codes.cells[:, column]
    if not codes.ordered[column]:
        bins, count = _most_frequent(codes, column, _MOST_VALUES), _MOST_VALUES + 1
    else:
        known = cells[: codes.train][cells[: codes.train] != NULL]
        shares = np.arange(1, _BINS + 1) / _BINS
        tops = np.unique(np.quantile(known, shares, method="inverted_cdf")) if len(known) else np.zeros(1)
        bins, count = np.minimum(np.searchsorted(tops, cells), len(tops) - 1), len(tops)
    return np.where(cells == NULL, count, bins).astype(np.int64), count + 1


def _most_frequent(codes: Coded, column: int, most: int) -> NDArray[np.int64]:
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
