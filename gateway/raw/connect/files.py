"""A CSV or Parquet file as one table, read in batches.

What a file's table looks like is public: the names in the header of a CSV file, whose types the domain file declares (a
type taken from the cells would tell of them); the schema of a Parquet file. Statistics, dictionaries and the number of
rows of a Parquet file are of the rows, and are not looked at. A cell that does not read as its column's kind is NULL,
and a row with too many or too few cells is left out: no error and no number here tells of single rows.
"""

from __future__ import annotations

import csv
import io
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from gateway.policy.one_table import MOST_DIGITS, typed
from gateway.raw.connect import csv_records, sampling
from gateway.raw.connect.cells import finite, from_text, schema_of
from gateway.raw.connect.contents import row_hashes
from gateway.raw.connect.introspection import looked_at
from gateway.raw.connect.kinds import is_document
from gateway.vocabulary.errors import SourceFailed, SourceRefused, Unsupported
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Schema, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from gateway.policy.one_table import CsvClause, DomainFile


PARQUET_ROWS = 2**16
"""Rows of a Parquet file read at a time."""

_BITS = 64
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_BOM = b"\xef\xbb\xbf"
_WORDS = {Kind.BOOLEAN: ({"true", "t", "1", "yes", "y"}, {"false", "f", "0", "no", "n"})}


class TableFile:
    """One file. Also a ``Snapshot`` of a schema with that one table, so that detection can look at it."""

    def __init__(self, path: Path, table: Table, read: Callable[[list[Column]], Iterator[pa.RecordBatch]]) -> None:
        """Bind what ``open_file`` found; ``read`` also gives documents, as texts."""
        self.path = path
        self.table = table
        self.schema = Schema(tables=(table,))
        self._read = read
        self._hashes: tuple[bytes, NDArray[np.uint64]] | None = None

    def batches(self, table: TableName, columns: Sequence[ColumnName]) -> Iterator[pa.RecordBatch]:
        """Stream all rows of ``columns``; see ``Snapshot.batches``."""
        if table != self.table.name:
            raise SourceFailed(f"{self.path.name} holds the table {self.table.name} and no other")
        yield from self._read([self.table.column(name) for name in columns])

    def sample(self, table: TableName, columns: Sequence[ColumnName], *, rows: int) -> pa.Table:
        """Return ``rows`` rows as ``draw`` does, by a secret of this process alone."""
        return self.draw(table, columns, rows=rows, secret=sampling.of_this_process())

    def draw(self, table: TableName, columns: Sequence[ColumnName], *, rows: int, secret: bytes) -> pa.Table:
        """Return the rows with the least hashes; see ``KeyedSnapshot``. A row's hash is of its content.

        Reads the file twice, the first time to hash, and keeps 8 bytes for every row.
        """
        wanted, hashes = self._looked_at(table, columns), self._hashed(table, secret)
        chosen = np.sort(np.argsort(hashes, kind="stable")[:rows])
        found, start = [], 0
        for batch in self._read(wanted):
            own = chosen[(chosen >= start) & (chosen < start + batch.num_rows)]
            found.append(batch.take(pa.array(own - start)))
            start += batch.num_rows
        in_file = pa.Table.from_batches(found, schema_of(wanted))
        return in_file.take(pa.array(np.argsort(hashes[chosen], kind="stable")))

    def draw_filled(
        self, table: TableName, columns: Mapping[ColumnName, float], *, rows: int, secret: bytes
    ) -> dict[ColumnName, pa.ChunkedArray]:
        """Return cells that are not NULL; see ``KeyedSnapshot``. All columns are looked for in one pass."""
        wanted, hashes = self._looked_at(table, list(columns)), self._hashed(table, secret)
        kept = {
            c.name: pa.table({"cell": pa.array([], c.arrow_type), "hash": pa.array([], pa.uint64())}) for c in wanted
        }
        start = 0
        for batch in self._read(wanted):
            own = pa.array(hashes[start : start + batch.num_rows])
            start += batch.num_rows
            for name, cells in zip(batch.schema.names, batch.columns, strict=True):
                filled = pc.is_valid(cells)
                more = pa.table({"cell": cells.filter(filled), "hash": own.filter(filled)})
                both = pa.concat_tables([kept[name], more])
                least = np.argsort(both.column("hash").to_numpy(), kind="stable")[:rows]
                kept[name] = both.take(pa.array(least)).combine_chunks()
        return {name: cells.column("cell") for name, cells in kept.items()}

    def _looked_at(self, table: TableName, columns: Sequence[ColumnName]) -> list[Column]:
        if table != self.table.name:
            raise SourceFailed(f"{self.path.name} holds the table {self.table.name} and no other")
        return list(looked_at(self.table, columns))

    def _hashed(self, table: TableName, secret: bytes) -> NDArray[np.uint64]:
        """Return the hash of every row, by all columns that can be read; kept for the next question."""
        seed = sampling.seed_of(table, secret)
        if self._hashes is None or self._hashes[0] != seed:
            every = [c.name for c in self.table.columns if c.kind is not Kind.UNSUPPORTED or is_document(c)]
            self._hashes = (seed, row_hashes(self._read(self._looked_at(table, every)), seed=seed))
        return self._hashes[1]

    def lend(self, table: TableName) -> NoReturn:
        """Refuse: there is no database behind a file that could count in it."""
        raise Unsupported(f"{table} is a file; it is counted in memory")


