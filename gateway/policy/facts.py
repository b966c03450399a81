"""What may be declared of several columns together: how it is written, and what contradicts itself or its table.

Works on plain data, so that the loader can tell each problem with its line about a file that is not a policy yet: a
part of the wrong shape is passed over here, because the models report it.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

from gateway.policy.spelling import did_you_mean, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from gateway.policy.document import Place

_SIGNS = re.compile(r"(<=|>=)")
EXPECTED_ORDER = "expected two or more columns with `<=` (or `>=`) between them, such as `start <= end`"


def parse_order(text: str) -> tuple[tuple[str, str], ...]:
    """Return the (lower, upper) pairs of ``start <= end``, ``end >= start`` or ``a <= b <= c``.

    ``ValueError`` for anything else. A column whose own name holds one of the signs cannot be written.
    """
    parts = _SIGNS.split(text)
    names, signs = [part.strip() for part in parts[::2]], set(parts[1::2])
    if len(signs) != 1 or not all(names) or any(set("<>=") & set(name) for name in names):
        raise ValueError(EXPECTED_ORDER)
    if signs == {">="}:
        names.reverse()
    return tuple(itertools.pairwise(names))


def contradictions(
    knowledge: Mapping[str, Any], *, columns: Collection[str] | None, learned: Collection[str]
) -> Iterator[tuple[Place, str]]:
    """Yield a place inside ``knowledge`` and what is wrong there: unknown columns, circles, a column with itself.

    ``learned`` are those of ``columns`` that a model learns; None for columns that are not known yet. That the kinds of
    ordered columns can be compared is not checked here.
    """
    if columns is not None:
        yield from _strangers(knowledge, columns, learned)
    for place, one, other in _pairs(knowledge):
        if one == other:
            yield place, f"names `{shown(one)}` on both sides"
    yield from _circles("order", [pair for _, pairs in _orders(knowledge) for pair in pairs], _MEANS_EQUAL)
    yield from _circles("depends", list(_depends(knowledge).items()), _MEANS_NOTHING)


def _strangers(
    knowledge: Mapping[str, Any], columns: Collection[str], learned: Collection[str]
) -> Iterator[tuple[Place, str]]:
    for place, name in _named(knowledge):
        if name not in columns:
            yield place, f"names `{shown(name)}`, which is not a column of the table{did_you_mean(name, learned)}"
        elif name not in learned:
            yield place, f"names `{shown(name)}`, which is not learned, so nothing can be known of it in the release"


_MEANS_EQUAL = "goes in a circle, so that all of them would have to be equal; take one out"
_MEANS_NOTHING = "goes in a circle, so that no column comes first; take one out"


def _named(knowledge: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    target = knowledge.get("target")
    if isinstance(target, str):
        yield ("target",), target
    for place, one, other in _pairs(knowledge):
        yield place, one
        yield place, other


def _pairs(knowledge: Mapping[str, Any]) -> Iterator[tuple[Place, str, str]]:
    for position, pair in enumerate(_listed(knowledge.get("important"))):
        match pair:
            case [str() as one, str() as other]:
                yield ("important", position), one, other
    for position, orders in _orders(knowledge):
        for lower, upper in orders:
            yield ("order", position), lower, upper
    for dependent, determinant in _depends(knowledge).items():
        yield ("depends", dependent), dependent, determinant


def _orders(knowledge: Mapping[str, Any]) -> Iterator[tuple[int, tuple[tuple[str, str], ...]]]:
    for position, text in enumerate(_listed(knowledge.get("order"))):
        try:
            yield position, parse_order(text)
        except (ValueError, TypeError):
            continue


def _depends(knowledge: Mapping[str, Any]) -> dict[str, str]:
    depends = knowledge.get("depends")
    return {key: on for key, on in depends.items() if isinstance(on, str)} if isinstance(depends, dict) else {}


def _circles(name: str, edges: list[tuple[str, str]], meaning: str) -> Iterator[tuple[Place, str]]:
    """Tell of one circle of two or more columns among ``edges``, if there is any."""
    following: dict[str, set[str]] = {}
    for one, other in edges:
        if one != other:
            following.setdefault(one, set()).add(other)
    while ends := {node for nodes in following.values() for node in nodes if not following.get(node)}:
        following = {node: nodes - ends for node, nodes in following.items() if nodes - ends}
    if following:
        yield (name,), f"among {', '.join(f'`{shown(node)}`' for node in sorted(following))} {meaning}"


def _listed(value: object) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []
