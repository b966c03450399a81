"""A fitted table as files, and back: what its model is made of, and how its codes become rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gateway.estimation import storage
from gateway.estimation.storage import expect
from gateway.raw.generate import physical
from gateway.raw.generate.dependencies import Rule
from gateway.raw.generate.domain import Lattice
from gateway.raw.generate.drawing import Drawing
from gateway.raw.generate.expansion import Expansion
from gateway.vocabulary.errors import ArtefactFailed
from gateway.vocabulary.schema import TEXT_KINDS, Column

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from gateway.raw.generate.sampling import Model

    Arrays = Mapping[str, NDArray[Any]]
    Restore = Callable[[Mapping[str, Any], Arrays], Model]

VERSION = 2
_PIECES = ("low", "high", "null", "origin", "bin_of", "weight")


def save(folder: Path, *, generator: str, model: Model, drawing: Drawing) -> None:
    """Write a fitted table into the empty ``folder``; ``ArtefactFailed`` when that fails."""
    manifest = {
        "version": VERSION,
        "generator": generator,
        "model": model.describe(),
        "columns": [
            to.column.to_json()
            | {
                "texts": list(to.texts),
                "bins": to.bins,
                "lattice": None if to.lattice is None else to.lattice.to_json(),
            }
            for to in drawing.expansions
        ],
        "rules": [{"dependent": rule.dependent, "determinant": rule.determinant} for rule in drawing.rules],
        "orders": [list(order) for order in drawing.orders],
    }
    arrays = {f"model.{name}": array for name, array in model.arrays().items()}
    for j, to in enumerate(drawing.expansions):
        arrays |= {f"column.{j}.{name}": getattr(to, name) for name in _PIECES}
    for k, rule in enumerate(drawing.rules):
        arrays |= {f"rule.{k}.{name}": getattr(rule, name) for name in ("origin", "number", "null")}
    storage.save(folder, manifest, arrays)


def load(folder: Path, *, generator: str, restore: Restore) -> tuple[Model, Drawing]:
    """Read back what ``save`` wrote of ``generator``; ``ArtefactFailed`` when it is damaged or another generator's.

    ``restore`` makes a model of what it described and of its arrays, or raises ``ValueError``.
    """
    manifest, arrays = storage.load(folder)
    if manifest.get("generator") != generator:
        raise ArtefactFailed(f"the model in {folder} was made by another generator than {generator}")
    try:
        return _parsed(manifest, arrays, restore)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError):
        raise storage.damaged(folder) from None


def _parsed(manifest: Mapping[str, Any], arrays: Arrays, restore: Restore) -> tuple[Model, Drawing]:
    if manifest["version"] != VERSION:
        raise ValueError("another version")
    drawing, prefix = _drawing(manifest, arrays), "model."
    own = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
    model = restore(manifest["model"], own)
    if [one.size for one in model.one_ways] != [to.bins for to in drawing.expansions]:
        raise ValueError("the model has other bins than the columns")
    return model, drawing


def _drawing(manifest: Mapping[str, Any], arrays: Arrays) -> Drawing:
    expansions = tuple(
        _expansion(described, {name: arrays[f"column.{j}.{name}"] for name in _PIECES})
        for j, described in enumerate(manifest["columns"])
    )
    rules = tuple(
        _rule(described, {name: arrays[f"rule.{k}.{name}"] for name in ("origin", "number", "null")}, expansions)
        for k, described in enumerate(manifest["rules"])
    )
    applied = [rule.dependent for rule in rules]
    if len(set(applied)) != len(applied) or any(
        rule.determinant in applied[k:] for k, rule in enumerate(rules)
    ):  # fmt: skip
        raise ValueError("rules in another order than they apply")
    orders = tuple((int(a), int(b)) for a, b in manifest["orders"])
    if any(not 0 <= j < len(expansions) or expansions[j].column.kind in TEXT_KINDS for pair in orders for j in pair):
        raise ValueError("an order between columns that are not there")
    return Drawing(expansions=expansions, rules=rules, orders=orders)


def _column(described: Mapping[str, Any]) -> Column:
    column = Column.from_json(described)
    column.arrow_type  # noqa: B018 - raises for what is no type
    return column


def _expansion(described: Mapping[str, Any], arrays: Arrays) -> Expansion:
    column, bins = _column(described), int(described["bins"])
    texts = tuple(str(text) for text in described["texts"])
    text = column.kind in TEXT_KINDS
    count = arrays["low"].size
    if not count or not 0 < bins <= 2**31 or text != bool(texts):
        raise ValueError("a column without pieces, bins or texts")
    kind = np.int64 if text or physical.is_whole(column) else np.float64
    ends = {"low": 0, "high": len(texts) - 1} if text else {"low": None, "high": None}
    to = Expansion(
        column=column,
        low=expect(arrays["low"], kind, [count], **ends),
        high=expect(arrays["high"], kind, [count], **ends),
        null=expect(arrays["null"], np.bool_, [count]),
        origin=expect(arrays["origin"], np.int64, [count], low=0, high=2**31),
        bin_of=expect(arrays["bin_of"], np.int64, [count], low=0, high=bins - 1),
        weight=expect(arrays["weight"], np.float64, [count], low=0.0),
        bins=bins,
        texts=texts,
        lattice=None if described["lattice"] is None else Lattice.from_json(described["lattice"]),
    )
    if (to.low > to.high).any() or (to.null.any() and not column.nullable):
        raise ValueError("pieces that no value is in")
    return to


def _rule(described: Mapping[str, Any], arrays: Arrays, expansions: tuple[Expansion, ...]) -> Rule:
    dependent, determinant = int(described["dependent"]), int(described["determinant"])
    if not (0 <= dependent < len(expansions) and 0 <= determinant < len(expansions)) or dependent == determinant:
        raise ValueError("a rule about columns that are not there")
    of, cells = expansions[dependent], int(expansions[determinant].origin.max()) + 1
    return Rule(
        dependent=dependent,
        determinant=determinant,
        origin=expect(arrays["origin"], np.int64, [cells], low=0, high=int(of.origin.max())),
        number=expect(arrays["number"], of.low.dtype.type, [cells], low=of.low.min(), high=of.high.max()),
        null=expect(arrays["null"], np.bool_, [cells]),
    )
