"""From codes over bins to typed rows: pieces, numbers, what follows from them, declared orders. Never sees data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from gateway.estimation.feasible import CONTRADICTION
from gateway.estimation.refining import refine
from gateway.raw.generate import conditions, orders
from gateway.raw.generate.orders import Drawn
from gateway.vocabulary.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gateway.estimation.workers import Workers
    from gateway.raw.generate.dependencies import Rule
    from gateway.raw.generate.expansion import Expansion
    from gateway.raw.generate.request import Condition


@dataclass(frozen=True, kw_only=True, eq=False)
class Drawing:
    """What turns a model's codes into rows; ``rules`` in the order in which they apply, ``orders`` closed."""

    expansions: tuple[Expansion, ...]
    rules: tuple[Rule, ...] = ()
    orders: tuple[tuple[int, int], ...] = ()

    @property
    def schema(self) -> pa.Schema:
        """Return names and types, as in the source."""
        columns = [to.column for to in self.expansions]
        return pa.schema([pa.field(c.name, c.arrow_type, c.nullable) for c in columns])

    def given(self, wanted: Mapping[int, Condition]) -> tuple[Drawing, dict[int, NDArray[np.float64]]]:
        """Return what draws only rows that meet ``wanted``, and the weights this gives to the bins of some columns.

        A condition on a determined column becomes one on what determines it.
        """
        rule_of = {rule.dependent: rule for rule in self.rules}
        cut: dict[int, Expansion] = {}
        for column, condition in wanted.items():
            if column in rule_of:
                root, mask = self._determining(rule_of, column, condition)
                to = cut.get(root, self.expansions[root])
                cut[root] = replace(to, weight=np.where(mask[to.origin], to.weight, 0.0))
                if not (cut[root].weight > 0).any():
                    raise ConfigurationError(
                        f"no row of the kind asked for can be made: column {self.expansions[column].column.name} "
                        "follows from another column and takes other values in the model; ask for other values"
                    )
            else:
                to = conditions.restrict(self.expansions[column], condition)
                if column in cut:
                    before = cut[column]
                    alive = np.isin(to.origin, before.origin[before.weight > 0])
                    to = replace(to, weight=np.where(alive, to.weight, 0.0))
                cut[column] = to
        allowed = {column: conditions.shares(to, self.expansions[column]) for column, to in cut.items()}
        expansions = tuple(cut.get(j, to) for j, to in enumerate(self.expansions))
        return replace(self, expansions=expansions), allowed

    def _determining(
        self, rule_of: Mapping[int, Rule], column: int, condition: Condition
    ) -> tuple[int, NDArray[np.bool_]]:
        """Return the column from which ``column`` follows, and which of its fine cells lead to what is wanted."""
        rule = rule_of[column]
        mask = conditions.meets(self.expansions[column], condition, rule.number, rule.null)
        while rule.determinant in rule_of:
            rule = rule_of[rule.determinant]
            mask = mask[rule.origin]
        return rule.determinant, mask

    def table(self, codes: NDArray[np.int32], *, seed: int, crew: Workers) -> pa.Table:
        """Return one typed row for every row of ``codes``; the same seed gives the same rows."""
        linked = {j for order in self.orders for j in order} | {
            j for r in self.rules for j in (r.dependent, r.determinant)
        }
        determined = {rule.dependent for rule in self.rules}
        alone = [j for j in range(len(self.expansions)) if j not in linked]
        arrays = dict(zip(alone, crew.each(lambda j: self._single(codes, j, seed), alone), strict=True))
        drawn: dict[int, Drawn] = {}
        origin: dict[int, NDArray[np.int64]] = {}
        for j in sorted(linked - determined):
            drawn[j], origin[j] = self._column(codes, j, np.random.default_rng([seed, j]))
        self._determine(drawn, origin)
        bad = self._order(codes, drawn, seed)
        for j, each in drawn.items():
            arrays[j] = self.expansions[j].typed(each.numbers, each.null)
        made = pa.Table.from_arrays([arrays[j] for j in range(len(self.expansions))], schema=self.schema)
        return _without(made, bad, seed) if bad.size else made

    def _single(self, codes: NDArray[np.int32], j: int, seed: int) -> pa.Array:
        generator, to = np.random.default_rng([seed, j]), self.expansions[j]
        pieces = self._pieces(codes, j, generator)
        return to.typed(to.numbers(pieces, generator), to.null[pieces] if to.null.any() else None)

    def _pieces(self, codes: NDArray[np.int32], j: int, generator: np.random.Generator) -> NDArray[np.int32]:
        splits = self.expansions[j].splits
        pieces = splits.divide(codes[:, j], seed=int(generator.integers(0, 2**63)))
        refine(codes, j, pieces, splits, seed=int(generator.integers(0, 2**63)))
        return pieces

    def _column(
        self, codes: NDArray[np.int32], j: int, generator: np.random.Generator, *, apart: bool = False
    ) -> tuple[Drawn, NDArray[np.int64]]:
        """Return the numbers of one column, and the fine cell of each; ``apart``: every row is drawn by itself."""
        to = self.expansions[j]
        pieces = to.splits.draw(codes[:, j], generator) if apart else self._pieces(codes, j, generator)
        return Drawn(numbers=to.numbers(pieces, generator), null=to.null[pieces]), to.origin[pieces]

    def _determine(self, drawn: dict[int, Drawn], origin: dict[int, NDArray[np.int64]]) -> None:
        """Add what follows from columns that are there."""
        for rule in self.rules:
            if rule.determinant in origin:
                cells = origin[rule.determinant]
                origin[rule.dependent] = rule.origin[cells]
                drawn[rule.dependent] = Drawn(numbers=rule.number[cells], null=rule.null[cells])

    def _order(self, codes: NDArray[np.int32], drawn: dict[int, Drawn], seed: int) -> NDArray[np.int64]:
        """Mend the rows that break an order; return those that still do."""
        if not self.orders or not codes.shape[0]:
            return np.zeros(0, dtype=np.int64)
        generator = np.random.default_rng([seed, len(self.expansions)])
        columns = {j: self.expansions[j].column for order in self.orders for j in order}
        determined = {rule.dependent for rule in self.rules}
        tied = self._tied()
        free = [j for j in columns if j not in determined and j not in tied]

        def again(rows: NDArray[np.int64]) -> dict[int, Drawn]:
            made: dict[int, Drawn] = {}
            origin: dict[int, NDArray[np.int64]] = {}
            for j in [*free, *tied]:
                made[j], origin[j] = self._column(codes[rows], j, generator, apart=True)
            self._determine(made, origin)
            return made

        def squeeze(rows: NDArray[np.int64]) -> dict[int, Drawn]:
            fixed = {
                j: Drawn(numbers=drawn[j].numbers[rows], null=drawn[j].null[rows]) for j in columns if j not in free
            }
            bins = {j: codes[rows, j] for j in free}
            return orders.squeeze(self.orders, {j: self.expansions[j] for j in columns}, bins, fixed, generator)

        return orders.mend(self.orders, columns, drawn, again, squeeze=squeeze)

    def _tied(self) -> list[int]:
        """Return the columns from which others follow that an order speaks of, directly or through others."""
        wanted = {j for order in self.orders for j in order}
        for rule in reversed(self.rules):
            if rule.dependent in wanted:
                wanted.add(rule.determinant)
        return sorted(wanted & {rule.determinant for rule in self.rules} - {rule.dependent for rule in self.rules})


def _without(made: pa.Table, bad: NDArray[np.int64], seed: int) -> pa.Table:
    """Return the rows with others in the place of ``bad`` ones."""
    rows = np.arange(made.num_rows)
    good = np.setdiff1d(rows, bad)
    if not good.size:
        raise ConfigurationError(CONTRADICTION)
    rows[bad] = np.random.default_rng([seed, bad.size]).choice(good, bad.size)
    return made.take(pa.array(rows)).combine_chunks()
