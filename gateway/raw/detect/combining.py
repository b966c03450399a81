"""Which few columns together single people out: evidence that no column shows by itself.

A birth date, a sex and a post code are each shared by many and together by few (Sweeney 2000). Of the columns of a
table of persons that were found quasi-identifying, every set of up to three is looked at: what share of the sampled
rows has a combination that no other sampled row has. Of a sample this says more than of the whole table, where a
combination may occur again; it never says less. What is told is a step, never a share, and no value.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from gateway.raw.detect.findings import Evidence
from gateway.vocabulary.roles import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from gateway.raw.detect.findings import Finding
    from gateway.vocabulary.names import ColumnName

NAME = "combinations"
FEWEST_ROWS = 100
"""Rows below which nearly any combination is the only one of its kind, which says nothing."""
MOST_COLUMNS = 10
"""Columns that are combined, the surest findings first: 175 sets."""
LARGEST = 3
STEPS = ((0.9, "nearly every"), (0.5, "more than half of the"), (0.2, "more than a fifth of the"))
"""Shares of rows from which on a set is told of, and how: coarse, so that no count can be worked out."""
_ITSELF = 0.9
"""Distinct values per row from which on a column is alone to blame, and combines with none."""


@dataclass(frozen=True, kw_only=True)
class SinglingOut:
    """A set of columns, and the step of the share of sampled rows whose combination is theirs alone."""

    columns: tuple[ColumnName, ...]
    step: float
    words: str


def combine(findings: Sequence[Finding], rows: pa.Table) -> tuple[Finding, ...]:
    """Return ``findings``, all on one table of persons, with evidence where their columns together single rows out.

    ``rows`` are the sampled rows; a column that is not among them is not combined. A column is told of with the
    smallest set that reaches a step, of those the one that reaches the highest. Roles and confidence stay: a set
    identifies, not one column of it.
    """
    sets = singling_out(findings, rows)
    return tuple(
        dataclasses.replace(finding, evidence=(*finding.evidence, _evidence(finding, told)))
        if (told := next((each for each in sets if finding.column in each.columns), None)) is not None
        else finding
        for finding in findings
    )


def singling_out(findings: Sequence[Finding], rows: pa.Table) -> tuple[SinglingOut, ...]:
    """Return the smallest sets of quasi-identifying columns that reach a step, the highest step first.

    A set that contains another that reaches the same step is left out. Empty for fewer than ``FEWEST_ROWS`` rows.
    """
    if rows.num_rows < FEWEST_ROWS:
        return ()
    quasi = sorted((f for f in findings if f.role is Role.QUASI), key=lambda f: -f.confidence)
    coded = {f.column: codes for f in quasi[:MOST_COLUMNS] if (codes := _codes(rows, f.column)) is not None}
    found: list[SinglingOut] = []
    for size in range(1, LARGEST + 1):
        for columns in combinations(coded, size):
            step = _step(_alone([coded[column] for column in columns]))
            if step is None or any(set(known.columns) < set(columns) and known.step >= step[0] for known in found):
                continue
            found.append(SinglingOut(columns=columns, step=step[0], words=step[1]))
    return tuple(sorted(found, key=lambda each: (len(each.columns), -each.step)))


def _codes(rows: pa.Table, column: ColumnName) -> np.ndarray | None:
    """Return a number for every cell, equal for equal cells; NULL is a value. None where it identifies by itself."""
    if column not in rows.column_names:
        return None
    encoded = pc.dictionary_encode(rows.column(column).combine_chunks(), null_encoding="encode")
    if len(encoded.dictionary) >= _ITSELF * rows.num_rows:
        return None
    return np.asarray(encoded.indices, dtype=np.int64)


def _alone(codes: Sequence[np.ndarray]) -> float:
    together = codes[0]
    for each in codes[1:]:
        together = together * (int(each.max()) + 1) + each  # at most 10,000 rows: far from 64 bits with three columns
    counts = np.unique(together, return_counts=True)[1]
    return float(np.count_nonzero(counts == 1)) / len(together)


def _step(share: float) -> tuple[float, str] | None:
    return next(((least, words) for least, words in STEPS if share >= least), None)


def _evidence(finding: Finding, told: SinglingOut) -> Evidence:
    others = [str(column) for column in told.columns if column != finding.column]
    together = f"together with {' and '.join(others)}" if others else "by itself"
    return Evidence(
        recognizer=NAME,
        entity=finding.entity or str(finding.role),
        score=told.step,
        share=told.step,
        reason=f"{together} it singles out {told.words} sampled row{'' if told.step == STEPS[0][0] else 's'}",
    )
