"""How near synthetic rows come to the real ones, and how useful they are for learning to predict.

Distances are total variation distances between marginals of the real training rows and of the synthetic rows: the mean
over all single columns (TV1), all pairs (TV2) and 100 fixed triples (TV3, those under half a million cells). Numbers
fall into 32 equal-width bins over their public bounds (fewer where fewer whole numbers lie between), NULL is a cell of
its own, texts that the real rows do not have share one. Usefulness is that of gradient boosting trained on synthetic
rows and tested on real rows never trained on: area under the ROC curve and F1 at even odds.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score, roc_auc_score

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.tables import BenchTable

BINS = 32
TRIPLES = 100
LARGEST = 500_000
"""Cells of the largest triple that is compared."""
FEWEST = 20
"""So many rows of either class are needed to train a classifier."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """Three distances (0 is best) and two figures of usefulness (1 is best)."""

    tv1: float
    tv2: float
    tv3: float
    auc: float
    f1: float


def classifier() -> str:
    """Return the name of the gradient boosting library in use: LightGBM where it is installed."""
    try:
        import lightgbm  # noqa: PLC0415 - an optional extra
    except ImportError:
        import sklearn  # noqa: PLC0415 - only its version is asked for

        return f"scikit-learn {sklearn.__version__} HistGradientBoostingClassifier"
    return f"LightGBM {lightgbm.__version__}"


class Scorer:
    """Scores synthetic versions of one table; its real marginals are counted once."""

    def __init__(self, table: BenchTable) -> None:
        """Score against the training and test rows of ``table``."""
        self.table = table
        self.categories = table.categories()

    def score(self, synthetic: pd.DataFrame) -> Score:
        """Return the figures of ``synthetic``, which must have all columns of the table."""
        auc, f1 = self._usefulness(synthetic)
        return Score(**self.distances(self.codes(synthetic)), auc=auc, f1=f1)

    def distances(self, codes: NDArray[np.int64]) -> dict[str, float]:
        """Return the three distances of rows given as ``codes``."""
        return {
            name: float(np.mean([self._variation(codes, clique) for clique in cliques]))
            for name, cliques in self._cliques.items()
        }

    @cached_property
    def sizes(self) -> list[int]:
        """Return the number of cells of each column, numbers first."""
        numbers = [_bins(number.low, number.high, number.scale) + 1 for number in self.table.numbers]
        return numbers + [len(values) + 1 for values in self.categories.values()]

    @cached_property
    def _cliques(self) -> dict[str, list[tuple[int, ...]]]:
        width = len(self.sizes)
        triples = list(itertools.combinations(range(width), 3))
        chosen = np.random.default_rng(7).choice(len(triples), min(TRIPLES, len(triples)), replace=False)
        return {
            "tv1": [(column,) for column in range(width)],
            "tv2": list(itertools.combinations(range(width), 2)),
            "tv3": [
                triple
                for triple in (triples[at] for at in chosen)
                if np.prod([self.sizes[column] for column in triple]) < LARGEST
            ],
        }

    @cached_property
    def _real(self) -> NDArray[np.int64]:
        return self.codes(self.table.train)

    def codes(self, frame: pd.DataFrame) -> NDArray[np.int64]:
        """Return the cell of every value, of shape (rows, columns)."""
        columns = []
        for number in self.table.numbers:
            bins = _bins(number.low, number.high, number.scale)
            value = _floats(frame[number.name])
            edges = np.linspace(number.low, number.high, bins + 1)
            cell = np.clip(np.searchsorted(edges, value, side="right") - 1, 0, bins - 1)
            columns.append(np.where(np.isnan(value), bins, cell))
        for name, values in self.categories.items():
            known = {value: position for position, value in enumerate(values)}
            columns.append(frame[name].map(known).fillna(len(values)).to_numpy())
        return np.stack([column.astype(np.int64) for column in columns], axis=1)

    def _variation(self, rows: NDArray[np.int64], clique: tuple[int, ...]) -> float:
        shape = [self.sizes[column] for column in clique]
        first, second = (
            np.bincount(np.ravel_multi_index([each[:, c] for c in clique], shape), minlength=int(np.prod(shape)))
            / len(each)
            for each in (self._real, rows)
        )
        return float(np.abs(first - second).sum() / 2)

    def _usefulness(self, synthetic: pd.DataFrame) -> tuple[float, float]:
        x, y = self._features(synthetic)
        if min(y.sum(), len(y) - y.sum()) < FEWEST:
            return 0.5, 0.0
        test_x, test_y = self._features(self.table.test)
        odds = _model().fit(x, y).predict_proba(test_x)[:, 1]
        return float(roc_auc_score(test_y, odds)), float(f1_score(test_y, odds > 0.5))

    def _features(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, NDArray[np.int64]]:
        x = pd.DataFrame({number.name: _floats(frame[number.name]) for number in self.table.numbers})
        for name, values in self.categories.items():
            if name != self.table.target:
                x[name] = pd.Categorical(frame[name].where(frame[name].isin(values)), categories=values)
        return x, frame[self.table.target].isin(self.table.positive).to_numpy(int)


def _bins(low: float, high: float, scale: int) -> int:
    return min(BINS, int(high - low) + 1) if scale == 0 else BINS


def _floats(column: pd.Series) -> NDArray[np.float64]:
    return pd.to_numeric(column, errors="coerce").to_numpy(float, na_value=np.nan)


def _model() -> Any:  # noqa: ANN401 - neither library has types
    try:
        from lightgbm import LGBMClassifier  # noqa: PLC0415 - an optional extra
    except ImportError:
        from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415 - only where it is needed

        return HistGradientBoostingClassifier(
            max_iter=200, learning_rate=0.05, min_samples_leaf=50, early_stopping=False,
            categorical_features="from_dtype", random_state=0,
        )  # fmt: skip
    return LGBMClassifier(
        n_estimators=200, learning_rate=0.05, min_child_samples=50, verbose=-1, n_jobs=1, random_state=0
    )
