"""How many fresh keys there are, by the types of the columns that hold them and of those that point at them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from gateway.raw.generate.keys import room

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.raw.generate.closing import KeyPlan
    from gateway.vocabulary.names import ColumnName, TableName
    from gateway.vocabulary.schema import Column


def narrowed(plans: Mapping[TableName, KeyPlan]) -> dict[tuple[TableName, ColumnName], Column]:
    """Return every key column, texts no longer than the shortest of those that point at it."""
    found = {(name, column): plan.table.column(column) for name, plan in plans.items() for column in plan.keys}
    pointing = [
        ((name, here), (target, there))
        for name, plan in plans.items()
        for here, target, there in (
            *((here, plan.kin.owner, there) for here, there in plan.owner.items() if plan.kin.owner is not None),
            *((here, *there) for here, there in plan.named.items()),
            *((here, link.target, there) for here, (link, there) in plan.links.items()),
        )
    ]
    for _ in plans:  # what points may be pointed at
        for here, there in pointing:
            own, above = found[here], found.get(there)
            if above is not None and own.length is not None and own.length < (above.length or own.length + 1):
                found[there] = dataclasses.replace(above, length=own.length)
    return found


def most_units(plans: Mapping[TableName, KeyPlan], unit: TableName) -> int | None:
    """Return how many rows of the table ``unit`` there are keys for; None where it has no fresh ones.

    Noise may make more units than there are keys in the type of the source's own.
    """
    fresh = narrowed(plans)
    return min((room(fresh[unit, name]) for name in plans[unit].fresh), default=None)
