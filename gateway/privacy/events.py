"""What happened to the data, mechanism by mechanism. What it costs is computed elsewhere (``accountant``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ACCEPTANCE = "acceptance test"
"""The label of the event that is the private acceptance test."""


@dataclass(frozen=True, kw_only=True)
class DiscreteGaussianEvent:
    """Discrete Gaussian noise added to an integer query of L2 sensitivity 1 (one unit moves one cell by one).

    ``sigma`` is the noise's parameter in counts; ``cells`` the cells of the query (0 for
    a search, which does not tell how many values it tried); ``times`` how often it was answered,
    each time with fresh noise; ``label`` says of what, in schema terms only, such as ``one-way patients.sex``.
    """

    label: str
    sigma: float
    cells: int
    times: int = 1

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object that ``event_from_json`` reads back."""
        return {
            "mechanism": "discrete_gaussian",
            "label": self.label,
            "sigma": self.sigma,
            "cells": self.cells,
            "times": self.times,
        }


@dataclass(frozen=True, kw_only=True)
class ClippedGaussianEvent:
    """Discrete Gaussian noise added to a table in which each unit's part was cut to an L2 norm of the root of ``clip``.

    One unit may move many cells by different amounts. ``sigma`` is the noise multiplier, the noise in units of that
    norm: what is promised, whatever integers the table is kept in, is at least as much noise as ``accountant`` needs to
    price it as Gaussian noise of standard deviation ``sigma`` on a query that one unit moves by 1. ``clip`` is the
    squared bound, in rows (of the acceptance test: in tables of people); it does not enter the price. ``label``,
    ``cells`` and ``times`` as above.
    """

    label: str
    sigma: float
    cells: int
    clip: int
    times: int = 1

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object that ``event_from_json`` reads back."""
        return {
            "mechanism": "clipped_gaussian",
            "label": self.label,
            "sigma": self.sigma,
            "cells": self.cells,
            "clip": self.clip,
            "times": self.times,
        }


@dataclass(frozen=True, kw_only=True)
class SelectionEvent:
    """Values nobody declared, kept when their noisy count (already paid for) passed a threshold.

    Costs ``delta``: the chance that a value carried by one unit alone passes.
    """

    label: str
    delta: float

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object that ``event_from_json`` reads back."""
        return {"mechanism": "threshold_selection", "label": self.label, "delta": self.delta}


Event = DiscreteGaussianEvent | ClippedGaussianEvent | SelectionEvent


def event_from_json(value: dict[str, Any]) -> Event:
    """Read back what ``to_json`` wrote; ``ValueError`` for a mechanism that is not known here."""
    fields = {key: item for key, item in value.items() if key != "mechanism"}
    match value.get("mechanism"):
        case "discrete_gaussian":
            return DiscreteGaussianEvent(**fields)
        case "clipped_gaussian":
            return ClippedGaussianEvent(**fields)
        case "threshold_selection":
            return SelectionEvent(**fields)
        case _:
            raise ValueError("unknown mechanism in a recorded event")
