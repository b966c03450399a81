"""The contract of a measure of use: what the real and the synthetic rows are compared by, one figure and its parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.policy.criteria import CriteriaClause
    from gateway.raw.judge.compared import Compared


class Comparison(StrEnum):
    """Which way a figure must lie from its threshold."""

    AT_MOST = "at_most"
    AT_LEAST = "at_least"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a measure found. Steward-only: rests on production rows."""

    value: float
    """The figure a threshold is held against, -2 to 2."""
    figures: Mapping[str, float] = field(default_factory=dict)
    """What it is made of, such as one for each column (``age``) or pair (``age, sex``), -2 to 2: names of the catalogue
    and words of the program, never a value."""


@dataclass(frozen=True, kw_only=True)
class MeasureResult:
    """A measure, what it found of one table, and what that means. Steward-only."""

    measure: str
    table: str
    question: str
    means: str
    not_shown: str
    value: float
    figures: Mapping[str, float]


class Measure(Protocol):
    """One way of comparing the synthetic with the real rows. A plugin: one file of ``measures``, ``plugin`` in it.

    One attribute is optional. ``of_units``: true of a measure of the unit's table alone; others are asked of every
    table. In a whole database their checks are called ``<table>.<name>``.
    """

    name: str
    """Also that of its threshold in the policy's `criteria`; with none there the figure is shown and judges nothing."""
    question: str
    means: str
    """What its figure means, for a steward who is no statistician."""
    not_shown: str
    """What a good figure does not show."""
    better: Comparison
    """On which side of a threshold a good figure lies."""

    def run(self, compared: Compared, criteria: CriteriaClause) -> Measured | None:
        """Compare; None when there is nothing of the kind to compare (no order column, no task).

        ``CheckFailed`` when it cannot be compared: where the policy has a threshold, it has then failed.
        """
        ...