def open_file(path: Path, domain: DomainFile) -> TableFile:
    """Return the table in ``path`` (``.csv``, ``.tsv``, ``.txt`` or ``.parquet``), typed as ``domain`` declares.

    Reads the header or schema alone. ``SourceRefused`` for a file that is no such table: missing, empty, two columns of
    one name, not UTF-8 in its header, a declared kind that the file's type cannot be read as.
    """
    if not path.is_file():
        raise SourceRefused(f"there is no file {path}; name a CSV or Parquet file")
    if path.suffix.lower() in {".parquet", ".pq"}:
        return _open_parquet(path, domain)
    if path.suffix.lower() in {".csv", ".tsv", ".txt"}:
        return _open_csv(path, domain)
    raise SourceRefused(f"{path.name} ends neither in .csv nor in .parquet; say by its name which of them it is")


def _named(path: Path, columns: Sequence[Column]) -> Table:
    for position, column in enumerate(columns, start=1):
        if not column.name:
            raise SourceRefused(
                f"column {position} of {path.name} has no name; pandas and R write their row numbers so: write the "
                "file without them, or give the column a name"
            )
    names = [column.name for column in columns]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SourceRefused(f"{path.name} has more than one column called {', '.join(twice)}; rename all but one")
    return Table(name=TableName(path.stem), columns=tuple(columns))


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Let no library's error out: it may quote cells."""
    try:
        yield
    except OSError as error:
        raise SourceFailed(f"{path.name} cannot be read: {error.strerror or 'disk error'}") from None
    except pa.ArrowException as error:
        raise SourceFailed(f"{path.name} cannot be read to its end ({type(error).__name__}); is it complete?") from None


# --- CSV -------------------------------------------------------------------------------------------------------------


def _open_csv(path: Path, domain: DomainFile) -> TableFile:
    clause = domain.csv
    with _reading(path), path.open("rb") as file:
        names = _header(path, file, clause)
        first_row = file.tell()
    columns = []
    for name in names:
        declared = domain.columns.get(name)
        columns.append(
            typed(name, (declared and declared.kind) or "text", nullable=declared is None or declared.nullable)
        )
    table = _named(path, columns)

    def read(wanted: list[Column]) -> Iterator[pa.RecordBatch]:
        with _reading(path), path.open("rb") as file:
            file.seek(first_row)
            yield from _csv_batches(file, names, wanted, clause)

    return TableFile(path, table, read)


def _skip_mark(file: BinaryIO) -> None:
    if file.read(len(_BOM)) != _BOM:
        file.seek(0)


