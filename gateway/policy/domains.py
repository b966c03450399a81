"""What is wrong with a declared domain by itself, before any column is looked at."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.policy.model import DomainClause


def misstated(domain: DomainClause) -> str | None:
    """Return the first reason why ``domain`` is no domain, whatever column it is for; None when it is one."""
    return next(itertools.chain(_mixed(domain), _refined(domain), _grouped(domain)), None)


def _mixed(domain: DomainClause) -> Iterator[str]:
    listed = domain.values is not None or domain.groups is not None
    if listed and (domain.lowest is not None or domain.highest is not None):
        yield "a domain has either `values` or `lowest` and `highest`"
    if (domain.lowest is None) != (domain.highest is None):
        yield "`lowest` and `highest` go together; leave both out to have them discovered"
    if domain.lowest is not None and domain.highest is not None:
        try:
            ordered = domain.lowest < domain.highest  # type: ignore[operator]
        except TypeError:
            yield "`lowest` and `highest` are of different types"
            return
        if not ordered:
            yield "`lowest` is not below `highest`"


def _refined(domain: DomainClause) -> Iterator[str]:
    listed = domain.values is not None or domain.groups is not None
    numeric = domain.lowest is not None or domain.step is not None or domain.sentinels is not None
    if listed and (domain.step is not None or domain.sentinels is not None):
        yield "`step` and `sentinels` are for numbers; listed values need neither"
    if domain.prefixes is not None and (listed or numeric):
        yield "`prefixes` are for text whose values are discovered; declare nothing beside them"
    if domain.prefixes is not None and any(a >= b for a, b in itertools.pairwise(domain.prefixes)):
        yield "`prefixes` are lengths in increasing order, such as `[1, 3]`"
    if domain.sentinels is not None and len(set(domain.sentinels)) < len(domain.sentinels):
        yield "`sentinels` lists a number twice"


def _grouped(domain: DomainClause) -> Iterator[str]:
    if domain.groups is None:
        return
    together = [value for group in domain.groups.values() for value in group]
    if not all(domain.groups.values()):
        yield "`groups` has a group without values; list its values or take it out"
    if len(set(together)) < len(together):
        yield "`groups` lists a value twice; a value belongs to one group"
    if domain.values is not None and set(domain.values) != set(together):
        yield "`values` and `groups` list different values; `groups` alone is enough"
