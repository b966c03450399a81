"""Which share of the rows that are to be published keeps what their tables declare, counted in those rows."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from gateway.raw.judge.measure import MeasureResult
from gateway.vocabulary.checks import keeps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gateway.vocabulary.names import ColumnName
    from gateway.vocabulary.schema import Table

NAME = "constraints"
_QUESTION = "Which share of the rows keeps what the table declares: NOT NULL, CHECK, unique keys, references?"
_MEANS = (
    "The least share, over all that the table declares, of the published rows that keep it. 1: every row keeps "
    "everything, and analysts can rely on the same rules as in the source."
)
_NOT_SHOWN = (
    "Rules that the database does not declare, and CHECKs that say more than the gateway can read: the certificate "
    "names those."
)
_log = logging.getLogger(__name__)


class Stored(Protocol):
    """A table that is to be published: its shape, and its rows in batches."""

    table: Table

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows in order."""
        ...


def constraints(tables: Iterable[Stored], closed: Mapping[str, float]) -> tuple[MeasureResult, ...]:
    """Return for each of ``tables`` that declares something how much of it is kept; references from ``closed``.

    ``closed`` has ``<table>.closed.<columns>``, as ``judge_database`` works them out. Memory holds one batch, and the
    columns of one key. What cannot be counted is left out, and logged: it never stops a run.
    """
    found = []
    for stored in tables:
        name = stored.table.name
        try:
            figures = kept(stored)
        except Exception as problem:  # noqa: BLE001 - shown, and judges nothing
            _log.info("left out", extra={"measure": NAME, "table": name, "reason": type(problem).__name__})
            continue
        before = f"{name}.closed."
        figures |= {
            f"reference {key.removeprefix(before)}": share for key, share in closed.items() if key.startswith(before)
        }
        if figures:
            found.append(
                MeasureResult(
                    measure=NAME,
                    table=name,
                    question=_QUESTION,
                    means=_MEANS,
                    not_shown=_NOT_SHOWN,
                    value=min(figures.values()),
                    figures=figures,
                )
            )
    return tuple(found)


def kept(stored: Stored) -> dict[str, float]:
    """Return the share of rows that keep each of NOT NULL, the CHECKs that can be read, and the keys; 1 without rows.

    A row breaks a key when another row has the same; with NULL in it, only a primary key is broken.
    """
    table = stored.table
    filled = [column.name for column in table.columns if not column.nullable]
    checks = [(check.name, check.condition) for check in table.checks if check.condition is not None]
    rows, missing, broken = 0, dict.fromkeys(filled, 0), {rule: 0 for rule, _ in checks}
    for batch in stored.batches():
        part = pa.Table.from_batches([batch])
        rows += part.num_rows
        for name in filled:
            missing[name] += part.column(name).null_count
        for rule, condition in checks:
            broken[rule] += part.num_rows - int(pc.sum(keeps(condition, part)).as_py() or 0)
    figures = {f"NOT NULL {name}": _share(count, rows) for name, count in missing.items()}
    figures |= {f"CHECK {rule}": _share(count, rows) for rule, count in broken.items()}
    keys = {f"UNIQUE {', '.join(key)}": key for key in table.unique} | {"PRIMARY KEY": table.primary_key}
    for called, key in keys.items():
        if key:
            figures[called] = _share(_repeated(stored, key, null_breaks=called == "PRIMARY KEY"), rows)
    return figures


def _share(broken: int, rows: int) -> float:
    return 1 - broken / rows if rows else 1.0


def _repeated(stored: Stored, key: Sequence[ColumnName], *, null_breaks: bool) -> int:
    """Return how many rows have the ``key`` of another row, or NULL in it where ``null_breaks``."""
    batches = [batch.select(list(key)) for batch in stored.batches()]
    if not batches:
        return 0
    columns = pa.Table.from_batches(batches)
    whole = columns.drop_null()
    counts = whole.group_by(list(key)).aggregate([([], "count_all")]).column("count_all")
    repeated = int(pc.sum(pc.if_else(pc.greater(counts, 1), counts, 0)).as_py() or 0)
    return repeated + (columns.num_rows - whole.num_rows if null_breaks else 0)
