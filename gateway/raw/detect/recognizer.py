"""The contract of a recognizer: a column's shape and a sample of its distinct values in, opinions out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from gateway.raw.detect.context import TableContext
from gateway.raw.detect.findings import Evidence
from gateway.raw.detect.shapes import common_shapes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gateway.vocabulary.schema import Column, Schema, Table


@dataclass(frozen=True, kw_only=True, repr=False)
class ColumnSample:
    """One column and what was sampled of it. Raw: does not print itself."""

    schema: Schema
    table: Table
    column: Column
    values: tuple[str, ...]
    """Distinct non-NULL sampled values, as text."""
    rows: int
    """Rows sampled."""
    nulls: int
    """NULLs among them."""
    context: TableContext = field(default_factory=TableContext)
    """How near the table is to persons."""
    countries: frozenset[str] = frozenset()
    """ISO 3166 codes of the countries whose numbers are looked for besides the usual ones; the policy names them."""

    def __repr__(self) -> str:
        """Return the column's name only."""
        return f"<ColumnSample {self.table.name}.{self.column.name}: values withheld>"


class Recognizer(Protocol):
    """One way of recognising what a column holds. Must not keep anything of a value but its masked shape."""

    name: str

    def recognize(self, sample: ColumnSample) -> Iterable[Evidence]:
        """Return this recognizer's opinions, best first; empty when it has none."""
        ...


class LooksAtValues:
    """How a recognizer that looks at values says what it saw; of what it matched, shapes alone are kept."""

    name: str

    def _say(
        self,
        entity: str,
        score: float,
        share: float,
        reason: str,
        matched: Sequence[str] = (),
        *,
        within: str | None = None,
    ) -> Evidence:
        return Evidence(
            recognizer=self.name,
            entity=str(entity),
            score=min(1.0, score),
            share=min(1.0, share),
            reason=reason,
            shapes=common_shapes(matched),
            within=within,
        )