def _header(path: Path, file: BinaryIO, clause: CsvClause) -> list[str]:
    """Return the names in the first record; the rest of the file is not looked at."""
    start = file.read(2)
    if start in _UTF_16:
        raise SourceRefused(f"{path.name} is UTF-16; save it as UTF-8")
    file.seek(0)
    _skip_mark(file)
    first = b""
    while line := file.readline(csv_records.LONGEST):
        first += line
        if len(first) > csv_records.LONGEST:
            raise SourceRefused(f"{path.name} has no end of its first line; is it a CSV file?")
        if line.endswith(b"\n") and first.strip() and first.count(b'"') % 2 == 0:
            break
    if not first.strip():
        raise SourceRefused(f"{path.name} is empty; its first line should name the columns")
    try:
        text = first.decode(clause.encoding)
    except UnicodeDecodeError:
        raise SourceRefused(
            f"the first line of {path.name} is not {clause.encoding}; save the file as UTF-8, or declare its encoding: "
            "`csv: {encoding: latin-1}`"
        ) from None
    try:
        names = next(csv.reader(io.StringIO(text.strip("\r\n")), delimiter=clause.delimiter), [])
    except csv.Error:
        raise SourceRefused(
            f"the first line of {path.name} does not read as names; its lines should end with a newline (not with a "
            "carriage return alone), and names with quotes should be quoted"
        ) from None
    return [name.strip() for name in names]


def _csv_batches(file: BinaryIO, names: list[str], wanted: list[Column], clause: CsvClause) -> Iterator[pa.RecordBatch]:
    parsing = pacsv.ParseOptions(
        delimiter=clause.delimiter,
        newlines_in_values=True,
        ignore_empty_lines=len(names) > 1,
    )
    converting = pacsv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.binary()),
        include_columns=[column.name for column in wanted],
        null_values=[""],
        strings_can_be_null=True,
        check_utf8=False,
    )
    for whole in csv_records.blocks(file, delimiter=clause.delimiter, columns=len(names)):
        block = whole if clause.encoding == "utf-8" else whole.decode(clause.encoding, "replace").encode()
        reading = pacsv.ReadOptions(column_names=names, block_size=len(block) + 1, use_threads=False)
        parsed = pacsv.read_csv(
            pa.BufferReader(block), read_options=reading, parse_options=parsing, convert_options=converting
        )
        for batch in parsed.combine_chunks().to_batches():
            cells = [_cell_texts(batch.column(column.name), column, clause) for column in wanted]
            arrays = [from_text(texts, column) for texts, column in zip(cells, wanted, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema_of(wanted))


def _cell_texts(cells: pa.Array, column: Column, clause: CsvClause) -> pa.Array:
    """Return the cells as texts in the notation ``from_text`` reads."""
    texts = from_text(cells, typed(column.name, "text", nullable=True))
    if clause.trim or column.kind is not Kind.TEXT:
        texts = pc.utf8_trim_whitespace(texts)
    if clause.nulls:
        texts = pc.if_else(pc.is_in(texts, pa.array(clause.nulls)), pa.scalar(None, pa.string()), texts)
    if clause.decimal == "," and column.kind in {Kind.FLOAT, Kind.DECIMAL}:
        texts = pc.replace_substring(texts, ",", ".")
    return _notation(texts, column)


def _notation(texts: pa.Array, column: Column) -> pa.Array:
    """Return texts as people write them in the one notation of their kind."""
    if column.kind is Kind.TEXT:
        # an empty text that was trimmed to nothing is no text
        return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    if column.kind is Kind.INTEGER:
        # 3.0 is how pandas writes whole numbers of a column with gaps
        return pc.replace_substring_regex(texts, r"^\+?(-?[0-9]+)(?:\.0*)?$", r"\1")
    if column.kind in {Kind.FLOAT, Kind.DECIMAL}:
        return pc.replace_substring_regex(texts, r"^\+", "")
    if column.kind is Kind.BOOLEAN:
        small = pc.utf8_lower(texts)
        yes, no = (pc.is_in(small, pa.array(sorted(words))) for words in _WORDS[Kind.BOOLEAN])
        return pc.if_else(yes, "1", pc.if_else(no, "0", pa.scalar(None, pa.string())))
    if column.kind is Kind.DATE:
        # a date may be written with the time of day; from_text takes the day alone
        return pc.replace_substring_regex(texts, r"^([0-9]{4}-[0-9]{2}-[0-9]{2})[T ].*$", r"\1")
    return texts


# --- Parquet ---------------------------------------------------------------------------------------------------------


def _open_parquet(path: Path, domain: DomainFile) -> TableFile:
    with _reading(path), pq.ParquetFile(path) as file:
        schema = file.schema_arrow
    stored = {field.name: _stored(field) for field in schema}
    table = _named(path, [_as_declared(path, _stored(field), domain) for field in schema])

    def read(wanted: list[Column]) -> Iterator[pa.RecordBatch]:
        with _reading(path), pq.ParquetFile(path) as file:
            for batch in file.iter_batches(PARQUET_ROWS, columns=[column.name for column in wanted], use_threads=False):
                arrays = [_of_kind(batch.column(c.name), stored[c.name], c) for c in wanted]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema_of(wanted))

    return TableFile(path, table, read)


