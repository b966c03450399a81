"""What a policy declares about several columns together. Public: it costs no budget and is taken at its word."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gateway.vocabulary.errors import ConfigurationError
from gateway.vocabulary.names import ColumnName

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gateway.policy.model import KnowledgeClause


@dataclass(frozen=True, kw_only=True)
class Knowledge:
    """Declared facts; every column named must be learned.

    Declared facts are kept in what is generated, whether or not the rows kept them.
    """

    target: ColumnName | None = None
    """The column that analysts will predict: its pairs get more of the budget."""
    pairs: tuple[tuple[ColumnName, ColumnName], ...] = ()
    """Pairs of columns that matter more than others."""
    orders: tuple[tuple[ColumnName, ColumnName], ...] = ()
    """(lower, upper): in every row lower <= upper where both are present. Of one kind, numeric or temporal."""
    dependencies: Mapping[ColumnName, ColumnName] = field(default_factory=dict)
    """dependent -> determinant: equal values of the determinant always come with equal values of the dependent."""

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object that ``from_json`` reads back."""
        return {
            "target": self.target,
            "pairs": [list(pair) for pair in self.pairs],
            "orders": [list(order) for order in self.orders],
            "dependencies": dict(self.dependencies),
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Knowledge:
        """Read back what ``to_json`` wrote; ``KeyError``, ``TypeError`` or ``ValueError`` when it is something else."""
        return cls(
            target=None if value["target"] is None else ColumnName(value["target"]),
            pairs=tuple((ColumnName(a), ColumnName(b)) for a, b in value["pairs"]),
            orders=tuple((ColumnName(a), ColumnName(b)) for a, b in value["orders"]),
            dependencies={ColumnName(a): ColumnName(b) for a, b in value["dependencies"].items()},
        )

    def check(self, columns: Iterable[ColumnName]) -> None:
        """Raise ``ConfigurationError`` when a column is named that is not among the learned ``columns``."""
        named = {name for pair in (*self.pairs, *self.orders, *self.dependencies.items()) for name in pair}
        named |= {self.target} if self.target is not None else set()
        if unknown := sorted(named - set(columns)):
            raise ConfigurationError(
                f"declared knowledge names columns that are not learned: {', '.join(unknown)}; "
                "name learned columns, or take the declaration out"
            )


def declared_knowledge(clause: KnowledgeClause | None) -> Knowledge | None:
    """Return what ``clause`` of a policy or domain file declares; None for none."""
    if clause is None:
        return None
    return Knowledge(
        target=None if clause.target is None else ColumnName(clause.target),
        pairs=tuple((ColumnName(one), ColumnName(other)) for one, other in clause.pairs),
        orders=tuple((ColumnName(lower), ColumnName(upper)) for lower, upper in clause.orders),
        dependencies={ColumnName(name): ColumnName(on) for name, on in clause.depends.items()},
    )
