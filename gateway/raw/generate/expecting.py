"""The error to expect, in words for the steward: made of noisy figures alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.estimation import expected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.estimation.measurement import NoisyMarginal
    from gateway.raw.generate.surveying import Survey


def columns(known: Survey, tables: Sequence[NoisyMarginal]) -> str:
    """Return the mean error to expect of single columns, from all that was measured of them."""
    whole = [each for each in tables if each.groups is None]
    error = expected.of_columns([*known.ones(), *whole], [each.count for each in known.bins()], known.size)
    return f"Expected mean error of a single column: {error:.1%} of the rows."


def pairs(
    known: Survey, tables: Sequence[NoisyMarginal], distances: Mapping[tuple[int, int], float], *, sigma: float
) -> str:
    """Return the mean error to expect of tables of two columns.

    ``distances`` are noisy, with standard deviation ``sigma``: see ``expected.of_pairs``.
    """
    distances = expected.steadied(distances, sigma=sigma)
    cells = [each.count for each in known.bins()]
    after = expected.of_pairs([*known.ones(), *tables], cells, known.size, distances=distances)
    before = expected.before(tables, cells, known.size, distances=distances)
    return (
        f"Expected mean error of a table of two columns: {after:.1%} of the rows "
        f"({before:.1%} by the plan, before anything was fitted)."
    )