def _stored(field: pa.Field) -> Column:
    """Return the column a Parquet file's schema declares."""
    kind, precision, scale = _kind_of(field.type), None, None
    if kind is Kind.DECIMAL and 0 <= field.type.scale <= field.type.precision <= MOST_DIGITS:
        precision, scale = field.type.precision, field.type.scale
    return Column(
        name=ColumnName(field.name),
        kind=kind,
        native=str(field.type),
        nullable=field.nullable,
        precision=precision,
        scale=scale,
        lowest=_least(field.type),
        highest=_greatest(field.type),
    )


def _least(declared: pa.DataType) -> int | None:
    """Return the least whole number that a type narrower than 64 bits, or without a sign, holds."""
    plain = _plain(declared)
    if pa.types.is_unsigned_integer(plain):
        return 0
    return -(2 ** (plain.bit_width - 1)) if pa.types.is_integer(plain) and plain.bit_width < _BITS else None


def _greatest(declared: pa.DataType) -> int | None:
    plain = _plain(declared)
    if not pa.types.is_integer(plain) or plain.bit_width >= _BITS:
        return None
    return int(2 ** (plain.bit_width - pa.types.is_signed_integer(plain)) - 1)


def _plain(declared: pa.DataType) -> pa.DataType:
    return declared.value_type if pa.types.is_dictionary(declared) else declared


def _kind_of(declared: pa.DataType) -> Kind:
    plain = _plain(declared)
    tests = (
        (pa.types.is_boolean, Kind.BOOLEAN),
        (pa.types.is_integer, Kind.INTEGER),
        (pa.types.is_floating, Kind.FLOAT),
        (pa.types.is_decimal, Kind.DECIMAL),
        (pa.types.is_date, Kind.DATE),
        (pa.types.is_timestamp, Kind.DATETIME),
        (lambda one: pa.types.is_string(one) or pa.types.is_large_string(one), Kind.TEXT),
    )
    return next((kind for is_one, kind in tests if is_one(plain)), Kind.UNSUPPORTED)


def _as_declared(path: Path, stored: Column, domain: DomainFile) -> Column:
    clause = domain.columns.get(stored.name)
    if clause is None or clause.kind is None:
        return stored
    declared = typed(stored.name, clause.kind, nullable=clause.nullable)
    if stored.kind is Kind.UNSUPPORTED:
        raise SourceRefused(
            f"column {stored.name} of {path.name} is of type {stored.native}, which cannot be read as {clause.kind}; "
            "put it under `ignore`"
        )
    return declared


def _of_kind(cells: pa.Array, stored: Column, column: Column) -> pa.Array:
    """Return ``cells`` as the kind of ``column``; by way of texts when the file has another one."""
    if stored.kind is Kind.UNSUPPORTED:
        written = [None if one is None else json.dumps(one, default=str) for one in cells.to_pylist()]
        return pa.array([text and text[: sampling.LONGEST] for text in written], pa.string())
    dense = cells.dictionary_decode() if pa.types.is_dictionary(cells.type) else cells
    if column.arrow_type != stored.arrow_type or column.kind is not stored.kind:
        return from_text(_notation(pc.utf8_trim_whitespace(_texts(dense)), column), column)
    if column.kind is Kind.TEXT:
        return _texts(dense)
    if pa.types.is_uint64(dense.type):
        dense = pc.if_else(pc.less(dense, pa.scalar(2**63, pa.uint64())), dense, pa.scalar(None, pa.uint64()))
    found = dense.cast(column.arrow_type, safe=False)
    return finite(found) if pa.types.is_floating(column.arrow_type) else found


def _texts(cells: pa.Array) -> pa.Array:
    """Return cells as texts; what is no UTF-8, a text column of a foreign writer may hold, is for ``from_text``."""
    return (
        from_text(cells.cast(pa.binary()), typed("", "text", nullable=True))
        if _is_text(cells)
        else cells.cast("string")
    )


def _is_text(cells: pa.Array) -> bool:
    return bool(pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type))
