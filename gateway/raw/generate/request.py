"""Which synthetic rows are wanted: rows of a kind, or classes in other shares than in the source. Public."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.policy.model import Scalar
    from gateway.vocabulary.names import ColumnName

    Shares = tuple[ColumnName, Mapping[Scalar | None, float]]


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What one column's values must be: one of ``values`` (None stands for NULL), or within inclusive bounds.

    Without ``values``, at least one bound is given, and NULL is outside.
    """

    values: tuple[Scalar | None, ...] | None = None
    lowest: Scalar | None = None
    highest: Scalar | None = None


@dataclass(frozen=True, kw_only=True)
class Request:
    """Rows that meet every condition of ``where``; of each value in ``shares`` of one column, its share of the rows.

    ``shares`` names one column and positive numbers for its values, which need not sum to 1.
    """

    where: Mapping[ColumnName, Condition] = field(default_factory=dict)
    shares: Shares | None = None
