"""What a policy declares about several columns together. Public: it costs no budget and is taken at its word."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.vocabulary.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gateway.vocabulary.names import ColumnName


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

    def check(self, columns: Iterable[ColumnName]) -> None:
        """Raise ``ConfigurationError`` when a column is named that is not among the learned ``columns``."""
        named = {name for pair in (*self.pairs, *self.orders, *self.dependencies.items()) for name in pair}
        named |= {self.target} if self.target is not None else set()
        if unknown := sorted(named - set(columns)):
            raise ConfigurationError(
                f"declared knowledge names columns that are not learned: {', '.join(unknown)}; "
                "name learned columns, or take the declaration out"
            )
