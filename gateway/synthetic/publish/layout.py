"""What a sharing database is given: the approved tables, ``release_info`` and ``column_notes``, and nothing else.

Cells go in as they are: text such as ``=cmd()`` or ``<script>`` is harmless in a database and must be escaped by
whoever shows it elsewhere. What no target could hold faithfully is refused before anything is sent.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from gateway.release.synthetic_table import SyntheticTable
from gateway.vocabulary.errors import PublishRefused
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.synthetic.publish.target import Publication

INFO = TableName("release_info")
NOTES = TableName("column_notes")
INFO_COLUMNS = ("key", "value")
"""Finding a ``release_info`` of exactly these columns is part of knowing that a schema is ours."""
_NOTES_COLUMNS = ("table_name", "column_name", "values_are", "note")

FIRST_DAY, LAST_DAY = dt.date(1, 1, 1), dt.date(9999, 12, 31)


def shared_tables(publication: Publication, tables: Sequence[SyntheticTable]) -> tuple[SyntheticTable, ...]:
    """Return all that is put before readers: ``tables`` and the two tables that explain them.

    Raises ``PublishRefused``, naming table and column and never a value, for what no target could hold: no tables, no
    columns, a table called like one of ours, unsupported types, NUL characters, invalid UTF-8, years outside 1-9999.
    """
    if not all(note.startswith("SYNTHETIC") for note in (publication.note, *publication.table_notes.values())):
        raise ValueError("the notes of a publication begin with SYNTHETIC")
    if not tables:
        raise PublishRefused("the release holds no tables; there is nothing to publish")
    for table in tables:
        _refuse_unfit(table)
    return (*tables, _info(publication), _notes(publication, tables))


def _info(publication: Publication) -> SyntheticTable:
    info = {**publication.info, "release": publication.release, "schema": publication.schema}
    return _text_table(INFO, INFO_COLUMNS, sorted(info.items()), keys=1)


def _notes(publication: Publication, tables: Sequence[SyntheticTable]) -> SyntheticTable:
    rows = [
        (table.table.name, column.name, publication.treatments.get(table.table.name, {}).get(column.name, "synthetic"))
        for table in tables
        for column in table.table.columns
    ]
    return _text_table(NOTES, _NOTES_COLUMNS, [(*row, publication.note_of(row[0])) for row in rows], keys=2)


def _text_table(
    name: TableName, columns: Sequence[str], rows: Sequence[tuple[str, ...]], *, keys: int
) -> SyntheticTable:
    shape = Table(
        name=name,
        columns=tuple(Column(name=ColumnName(each), kind=Kind.TEXT, native="text", nullable=False) for each in columns),
        primary_key=tuple(ColumnName(each) for each in columns[:keys]),
    )
    arrays = [pa.array(cells, pa.string()) for cells in zip(*rows, strict=True)]
    return SyntheticTable(shape, pa.Table.from_arrays(arrays, schema=shape.arrow_schema()))


def _refuse_unfit(table: SyntheticTable) -> None:
    name = table.table.name
    if name in (INFO, NOTES):
        raise PublishRefused(f"a table is called {name}, which the gateway writes itself; drop it in the policy")
    if not table.table.columns:
        raise PublishRefused(f"table {name!r} has no columns; drop it in the policy")
    for column in table.table.columns:
        if "\0" in name or "\0" in column.name or not name or not column.name:
            raise PublishRefused(f"table {name!r} has an empty name or one with a NUL character; no database holds it")
        if column.kind is Kind.UNSUPPORTED:
            raise PublishRefused(f"column {column.name!r} of table {name!r} is of a type that is not published")
    for batch in table.batches():
        for column, values in zip(table.table.columns, batch.columns, strict=True):
            fault = _fault(column, values)
            if fault:
                raise PublishRefused(f"column {column.name!r} of table {name!r} {fault}; nothing was published")


def _fault(column: Column, values: pa.Array) -> str | None:
    """Return why no target could hold ``values`` faithfully, in words without a value; None when it could."""
    if column.kind in (Kind.TEXT, Kind.ENUM):
        try:
            values.validate(full=True)
        except pa.ArrowInvalid:
            return "holds text that is not valid UTF-8"
        if pc.any(pc.match_substring(values, "\0")).as_py():
            return "holds text with a NUL character"
    if column.kind in (Kind.DATE, Kind.DATETIME):
        # compared as the integers they are: a date outside Python's years cannot even be turned into one
        days = values.cast(pa.int32() if column.kind is Kind.DATE else pa.int64())
        unit = 1 if column.kind is Kind.DATE else 86_400 * 10**6
        first, last = ((day - dt.date(1970, 1, 1)).days * unit for day in (FIRST_DAY, LAST_DAY))
        found = pc.min_max(days).as_py()
        if found["min"] is not None and (found["min"] < first or found["max"] >= last + unit):
            return "holds dates outside the years 1 to 9999"
    return None
