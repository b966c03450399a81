"""Judge a whole database: attack persons with all they own, and measure every table's use."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import pyarrow as pa

from gateway.raw.family import Family, OwnedRows, first_name, rows_name, span_name
from gateway.raw.judge.attack import Arena
from gateway.raw.judge.compared import of_history, of_units, once
from gateway.raw.judge.constraints import constraints
from gateway.raw.judge.ending import rows_after_their_end
from gateway.raw.judge.histories import histories
from gateway.raw.judge.marginals import frames_of, marginals, pairs
from gateway.raw.judge.measure import Comparison
from gateway.raw.judge.remaking import NOTHING
from gateway.raw.judge.sketches import extent
from gateway.raw.judge.verdict import Check, attack_all, figures_of, judge, judged, measure_all, measured
from gateway.raw.rows import RawTable
from gateway.vocabulary.errors import CheckFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gateway.policy.criteria import CriteriaClause
    from gateway.policy.lineage import Lineage
    from gateway.raw.judge.compared import Compared
    from gateway.raw.judge.constraints import Stored
    from gateway.raw.judge.histories import History, SyntheticFamily
    from gateway.raw.judge.remaking import Remaker
    from gateway.raw.judge.verdict import Judgement
    from gateway.vocabulary.names import ColumnName, TableName
    from gateway.vocabulary.schema import Reference

FEWEST = 0.9
"""Share of the rows that were drawn of a table that must be left where some could not keep what it declares."""


def judge_database(
    train: Family,
    control: Family,
    synthetic: SyntheticFamily,
    *,
    lineage: Lineage,
    columns: Mapping[TableName, Sequence[ColumnName]],
    criteria: CriteriaClause,
    seed: int,
    progress: Callable[[str, float], None],
    published: Mapping[TableName, tuple[pa.Table, Sequence[Reference]]] | None = None,
    kept: Mapping[TableName, float] | None = None,
    stored: Sequence[Stored] = (),
    remaker: Remaker = NOTHING,
) -> Judgement:
    """Attack a whole synthetic database with the persons it was learned from, and measure the use of every table.

    As ``judge``, which it is when the unit's table is alone. ``columns`` are the learned ones of every table; beside
    them only order columns are read, and the owners' ``since``. The attacks on one table see the unit's row with three
    further columns for each owned table: how many rows, when the first, how long to the last. Other attacks see whole
    histories. The policy's `one_way` and `two_way` hold for every table: ``<table>.one_way`` is the mean over its
    columns (of an owned table also the number of rows per owner), ``<table>.two_way`` that over pairs within rows, with
    the owner's columns and with the number of rows. With ``published`` tables every reference must close. No
    row may lie after its owner's ``until``. ``kept`` is which share of the rows that were drawn could keep what their
    table declares, of tables some of whose rows could not: it must be ``FEWEST``. Of ``stored`` tables, which are to be
    published, is shown which share of the rows keeps what is declared.
    """
    unit = lineage.unit.table
    keeping = [keeping_of(table, share) for table, share in (kept or {}).items()]
    if not lineage.owned:
        found = judge(
            train.units, control.units, synthetic.units, columns=columns[unit], criteria=criteria, seed=seed,
            progress=progress, remaker=remaker,
        )  # fmt: skip
        return replace(found, checks=(*found.checks, *keeping), measures=(*found.measures, *constraints(stored, {})))

    @cache
    def arena() -> Arena:
        found = arena_of(train, control, synthetic, lineage=lineage, columns=columns, seed=seed, remaker=remaker)
        return replace(found, shadow_models=criteria.shadow_models, progress=progress)

    tables = _tables(arena, lineage)
    checks, results = attack_all(arena, criteria, of_histories=True, progress=progress)
    use, measures = measure_all(tables, criteria, begun=len(checks) / (len(checks) + 2), progress=progress)
    figures = figures_of(tables)
    checks += [*keeping, *use]
    if published is not None:
        checks.append(closing_of(published, figures))
    if any(kin.until is not None for kin in lineage.owned):
        checks.append(_ending(synthetic, train, lineage, figures))
    measures += constraints(stored, figures)
    found = judged(checks, results, figures, measures, progress=progress)
    return replace(
        found,
        marginals=marginals(remaker.measured, frames_of(train, synthetic), unit),
        pairs=pairs(remaker.measured, tables, unit),
    )


def _tables(arena: Callable[[], Arena], lineage: Lineage) -> dict[TableName, Callable[[], Compared]]:
    """Return the rows of every table, the unit's first."""

    def owned(table: TableName) -> Callable[[], Compared]:
        def rows() -> Compared:
            found = arena()
            return of_history(next(h for h in found.histories if h.table == table), seed=found.seed)

        return once(rows)

    unit = lineage.unit.table
    return {unit: once(lambda: of_units(arena(), unit)), **{kin.table: owned(kin.table) for kin in lineage.owned}}


