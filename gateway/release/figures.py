"""Count, Rate, Interval: the only numbers a report may hold."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Leaf(BaseModel):
    """A closed, frozen value."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Count(Leaf):
    """How many."""

    count: Annotated[int, Field(ge=0)]


class Rate(Leaf):
    """A share, a distance or a ratio, rounded to thousandths: coarse on purpose."""

    rate: Annotated[float, Field(ge=-2, le=2)]

    @classmethod
    def of(cls, value: float) -> Rate:
        """Round ``value`` to three digits."""
        return cls(rate=round(float(value), 3))


class Interval(Leaf):
    """A rate with the ends of its 95 % confidence interval."""

    rate: Rate
    low: Rate
    high: Rate
