"""What one can learn from real and from synthetic rows: models taught on each, tried on rows that neither has seen.

A lesson is one column that is predicted from all others. Boosted trees learn it once from the training rows and once
from the synthetic rows, and both are tried on the control rows: at most 50,000 of each, or 2 million cells, drawn at
random. Numbers are predicted as above their median; of more than two classes the ten most frequent are told apart, the
others together. Rows without the value are left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gateway.raw.judge.codes import NULL
from gateway.raw.judge.utility import binned, most_frequent
from gateway.vocabulary.errors import CheckFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gateway.raw.judge.utility import Coded
    from gateway.vocabulary.names import ColumnName

MOST_CLASSES = 10
_MOST_ROWS = 50_000
_MOST_CELLS = 2_000_000
_FEWEST_OF_A_CLASS = 10
_TREES = 60
_Z = 1.96
_CHANCE = 0.5


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Lesson:
    """One column predicted by two models, on the control rows that have it. Raw: does not print itself."""

    rows: NDArray[np.int64]
    """Which control rows, counted through the frames."""
    labels: NDArray[np.int64]
    """Their class."""
    classes: tuple[int, ...]
    """The classes with rows enough to be tried."""
    real: NDArray[np.float64]
    """Rows x classes: how likely each is, as the model taught by the training rows says."""
    made: NDArray[np.float64]
    """The same, as the model taught by the synthetic rows says."""

    def __repr__(self) -> str:
        """Say nothing of the rows."""
        return "<Lesson: rows withheld>"

    def area(self, likely: NDArray[np.float64], chosen: NDArray[np.bool_] | None = None) -> float:
        """Return the mean area under the ROC curve, each class against the rest, on all rows or the ``chosen`` ones.

        NaN where no class has ten chosen rows, and ten others.
        """
        labels = self.labels if chosen is None else self.labels[chosen]
        likely = likely if chosen is None else likely[chosen]
        tried = [c for c in self.classes if can_be_tried(labels == c)]
        return float(np.mean([area_under(likely[:, c], labels == c) for c in tried])) if tried else float("nan")

    def error(self, area: float, chosen: NDArray[np.bool_] | None = None) -> float:
        """Return the standard error of such an ``area``: the mean over its classes, as if these were no help at all."""
        labels = self.labels if chosen is None else self.labels[chosen]
        tried = [labels == c for c in self.classes if can_be_tried(labels == c)]
        return float(np.mean([standard_error(area, positive) for positive in tried])) if tried else float("nan")

    def f1(self, likely: NDArray[np.float64]) -> float:
        """Return the mean F1 of the classes that are tried, where the likeliest class is foretold."""
        told = likely.argmax(axis=1)
        found = []
        for c in self.classes:
            right = int(((told == c) & (self.labels == c)).sum())
            found.append(2 * right / max(1, int((told == c).sum() + (self.labels == c).sum())))
        return float(np.mean(found))

    @property
    def usefulness(self) -> float:
        """The ratio of the two areas, each counted from chance (0.5), cut off at -2 and 2: 1 is all, 0 is nothing."""
        return float(np.clip((self.area(self.made) - _CHANCE) / (self.area(self.real) - _CHANCE), -2, 2))


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """How well a number is foretold on control rows, by a model taught on real rows and by one taught on synthetic."""

    r2: tuple[float, float]
    """The share of the variance that is foretold, at least -2."""
    error: tuple[float, float]
    """The mean absolute error, as a part of that of always saying the median; at most 2."""


def lesson(codes: Coded, columns: Sequence[ColumnName], *, task: str, seed: int) -> Lesson:
    """Teach ``task`` twice and try it; the same seed, the same lesson.

    Raises ``CheckFailed`` when it is not learned, when there is nothing to predict it from, when too few control rows
    have it, and when the real rows teach no more than chance would.
    """
    target = _target(columns, task)
    labels = _labels(codes, target)
    train, control, synthetic = (_some(part[labels[part] != NULL], len(columns), seed) for part in frames(codes))
    tested = tuple(c for c in range(MOST_CLASSES + 1) if can_be_tried(labels[control] == c))
    if not tested:
        raise CheckFailed(f"the task column {task} has too few control rows in each of two classes; name another task")
    (real, made, tried), unordered = features(codes, target, [train, synthetic, control])
    likely = [
        taught(inputs, labels[rows], tried, unordered=unordered, classes=MOST_CLASSES + 1, seed=seed)
        for inputs, rows in ((real, train), (made, synthetic))
    ]
    found = Lesson(rows=control, labels=labels[control], classes=tested, real=likely[0], made=likely[1])
    reached = found.area(found.real)
    if reached - _Z * found.error(reached) <= _CHANCE:
        raise CheckFailed(
            f"even the real rows do not predict the task column {task} better than chance; name another task"
        )
    return found


def estimate(codes: Coded, columns: Sequence[ColumnName], *, task: str, seed: int) -> Estimate | None:
    """Return how well the number itself is foretold; None for what is no number, or hardly varies in control rows."""
    target = _target(columns, task)
    if not codes.ordered[target]:
        return None
    numbers = codes.numbers[target][codes.cells[:, target]]
    train, control, synthetic = (_some(part[np.isfinite(numbers[part])], len(columns), seed) for part in frames(codes))
    # of a few huge numbers nothing can be foretold; they count as the ends
    low, high = np.quantile(numbers[train], [0.01, 0.99]) if len(train) else (0.0, 0.0)
    if not high > low or len(control) < _FEWEST_OF_A_CLASS or not len(synthetic):
        return None
    numbers = (np.clip(numbers, low, high) - low) / (high - low)
    (real, made, tried), unordered = features(codes, target, [train, synthetic, control])
    truth = numbers[control]
    variance, apart = float(truth.var()), float(np.abs(truth - np.median(truth)).mean())
    if min(variance, apart) <= 0:
        return None
    told = [
        _foretold(inputs, numbers[rows], tried, unordered=unordered, seed=seed)
        for inputs, rows in ((real, train), (made, synthetic))
    ]
    r2 = [max(-2.0, 1 - float(((each - truth) ** 2).mean()) / variance) for each in told]
    error = [min(2.0, float(np.abs(each - truth).mean()) / apart) for each in told]
    return Estimate(r2=(r2[0], r2[1]), error=(error[0], error[1]))


def features(
    codes: Coded, target: int | None, parts: Sequence[NDArray[np.int64]]
) -> tuple[list[NDArray[np.float64]], NDArray[np.bool_]]:
    """Return what models learn from, all columns but ``target`` of each of ``parts``; and which of them have no order.

    Trees only ask whether a number is below another: codes, which rise with the value, serve as well as values. Of what
    has no order the hundred most frequent values are told apart.
    """
    columns = [column for column in range(len(codes.ordered)) if column != target]
    found = [np.empty((len(rows), len(columns))) for rows in parts]
    for place, column in enumerate(columns):
        cells = codes.cells[:, column] if codes.ordered[column] else binned(codes, column)[0]
        for inputs, rows in zip(found, parts, strict=True):
            inputs[:, place] = cells[rows]
    return found, ~codes.ordered[columns]


def taught(
    inputs: NDArray[np.float64],
    labels: NDArray[np.int64],
    tried: NDArray[np.float64],
    *,
    unordered: NDArray[np.bool_],
    classes: int,
    seed: int,
) -> NDArray[np.float64]:
    """Return how likely each of ``classes`` is in each of the rows ``tried``; 0 for all where one class is taught."""
    # Heavy to import, and not all policies need them.
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415 - see above
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 - see above

    likely = np.zeros((len(tried), classes))
    if len(np.unique(labels)) > 1:
        model = HistGradientBoostingClassifier(
            max_iter=_TREES, early_stopping=False, categorical_features=unordered, random_state=seed
        )
        with threadpool_limits(1):
            model.fit(inputs, labels)
            likely[:, model.classes_] = model.predict_proba(tried)
    return likely


def _foretold(
    inputs: NDArray[np.float64],
    numbers: NDArray[np.float64],
    tried: NDArray[np.float64],
    *,
    unordered: NDArray[np.bool_],
    seed: int,
) -> NDArray[np.float64]:
    from sklearn.ensemble import HistGradientBoostingRegressor  # noqa: PLC0415 - see `taught`
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 - see `taught`

    model = HistGradientBoostingRegressor(
        max_iter=_TREES, early_stopping=False, categorical_features=unordered, random_state=seed
    )
    with threadpool_limits(1):
        return np.asarray(model.fit(inputs, numbers).predict(tried), dtype=np.float64)


def area_under(score: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Return the area under the ROC curve: how often a positive row has the higher score, ties counted half."""
    _, places, counts = np.unique(score, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    many = int(positive.sum())
    return float((ranks[positive].sum() - many * (many + 1) / 2) / (many * (len(positive) - many)))


def standard_error(area: float, positive: NDArray[np.bool_]) -> float:
    """Return the standard error of an area under the ROC curve (Hanley and McNeil 1982)."""
    many, others = int(positive.sum()), int((~positive).sum())
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (many - 1) * (one - area**2) + (others - 1) * (two - area**2)
    return math.sqrt(max(0.0, spread) / (many * others))


def can_be_tried(positive: NDArray[np.bool_]) -> bool:
    """Return whether there are rows enough of a class, and of all others."""
    return bool(min(positive.sum(), (~positive).sum()) >= _FEWEST_OF_A_CLASS)


def frames(codes: Coded) -> list[NDArray[np.int64]]:
    """Return the numbers of the training rows, of the control rows and of the synthetic ones."""
    return np.split(np.arange(len(codes.cells)), [codes.train, codes.train + codes.control])


def _target(columns: Sequence[ColumnName], task: str) -> int:
    if task not in columns:
        raise CheckFailed(f"the task column {task} is not learned; learn it, or name another in `criteria`")
    if len(columns) == 1:
        raise CheckFailed("there is no other column to predict the task from; learn more columns, or drop `task`")
    return [str(name) for name in columns].index(task)


def _some(rows: NDArray[np.int64], columns: int, seed: int) -> NDArray[np.int64]:
    most = min(_MOST_ROWS, max(1, _MOST_CELLS // columns))
    return np.random.default_rng(seed).choice(rows, most, replace=False) if len(rows) > most else rows


def _labels(codes: Coded, column: int) -> NDArray[np.int64]:
    cells = codes.cells[:, column]
    known = np.sort(cells[: codes.train][cells[: codes.train] != NULL])
    if codes.ordered[column] and len(np.unique(known)) > 2:  # noqa: PLR2004 - two values are two classes already
        median = known[len(known) // 2]
        above = cells > median if (known > median).any() else cells >= median
        return np.where(cells == NULL, NULL, above.astype(np.int64))
    return np.where(cells == NULL, NULL, most_frequent(codes, column, MOST_CLASSES))


def usefulness(codes: Coded, columns: Sequence[ColumnName], *, task: str, seed: int) -> float:
    """Return how much of what the training rows teach about ``task`` the synthetic rows teach too; see ``Lesson``."""
    return lesson(codes, columns, task=task, seed=seed).usefulness
