"""Look at every column of a snapshot once and say what it is, with the evidence."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from gateway import plugins
from gateway.raw.detect import recognizers as recognizers_package
from gateway.raw.detect.context import TableContext, contexts
from gateway.raw.detect.recognizer import ColumnSample
from gateway.raw.detect.weighing import weigh
from gateway.vocabulary.errors import CheckFailed, GatewayError
from gateway.vocabulary.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from gateway.raw.connect.source import Snapshot
    from gateway.raw.detect.findings import Evidence, Finding
    from gateway.raw.detect.recognizer import Recognizer
    from gateway.vocabulary.names import TableName
    from gateway.vocabulary.schema import Column, Schema, Table

log = logging.getLogger(__name__)

SAMPLE_ROWS = 2_000
"""Rows sampled per table; 688 would show a kind of value that 1 % of the rows have with probability 99.9 %."""
LONGEST_VALUE = 8_192
"""Characters of a value that are read."""


def detect(
    snapshot: Snapshot,
    *,
    tables: Collection[TableName] | None = None,
    sample_rows: int = SAMPLE_ROWS,
    progress: Callable[[str, float], None],
) -> tuple[Finding, ...]:
    """Return one finding for every column of every table of ``snapshot`` (or of ``tables``), in catalogue order.

    ``progress`` is called with what is looked at and the share of tables done. Raises what the snapshot raises
    (``SourceFailed``), and ``CheckFailed`` when a recognizer breaks: a column not looked at is not reported as
    harmless. What is found holds for the sample; nothing is said about values that were not drawn.
    """
    recognizers = load_recognizers()
    known = contexts(snapshot.schema)
    findings: list[Finding] = []
    chosen = [table for table in snapshot.schema.tables if tables is None or table.name in tables]
    for done, table in enumerate(chosen):
        progress(f"looking for people in {table.name}", done / len(chosen))
        findings += _detect_in(snapshot, table, known[table.name], recognizers, sample_rows=sample_rows)
        log.info("table scanned", extra={"table": table.name, "columns": len(table.columns)})
    return tuple(findings)


def load_recognizers() -> tuple[Recognizer, ...]:
    """Return one recognizer of every plugin, own ones and those of other distributions, in order of their names."""
    package = recognizers_package.__name__
    return tuple(plugins.load(package, name)() for name in plugins.names(package))


def examine(sample: ColumnSample, recognizers: Sequence[Recognizer]) -> Finding:
    """Return the finding on one sampled column."""
    evidence: list[Evidence] = []
    for recognizer in recognizers:
        try:
            evidence += recognizer.recognize(sample)
        except GatewayError:
            raise
        except Exception as error:  # noqa: BLE001 - a plugin's error may quote a value, so only its type is told
            raise CheckFailed(
                f"recognizer {recognizer.name!r} broke on column {sample.table.name}.{sample.column.name} "
                f"({type(error).__name__}): the column is undecided; remove or repair the recognizer"
            ) from None
    return weigh(sample, sorted(evidence, key=lambda piece: -piece.score))


def _detect_in(
    snapshot: Snapshot, table: Table, context: TableContext, recognizers: Sequence[Recognizer], *, sample_rows: int
) -> list[Finding]:
    readable = [column.name for column in table.columns if column.kind is not Kind.UNSUPPORTED]
    rows = snapshot.sample(table.name, readable, rows=sample_rows) if readable else pa.table({})
    return [
        examine(sample_of(snapshot.schema, table, column, context=context, rows=rows), recognizers)
        for column in table.columns
    ]


def sample_of(schema: Schema, table: Table, column: Column, *, context: TableContext, rows: pa.Table) -> ColumnSample:
    """Return ``column``'s sample out of ``rows``; an unsupported column's is empty."""
    if column.kind is Kind.UNSUPPORTED:
        return ColumnSample(schema=schema, table=table, column=column, values=(), rows=0, nulls=0, context=context)
    cells = rows.column(column.name)
    return ColumnSample(
        schema=schema,
        table=table,
        column=column,
        values=_distinct(cells),
        rows=len(cells),
        nulls=cells.null_count,
        context=context,
    )


def _distinct(cells: pa.ChunkedArray) -> tuple[str, ...]:
    values = pc.drop_null(pc.unique(cells))
    texts = values if pa.types.is_string(values.type) else pc.cast(values, pa.string())
    return tuple(pc.utf8_slice_codeunits(texts, 0, LONGEST_VALUE).to_pylist())