def closed(table: pa.Table, reference: Reference, target: pa.Table) -> float:
    """Return the share of the rows of ``table`` whose reference is NULL in any column or leads to a row of ``target``.

    1 for a table without rows.
    """
    if not table.num_rows:
        return 1.0
    pointing = table.select(list(reference.columns)).rename_columns([str(i) for i in range(len(reference.columns))])
    keys = target.select(list(reference.target_columns)).rename_columns(pointing.column_names)
    pointing = pointing.drop_null()
    meeting = pointing.join(keys.cast(pointing.schema).group_by(keys.column_names).aggregate([]), pointing.column_names,
                            join_type="left anti")  # fmt: skip
    return float(1 - meeting.num_rows / table.num_rows)


def arena_of(
    train: Family,
    control: Family,
    synthetic: SyntheticFamily,
    *,
    lineage: Lineage,
    columns: Mapping[TableName, Sequence[ColumnName]],
    seed: int,
    remaker: Remaker = NOTHING,
) -> Arena:
    """Return what attacks on a whole database may use; ``CheckFailed`` when its frames do not fit together.

    Rows that are drawn anew have the columns made from histories too. A model that is trained anew is one of the unit's
    table with those columns, not of the histories (``remaking.trainer``).
    """
    found = histories(train, control, synthetic, lineage=lineage, columns=columns)
    frames = [train.units.expose(), control.units.expose(), synthetic.units]
    derived = _derived(found)
    learned = [name for name in columns[lineage.unit.table] if name not in derived]
    whole, begin = [], 0
    for frame in frames:
        parts = {name: frame.column(name) for name in learned}
        parts |= {name: values.slice(begin, frame.num_rows) for name, values in derived.items()}
        whole.append(pa.table(parts))
        begin += frame.num_rows
    redraw = remaker.redraw

    def redrawn(made: SyntheticFamily) -> pa.Table:
        nobody = [_nobody(each) for each in (train, control)]
        bare: dict[TableName, Sequence[ColumnName]] = dict.fromkeys(columns, ())
        more = _derived(histories(nobody[0], nobody[1], made, lineage=lineage, columns=bare))
        own = {name: made.units.column(name) for name in learned}
        return pa.table({**own, **more}).select(whole[0].column_names).cast(whole[0].schema)

    return Arena(
        train=whole[0],
        control=whole[1],
        synthetic=whole[2],
        columns=(*learned, *derived),
        seed=seed,
        derived=tuple(derived),
        histories=found,
        roles=remaker.roles,
        redraw=redraw and (lambda seed: redrawn(redraw(synthetic.units.num_rows, seed))),
        retrain=remaker.retrain,
    )


def _derived(found: Sequence[History]) -> dict[ColumnName, pa.Array]:
    """Return the columns that are made from histories, for the units of all frames."""
    derived: dict[ColumnName, pa.Array] = {}
    for history in found:
        rows, first, span = extent(history)
        derived[rows_name(history.table)] = pa.array(rows)
        if history.timed:
            derived[first_name(history.table)] = pa.array(first, from_pandas=True)
            derived[span_name(history.table)] = pa.array(span, from_pandas=True)
    return derived


def _nobody(family: Family) -> Family:
    return Family(
        unit=family.unit,
        units=_none_of(family.units),
        owned={
            name: OwnedRows(rows=_none_of(owned.rows), starts=owned.starts[:1]) for name, owned in family.owned.items()
        },
        owner_of=family.owner_of,
    )


def _none_of(rows: RawTable) -> RawTable:
    return RawTable(rows.table, rows.expose().slice(0, 0))


def closing_of(published: Mapping[TableName, tuple[pa.Table, Sequence[Reference]]], figures: dict[str, float]) -> Check:
    """Hold the worst share of references that lead somewhere against 1, and add all shares to ``figures``."""

    def least() -> float:
        for name, (table, references) in published.items():
            for reference in references:
                if reference.target not in published:
                    raise CheckFailed(f"table {name} refers to {reference.target}, which is not published")
                share = closed(table, reference, published[reference.target][0])
                figures[f"{name}.closed.{', '.join(reference.columns)}"] = share
        return min((share for name, share in figures.items() if ".closed." in name), default=1.0)

    return measured("references", least, comparison=Comparison.AT_LEAST, needed=1.0)


def keeping_of(table: TableName, share: float) -> Check:
    """Hold the ``share`` of drawn rows that could stay in ``table`` against ``FEWEST``."""
    return measured(f"{table}.kept", lambda: share, comparison=Comparison.AT_LEAST, needed=FEWEST)


def _ending(synthetic: SyntheticFamily, of: Family, lineage: Lineage, figures: dict[str, float]) -> Check:
    def late() -> float:
        rows = rows_after_their_end(synthetic, of, lineage)
        figures.update({f"{name}.after_end": float(count) for name, count in rows.items()})
        return float(sum(rows.values()))

    return measured("ends", late, comparison=Comparison.AT_MOST, needed=0.0)
